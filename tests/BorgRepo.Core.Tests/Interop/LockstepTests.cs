using BorgRepo.Core.Format;
using BorgRepo.Core.Tests.Vectors;
using Xunit;

namespace BorgRepo.Core.Tests.Interop;

/// <summary>The same operations by real borg and by us, on two copies of one repository, give the same files.</summary>
public sealed class LockstepTests(SharedBorg shared) : IClassFixture<SharedBorg>
{
    private const int Rounds = 25;

    public static TheoryData<int> Seeds => [.. RandomTransactions.Seeds(11, 12, 13)];

    /// <summary>Vectors on which the transaction of the expectation run can be made by real borg if it does not compact.</summary>
    public static TheoryData<string> Writable => [.. VectorRepository.Names.Where(IsWritable)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_same_transactions_give_the_same_segments_hints_and_index(int seed)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed} ({RandomTransactions.SeedVariable} chooses another)");
        using RealBorg borg = RealBorg.StartOrSkip();
        using TemporaryFolder folder = new();
        TestServices services = new();
        (string ours, string theirs) = (folder.Combine("ours"), folder.Combine("theirs"));
        Repository.Create(ours, new CreateOptions { SegmentsPerDirectory = 3, MaxSegmentSize = 400 + (50 * seed) }, services.Services);
        FileTree.Copy(ours, theirs);
        RandomTransactions transactions = new(seed);
        for (int round = 0; round < Rounds;)
        {
            borg.Open(theirs, likeNewer: true);
            using Repository repository = Open(ours, services);
            bool rolledBack = false;
            // Several transactions in one session, and several sessions.
            for (int end = round + 1 + (round % 4); round < end; round++)
            {
                BorgBatch batch = transactions.Next(mayRollBack: transactions.Committed.Count > 0, compactPercent: 25);
                borg.Run(batch);
                batch.RunOn(repository);
                rolledBack = batch.RollsBack;
                if (!rolledBack)
                {
                    AssertSameButLocks(ours, theirs, $"seed {seed}, round {round}");
                }
            }

            repository.Dispose();
            borg.Close();
            if (!rolledBack)
            {
                // After a rollback borg leaves the segments to the next transaction, we delete them at once.
                RepositoryFiles.AssertSame(ours, theirs, $"seed {seed}, closed after round {round}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Writable))]
    public void On_every_vector_a_transaction_of_ours_leaves_the_files_of_real_borg(string name)
    {
        RealBorg borg = shared.StartOrSkip();
        using VectorRepository mine = VectorRepository.Unpack(name);
        using VectorRepository theirs = VectorRepository.Unpack(name);
        using (Repository repository = Open(mine.Path, new TestServices()))
        {
            ExpectationRun.RunOn(repository);
        }

        borg.Open(theirs.Path, wait: 0, likeNewer: true);
        BorgBatch batch = new BorgBatch().Put(ExpectationRun.NewId, ExpectationRun.Value);
        if (borg.List().Order(StringComparer.Ordinal).FirstOrDefault() is { } lowest)
        {
            batch.Delete(ObjectId.Parse(lowest));
        }

        borg.Run(batch.Commit());
        borg.Close();
        bool replayed = borg.Log.Any(line => line.StartsWith("REPLAY", StringComparison.Ordinal));
        if (!replayed && !BetterThanBorg.CachesCorrectedByUs.Contains(name))
        {
            // The log of transactions holds times.
            RepositoryFiles.AssertSame(mine.Path, theirs.Path, name, file => file != "transactions");
            return;
        }

        // 1.2.4 replays with other rules for hints than 1.4.5, whose result is compared by the read tests.
        Assert.Equal(
            SegmentsInOrder(theirs.Path, without: BetterThanBorg.RecoveryCommit(name)),
            SegmentsInOrder(mine.Path, without: null));
    }

    /// <summary>Contents in the order of the log. Names are compared too, unless one segment is only there in borg's.</summary>
    private static List<string> SegmentsInOrder(string path, uint? without)
    {
        List<string> result = [];
        foreach ((string file, string content) in FileTree.DescribeSegments(path).OrderBy(file => file.Key.Length).ThenBy(file => file.Key, StringComparer.Ordinal))
        {
            if (file.EndsWith($"/{without}", StringComparison.Ordinal))
            {
                Assert.StartsWith("17 ", content, StringComparison.Ordinal);
            }
            else
            {
                result.Add(content);
            }
        }

        return result;
    }

    private static bool IsWritable(string name) =>
        BetterThanBorg.ExpectedRead(name, SessionAccess.Write) is { Open: null, Reading: null }
        && BetterThanBorg.ExpectedWriteError(name) is null
        && Expectations.For(name).Read.Open is null
        && !BetterThanBorg.WrittenOnlyByUs.Contains(name);

    private static void AssertSameButLocks(string ours, string theirs, string what)
    {
        // Compared while both sessions are open: the lock's files hold the process ids.
        RepositoryFiles.AssertSame(ours, theirs, what, file => !file.StartsWith("lock.", StringComparison.Ordinal));
    }

    private static Repository Open(string path, TestServices services) => Repository.Open(
        path, new OpenOptions { Access = SessionAccess.Write }, services.Services, TestContext.Current.CancellationToken);
}
