using BorgRepo.Core.Checking;
using BorgRepo.Core.Format;
using BorgRepo.Core.Tests.Interop;
using BorgRepo.Core.Tests.Vectors;
using Xunit;

namespace BorgRepo.Core.Tests.Durability;

/// <summary>
/// A real process is killed at random moments while it writes, compacts and repairs on a real disk: the state is that before
/// or after the running commit, the next session works, and real borg, where there is one, finds nothing wrong.
/// </summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private const int ShortKills = 20;
    private const int LongestDelay = 250;

    [Fact]
    public void A_killed_writer_leaves_the_state_before_or_after_its_commit() => Kill(seed: 1, kills => kills < ShortKills);

    [Fact(Explicit = true)]
    [Trait("Category", "Soak")]
    public void Hundreds_of_kills()
    {
        SoakTime time = new(percent: 6);
        Kill(SoakTime.FirstSeed, _ => time.IsLeft);
    }

    private void Kill(int seed, Func<int, bool> goOn)
    {
        using TemporaryFolder folder = new();
        using RealBorg? borg = RealBorg.StartIfThere();
        string path = folder.Combine("repo");
        Repository.Create(path, new CreateOptions { MaxSegmentSize = 20_000, SegmentsPerDirectory = 10 }, new TestServices().Services);
        Dictionary<ObjectId, byte[]> objects = [];
        Random random = new(seed);
        int next = 0;

        // What a killed first transaction leaves is for a repair to judge, and nobody writes before (as with borg). So there is
        // one already.
        using (Repository first = Repository.Open(path, new OpenOptions { Access = SessionAccess.Write }, new TestServices().Services))
        {
            KilledWriter.Change(first, next, seed);
            first.Commit();
        }

        Apply(objects, next++, seed);
        int kills = 0;
        int inTheMiddle = 0;
        for (; goOn(kills); kills++)
        {
            using KilledWriter writer = KilledWriter.Start(path, next, seed);
            writer.WaitAndKill(TimeSpan.FromMilliseconds(random.Next(LongestDelay)));
            string name = $"seed {seed}, kill {kills}, transaction {writer.Begun}, {writer.Finished} finished";
            Assert.True(writer.Said.Length == 0, $"{name}: {writer.Said}");
            for (; next <= writer.Finished; next++)
            {
                Apply(objects, next, seed);
            }

            // Real borg has the first look at half of what is left.
            if (borg is not null && kills % 2 == 0)
            {
                RequireClean(borg, path, name);
            }

            Dictionary<ObjectId, byte[]> after = new(objects);
            Apply(after, next, seed);
            inTheMiddle += writer.Begun > writer.Finished ? 1 : 0;
            RepositoryContents found = Verify(path, name);
            bool isCommitted = writer.Begun > writer.Finished && found.Equals(new RepositoryContents(after));
            Assert.True(isCommitted || found.Equals(new RepositoryContents(objects)), $"{name}: found {found}");
            if (isCommitted)
            {
                objects = after;
                next++;
            }

            if (borg is not null && kills % 2 == 1)
            {
                RequireClean(borg, path, name);
            }
        }

        output.WriteLine($"{kills} kills with seed {seed}, {inTheMiddle} within a transaction, {next} transactions{(borg is null ? ", without real borg" : ", each verified by real borg")}");
        Assert.True(inTheMiddle > 0, "no kill came while something was written");
    }

    private static void Apply(Dictionary<ObjectId, byte[]> objects, int transaction, int seed)
    {
        foreach ((int number, int size) in KilledWriter.Changes(transaction, seed))
        {
            if (size < 0)
            {
                objects.Remove(ScriptRun.Id(number));
            }
            else
            {
                objects[ScriptRun.Id(number)] = KilledWriter.Value(transaction, number, size);
            }
        }
    }

    private static RepositoryContents Verify(string path, string name)
    {
        List<Finding> findings = [];
        RepositoryContents found;
        using (Repository session = Repository.Open(path, new OpenOptions { Access = SessionAccess.Write, LockWait = TimeSpan.FromSeconds(10) }, new TestServices().Services))
        {
            found = RepositoryContents.Read(session);
            CheckResult result = session.Check(new CheckOptions(), findings.Add);
            Assert.True(result.Conclusion == CheckConclusion.Sound || (found.Objects.Count == 0 && session.TransactionId is null), $"{name}: {string.Join("; ", findings.Select(finding => finding.Message))}");
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(path, "lock.*"));
        return found;
    }

    private static void RequireClean(RealBorg borg, string path, string name)
    {
        borg.Open(path, wait: 10);
        try
        {
            // Before its first commit there is nothing that borg would call valid.
            bool isEmpty = borg.ReadState().TransactionId is null;
            Assert.True(isEmpty || borg.Check(), $"{name}: borg says {string.Join("; ", borg.Log)}");
        }
        finally
        {
            borg.Close();
        }
    }
}
