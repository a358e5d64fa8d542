using BorgRepo.Core.Checking;
using BorgRepo.Core.Compaction;
using BorgRepo.Core.Format;
using BorgRepo.Core.Tests.Vectors;
using Xunit;

namespace BorgRepo.Core.Tests.Interop;

/// <summary>
/// Real borg and we write and compact one repository in turns, in the format of either release: nothing is lost, nothing that
/// was deleted comes back when the index is rebuilt, and neither check finds anything.
/// </summary>
public sealed class CompactingInTurnsTests
{
    private const int Turns = 12;

    public static TheoryData<int, WriteFormat> Lives
    {
        get
        {
            TheoryData<int, WriteFormat> lives = [];
            foreach (int seed in RandomTransactions.Seeds(21, 22, 23))
            {
                lives.Add(seed, WriteFormat.Borg14);
                lives.Add(seed, WriteFormat.Borg10);
            }

            return lives;
        }
    }

    [Theory]
    [MemberData(nameof(Lives))]
    public void Nothing_is_lost_and_nothing_comes_back(int seed, WriteFormat format)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed} ({RandomTransactions.SeedVariable} chooses another)");
        using RealBorg borg = RealBorg.StartOrSkip();
        using TemporaryFolder folder = new();
        TestServices services = new();
        string path = folder.Combine("repo");
        RandomTransactions transactions = new(seed);
        Repository.Create(path, new CreateOptions { SegmentsPerDirectory = 4, MaxSegmentSize = 300 + (20 * (seed % 20)) }, services.Services);
        for (int turn = 0; turn < Turns; turn++)
        {
            string what = $"seed {seed}, {format}, turn {turn}";
            if ((turn + seed) % 2 == 0)
            {
                // As 1.2.7 and later: 1.2.4 itself does not record overwritten objects, and may drop a DELETE that is needed.
                borg.Open(path, likeNewer: true);
                for (int i = 0; i < 3; i++)
                {
                    borg.Run(transactions.Next(mayRollBack: false, compactPercent: 60));
                }

                borg.Close();
            }
            else
            {
                OurTurn(path, format, transactions, services);
            }

            AssertAgreement(borg, path, transactions.Committed, services, what);
            AssertNothingComesBack(borg, path, folder.Combine($"copy-{turn}"), transactions.Committed, turn % 3 == 0, what);
        }
    }

    [Fact]
    public void A_repository_created_and_written_as_by_borg_1_0_is_continued_by_real_borg_and_then_by_us_again()
    {
        using RealBorg borg = RealBorg.StartOrSkip();
        using TemporaryFolder folder = new();
        TestServices services = new();
        string path = folder.Combine("repo");
        Repository.Create(path, new CreateOptions { WriteFormat = WriteFormat.Borg10 }, services.Services);
        string config = File.ReadAllText(Path.Combine(path, "config"));
        Assert.Contains("max_segment_size = 5242880\n", config, StringComparison.Ordinal);
        Assert.Contains("segments_per_dir = 10000\n", config, StringComparison.Ordinal);
        Dictionary<ObjectId, byte[]> expected = [];
        using (Repository repository = Open(path, SessionAccess.Write, WriteFormat.Borg10, services))
        {
            Put(repository, expected, 1, 2);
            Put(repository, expected, 2, 3);
        }

        // The COMMIT ends the data segment; hints version 1; no integrity file.
        Assert.Equal(["2"], FileTree.DescribeSegments(path).Keys.Select(Path.GetFileName));
        Assert.Equal(LogEntry.Commit, File.ReadAllBytes(Path.Combine(path, "data", "0", "2")).AsSpan(^9..));
        Assert.Equal(["hints.2", "index.2"], Caches(path));
        Assert.Equal(1, HintsFormat.Read(File.ReadAllBytes(Path.Combine(path, "hints.2")), new BorgRepo.Core.Hints.SegmentUsage()));

        borg.Open(path);
        ObjectId added = Id(9);
        expected[added] = [9, 9];
        borg.Run(new BorgBatch().Put(added, [9, 9]).Commit());
        Assert.True(borg.Check(), string.Join('\n', borg.Log));
        borg.Close();
        Assert.Contains(Caches(path), file => file.StartsWith("integrity.", StringComparison.Ordinal));

        using (Repository repository = Open(path, SessionAccess.Write, WriteFormat.Borg10, services))
        {
            Put(repository, expected, 1, 9);
        }

        Assert.Equal(2, Caches(path).Count());
        Assert.DoesNotContain(Caches(path), file => file.StartsWith("integrity.", StringComparison.Ordinal));
        AssertAgreement(borg, path, expected, services, "at the end");
    }

    private static void OurTurn(string path, WriteFormat format, RandomTransactions transactions, TestServices services)
    {
        using Repository repository = Open(path, SessionAccess.Write, format, services);
        for (int i = 0; i < 3; i++)
        {
            transactions.Next(mayRollBack: false, compactPercent: 40).RunOn(repository);
            if (transactions.Chance(40))
            {
                CompactionOptions options = new()
                {
                    Threshold = transactions.Chance(50) ? 0 : 0.3,
                    RemoveEmptyCommits = transactions.Chance(30),
                    All = transactions.Chance(30),
                    SkipUseless = transactions.Chance(50),
                };
                repository.Compact(options, TestContext.Current.CancellationToken);
            }
        }
    }

    private static void AssertAgreement(RealBorg borg, string path, IReadOnlyDictionary<ObjectId, byte[]> expected, TestServices services, string what)
    {
        SortedDictionary<string, string> wanted = Describe(expected);
        using (Repository repository = Open(path, SessionAccess.Read, WriteFormat.Borg14, services))
        {
            Assert.Equal(wanted, StateComparison.DescribeObjects(repository));
            List<Finding> findings = [];
            CheckResult result = repository.Check(new CheckOptions(), findings.Add, TestContext.Current.CancellationToken);
            Assert.True(result.Conclusion == CheckConclusion.Sound && result.WarningCount == 0, $"{what}: {string.Join('\n', findings.Select(finding => finding.Message))}");
        }

        borg.Log.Clear();
        borg.Open(path);
        Assert.Equal(wanted, new SortedDictionary<string, string>(borg.ReadState().Objects.ToDictionary(), StringComparer.Ordinal));
        Assert.True(borg.Check(), $"{what}: borg's check found: {string.Join('\n', borg.Log)}");
        borg.Close();
        Assert.DoesNotContain(borg.Log, line => !line.StartsWith("INFO", StringComparison.Ordinal));
    }

    private static void AssertNothingComesBack(RealBorg borg, string path, string copy, IReadOnlyDictionary<ObjectId, byte[]> expected, bool byBorg, string what)
    {
        FileTree.Copy(path, copy);
        foreach (string file in Caches(copy).ToList())
        {
            File.Delete(Path.Combine(copy, file));
        }

        SortedDictionary<string, string> found;
        if (byBorg)
        {
            borg.Open(copy);
            found = new(borg.ReadState().Objects.ToDictionary(), StringComparer.Ordinal);
            borg.Close();
        }
        else
        {
            using Repository repository = Open(copy, SessionAccess.ReadNoLock, WriteFormat.Borg14, new TestServices());
            found = StateComparison.DescribeObjects(repository);
        }

        Assert.Equal((what, string.Join(' ', Describe(expected))), (what, string.Join(' ', found)));
        Directory.Delete(copy, recursive: true);
    }

    private static IEnumerable<string> Caches(string path) => Directory.EnumerateFiles(path).Select(Path.GetFileName).OfType<string>()
        .Where(file => file.Split('.')[0] is "index" or "hints" or "integrity").Order(StringComparer.Ordinal);

    private static SortedDictionary<string, string> Describe(IReadOnlyDictionary<ObjectId, byte[]> objects) => new(
        objects.ToDictionary(item => item.Key.ToString(), item => FileTree.DescribeContent(item.Value.Length, StateComparison.Digest(item.Value))), StringComparer.Ordinal);

    private static void Put(Repository repository, Dictionary<ObjectId, byte[]> expected, params byte[] numbers)
    {
        foreach (byte number in numbers)
        {
            expected[Id(number)] = [number, (byte)expected.Count];
            repository.Put(Id(number), expected[Id(number)]);
        }

        repository.CommitUncompacted();
    }

    private static ObjectId Id(byte number) => ObjectId.Parse(string.Concat(Enumerable.Repeat(number.ToString("x2", System.Globalization.CultureInfo.InvariantCulture), 32)));

    private static Repository Open(string path, SessionAccess access, WriteFormat format, TestServices services) => Repository.Open(
        path, new OpenOptions { Access = access, WriteFormat = format }, services.Services, TestContext.Current.CancellationToken);
}
