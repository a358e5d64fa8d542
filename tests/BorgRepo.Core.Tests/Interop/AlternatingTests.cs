using BorgRepo.Core.Format;
using BorgRepo.Core.Tests.Vectors;
using Xunit;

namespace BorgRepo.Core.Tests.Interop;

/// <summary>Real borg and we take turns on one repository; after every turn both agree and neither has anything to repair.</summary>
public sealed class AlternatingTests
{
    private const int Turns = 14;

    public static TheoryData<int> Seeds => [.. RandomTransactions.Seeds(1, 2, 3)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Random_transactions_written_in_turns_are_seen_alike_by_both(int seed)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed} ({RandomTransactions.SeedVariable} chooses another)");
        using RealBorg borg = RealBorg.StartOrSkip();
        using TemporaryFolder folder = new();
        TestServices services = new();
        string path = folder.Combine("repo");
        RandomTransactions transactions = new(seed);
        Create(path, seed, borg, services);
        for (int turn = 0; turn < Turns; turn++)
        {
            string what = $"seed {seed}, turn {turn}";
            if ((turn + seed) % 2 == 0)
            {
                TurnOfBorg(borg, path, transactions);
            }
            else
            {
                OurTurn(path, transactions, services);
            }

            AssertAgreement(borg, path, transactions.Committed, services, what);
        }
    }

    /// <summary>Either of the two creates the repository; small segments and directories, so that there are many.</summary>
    private static void Create(string path, int seed, RealBorg borg, TestServices services)
    {
        if (seed % 2 == 0)
        {
            borg.Create(path, new string('5', 64), segmentsPerDirectory: 4, maxSegmentSize: 600);
            return;
        }

        Repository.Create(path, new CreateOptions { SegmentsPerDirectory = 3, MaxSegmentSize = 500 }, services.Services);
    }

    private static void TurnOfBorg(RealBorg borg, string path, RandomTransactions transactions)
    {
        borg.Open(path);
        borg.Run(transactions.Next(mayRollBack: transactions.Committed.Count > 0));
        if (transactions.Committed.Count > 0 && transactions.Chance(25))
        {
            borg.Run(transactions.NextUnfinished());
        }

        borg.Close();
    }

    private static void OurTurn(string path, RandomTransactions transactions, TestServices services)
    {
        using Repository repository = Open(path, SessionAccess.Write, services);
        // Only we compact: 1.2.4 does not record overwritten objects, and its own compaction may drop a DELETE that is needed.
        transactions.Next(mayRollBack: transactions.Committed.Count > 0, compactPercent: 30).RunOn(repository);
        if (transactions.Committed.Count > 0 && transactions.Chance(25))
        {
            transactions.NextUnfinished().RunOn(repository);
        }
    }

    private static void AssertAgreement(
        RealBorg borg, string path, IReadOnlyDictionary<ObjectId, byte[]> expected, TestServices services, string what)
    {
        Dictionary<string, string> wanted = expected.ToDictionary(
            item => item.Key.ToString(),
            item => FileTree.DescribeContent(item.Value.Length, StateComparison.Digest(item.Value)));

        uint? transaction;
        using (Repository repository = Open(path, SessionAccess.Read, services))
        {
            Assert.Equal(Sorted(wanted), StateComparison.DescribeObjects(repository));
            transaction = repository.TransactionId;
        }

        SortedDictionary<string, string> before = FileTree.Describe(path);
        borg.Open(path);
        RealBorgState theirs = borg.ReadState();
        Assert.Equal(transaction, theirs.TransactionId);
        Assert.Equal(Sorted(wanted), Sorted(theirs.Objects));
        Assert.Equal(wanted.Count, theirs.Count);
        Assert.True(borg.Check(), $"{what}: borg's check found: {string.Join('\n', borg.Log)}");
        borg.Close();
        Assert.Equal(before.Keys, FileTree.Describe(path).Keys);
        Assert.DoesNotContain(borg.Log, line => !line.StartsWith("INFO", StringComparison.Ordinal));
        Assert.Empty(services.Warnings);
        if (transaction is { } id)
        {
            AssertIndexMatchesTheLog(path, id, expected.Count);
        }
    }

    private static SortedDictionary<string, string> Sorted(IReadOnlyDictionary<string, string> objects) =>
        new(objects.ToDictionary(), StringComparer.Ordinal);

    private static void AssertIndexMatchesTheLog(string path, uint transaction, int count)
    {
        SortedDictionary<ObjectId, EntryLocation> index = IndexFileReader.Read(Path.Combine(path, $"index.{transaction}"));
        Assert.Equal(count, index.Count);
    }

    private static Repository Open(string path, SessionAccess access, TestServices services) => Repository.Open(
        path, new OpenOptions { Access = access }, services.Services, TestContext.Current.CancellationToken);
}
