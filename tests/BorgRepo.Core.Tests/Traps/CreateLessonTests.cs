using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Simulation;
using BorgRepo.Core.Tests.Vectors;
using Xunit;

namespace BorgRepo.Core.Tests.Traps;

/// <summary>Creating a repository is all or nothing, with an error of its own for each reason not to.</summary>
public sealed class CreateLessonTests
{
    private readonly MemoryFileSystem _files = new MemoryFileSystem().AddDirectory("/base");

    [Fact]
    public void A_new_repository_has_the_files_of_borg_and_nothing_else()
    {
        Create("/base/repo");
        Assert.Equal(["/base/repo/README", "/base/repo/config"], _files.Files("/"));
        Assert.Equal(PathKind.Directory, _files.GetInfo("/base/repo/data").Kind);
        Assert.Equal("This is a Borg Backup repository.\nSee https://borgbackup.readthedocs.io/\n"u8, _files.ReadAllBytes("/base/repo/README"));
        using Repository session = Open("/base/repo");
        Assert.Equal((1000, 524288000L, null), (session.SegmentsPerDirectory, session.MaxSegmentSize, session.TransactionId));
    }

    [Fact]
    public void In_the_layout_of_borg_1_0_it_has_its_text_and_its_sizes()
    {
        Create("/base/repo", new CreateOptions { WriteFormat = WriteFormat.Borg10 });
        Assert.Equal("This is a Borg repository\n"u8, _files.ReadAllBytes("/base/repo/README"));
        using Repository session = Open("/base/repo");
        Assert.Equal((10000, 5242880L), (session.SegmentsPerDirectory, session.MaxSegmentSize));
    }

    [Fact]
    public void A_folder_that_is_empty_will_do_and_one_that_is_not_is_refused()
    {
        _files.AddDirectory("/base/empty").WriteAllBytes("/base/full/file", "x"u8).WriteAllBytes("/base/file", "x"u8);
        Create("/base/empty");
        AssertRefused<PathExistsException>("/base/full");
        AssertRefused<PathExistsException>("/base/file");
    }

    [Fact]
    public void A_repository_is_not_created_over_or_inside_another_one()
    {
        Create("/base/repo");
        AssertRefused<RepositoryExistsException>("/base/repo");
        AssertRefused<RepositoryExistsException>("/base/repo/data/inner");
        _files.AddDirectory("/base/repo/some");
        AssertRefused<RepositoryExistsException>("/base/repo/some/inner");
    }

    [Fact]
    public void Missing_parents_are_an_error_unless_they_are_asked_for()
    {
        AssertRefused<ParentPathNotFoundException>("/base/a/b/repo");
        Create("/base/a/b/repo", new CreateOptions { CreateParents = true });
        Open("/base/a/b/repo").Dispose();
    }

    [Fact]
    public void Whichever_step_fails_nothing_is_left_behind()
    {
        WatchedFileSystem counted = new(_files.Copy(), "/base");
        Create("/base/repo", files: counted);
        for (int fail = 1; fail <= counted.Operations.Count; fail++)
        {
            MemoryFileSystem files = _files.Copy();
            WatchedFileSystem watched = new(files, "/base")
            {
                Before = (number, _) =>
                {
                    if (number == fail)
                    {
                        throw new UnauthorizedAccessException("Access denied.");
                    }
                },
            };
            Exception? error = Record.Exception(() => Create("/base/repo", files: watched));
            if (error is not null)
            {
                Assert.IsType<RepositoryAccessDeniedException>(error);
                Assert.True(files.Files("/").Count == 0, $"{counted.Operations[fail - 1]}: {string.Join(' ', files.Files("/"))}");
                Assert.Equal(PathKind.Missing, files.GetInfo("/base/repo").Kind);
            }
        }
    }

    [Fact]
    public void Segments_that_a_changed_segments_per_dir_would_miss_are_named()
    {
        ScriptedRepository repository = new(segmentsPerDirectory: 2, maxSegmentSize: 10);
        using (Repository session = repository.Open())
        {
            for (int i = 1; i <= 5; i++)
            {
                session.Put(SegmentScript.Key(i), "abc"u8);
            }

            session.CommitUncompacted();
        }

        repository.WriteText("config", ScriptedRepository.Config(segmentsPerDirectory: 3));
        SortedDictionary<string, string> before = repository.Files();
        Assert.Throws<MisplacedSegmentException>(() => repository.Objects(SessionAccess.Write));
        Assert.Equal(before, repository.Files());
    }

    private void AssertRefused<T>(string path)
        where T : BorgRepositoryException
    {
        IReadOnlyList<string> before = _files.Files("/");
        Assert.Throws<T>(() => Create(path));
        Assert.Equal(before, _files.Files("/"));
    }

    private void Create(string path, CreateOptions? options = null, IFileSystem? files = null) =>
        Repository.Create(path, options ?? new CreateOptions(), new RepositoryServices(files ?? _files, new SimulatedEnvironment()));

    private Repository Open(string path) => Repository.Open(
        path, new OpenOptions { LockWait = TimeSpan.Zero }, new RepositoryServices(_files, new SimulatedEnvironment()), TestContext.Current.CancellationToken);
}
