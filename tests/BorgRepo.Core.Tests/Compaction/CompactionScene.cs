using BorgRepo.Core.Compaction;
using BorgRepo.Core.Format;
using BorgRepo.Core.Hints;
using BorgRepo.Core.Index;
using BorgRepo.Core.Tests.Checking;
using BorgRepo.Core.Tests.Simulation;
using BorgRepo.Core.Tests.Traps;
using Xunit;

namespace BorgRepo.Core.Tests.Compaction;

/// <summary>A repository in memory that is written to and compacted, and looked at afterwards.</summary>
internal sealed class CompactionScene(ScriptedRepository repository, WriteFormat format = WriteFormat.Borg14)
{
    public ScriptedRepository Repository { get; } = repository;

    /// <summary>Names of the segment files, without folders, in ascending order.</summary>
    public IEnumerable<string> Segments => Repository.DataFiles().Keys.Select(Path.GetFileName).OfType<string>().OrderBy(int.Parse);

    /// <summary>Bytes of all segment files.</summary>
    public long Bytes => Repository.DataFiles().Values.Sum(hex => hex.Length / 2L);

    public uint? Write(Action<Repository> change, CommitOptions? commit = null)
    {
        using Repository session = Repository.Open(format: format);
        change(session);
        return session.Commit(commit ?? new CommitOptions(), TestContext.Current.CancellationToken);
    }

    /// <summary>One transaction that gives objects a value each.</summary>
    public uint? Put(params (int Key, string Value)[] objects) => Write(session =>
    {
        foreach ((int key, string value) in objects)
        {
            session.Put(SegmentScript.Key(key), System.Text.Encoding.UTF8.GetBytes(value));
        }
    });

    public uint? Delete(params int[] keys) => Write(session =>
    {
        foreach (int key in keys)
        {
            session.Delete(SegmentScript.Key(key));
        }
    });

    public CompactionReport Compact(CompactionOptions? options = null)
    {
        using Repository session = Repository.Open(format: format);
        return session.Compact(options ?? new CompactionOptions(), TestContext.Current.CancellationToken);
    }

    public CompactionReport Plan(CompactionOptions? options = null)
    {
        using Repository session = Repository.Open(SessionAccess.ReadNoLock, format);
        return session.PlanCompaction(options ?? new CompactionOptions(), TestContext.Current.CancellationToken);
    }

    /// <summary>What saved hints say.</summary>
    public SegmentUsage Hints()
    {
        IndexStore store = new(Repository.Services, Repository.Path);
        return store.LoadHints(store.FindLatest()!.Value);
    }

    /// <summary>The bytes of a segment are those of a script.</summary>
    public void AssertSegment(string name, string script) =>
        Assert.Equal(Convert.ToHexStringLower(SegmentScript.Segment(script)), Convert.ToHexStringLower(Repository.Read(name)));

    /// <summary>
    /// A rebuild of the index from the log alone gives the same objects: nothing that was deleted comes back. Done with a
    /// copy: a rebuild would also set wrong hints right.
    /// </summary>
    public void AssertNothingComesBack(string expected)
    {
        Assert.Equal(expected, Repository.Objects());
        MemoryFileSystem copy = Repository.FileSystem.Copy();
        foreach (string file in Repository.Files().Keys.Where(IsCache))
        {
            copy.DeleteFile(Repository.PathOf(file));
        }

        using Repository rebuilt = Repository.Open(SessionAccess.ReadNoLock, services: Repository.Services with { FileSystem = copy });
        Assert.Equal(expected, ScriptedRepository.Describe(rebuilt));
    }

    public void ForgetCaches()
    {
        foreach (string file in Repository.Files().Keys.Where(IsCache).ToList())
        {
            Repository.Delete(file);
        }
    }

    public void AssertSound() => new CheckScene(Repository).AssertSound();

    /// <summary>"3:Rewrite/Sparse 5:Keep/Damaged" of a report.</summary>
    public static string Verdicts(CompactionReport report) =>
        string.Join(' ', report.Segments.Select(segment => $"{segment.Segment}:{segment.Action}/{segment.Reason}"));

    private static bool IsCache(string file) => file.StartsWith("index.", StringComparison.Ordinal)
        || file.StartsWith("hints.", StringComparison.Ordinal) || file.StartsWith("integrity.", StringComparison.Ordinal);
}
