using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Durability;
using BorgRepo.Core.Tests.Simulation;
using Xunit;

namespace BorgRepo.Core.Tests.Segments;

/// <summary>Segments are synced while the next ones are written; a COMMIT waits for all of them.</summary>
public sealed class ClosingSegmentsTests
{
    private const string Path = "/repository";
    private const int Segments = 12;

    private readonly SlowSyncFileSystem _files = new(new MemoryFileSystem());

    [Fact]
    public void A_commit_is_begun_when_every_segment_before_it_is_durable()
    {
        using Repository writer = Create();
        Fill(writer);
        writer.Commit(cancellationToken: TestContext.Current.CancellationToken);
        List<string> events = [.. _files.Events];
        int commit = events.IndexOf($"create {Segments}");
        Assert.All(Enumerable.Range(0, Segments), segment => Assert.InRange(events.IndexOf($"synced {segment}"), 0, commit));
        Assert.InRange(_files.MostAtOnce, 2, 4);
        Assert.Equal(Segments, writer.Count);
    }

    [Fact]
    public void A_sync_that_fails_in_the_background_dooms_the_transaction_and_is_not_tried_again()
    {
        using (Repository writer = Create())
        {
            _files.Failing = "3";
            Assert.ThrowsAny<IOException>(() =>
            {
                Fill(writer);
                writer.Commit(cancellationToken: TestContext.Current.CancellationToken);
            });
            Assert.ThrowsAny<Exception>(() => writer.Put(ScriptRun.Id(99), new byte[1]));
            writer.Rollback();
            Assert.Equal(0, writer.Count);
        }

        List<string> events = [.. _files.Events];
        Assert.Single(events, "synced 3");
        Assert.All(Enumerable.Range(0, Segments).Where(segment => events.Contains($"delete {segment}")), segment =>
            Assert.True(events.IndexOf($"closed {segment}") < events.IndexOf($"delete {segment}"), $"segment {segment} is deleted while it is open"));
        _files.Failing = null;
        using Repository next = Repository.Open(Path, new OpenOptions { Access = SessionAccess.Write }, Services(), TestContext.Current.CancellationToken);
        Fill(next);
        next.Commit(cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(Segments, next.Count);
    }

    private static void Fill(Repository writer)
    {
        for (int i = 0; i < Segments; i++)
        {
            writer.Put(ScriptRun.Id(i), new byte[200]);
        }
    }

    private Repository Create()
    {
        Repository.Create(Path, new CreateOptions { MaxSegmentSize = 100 }, Services());
        return Repository.Open(Path, new OpenOptions { Access = SessionAccess.Write }, Services(), TestContext.Current.CancellationToken);
    }

    private RepositoryServices Services() => new(_files, new SimulatedEnvironment());
}
