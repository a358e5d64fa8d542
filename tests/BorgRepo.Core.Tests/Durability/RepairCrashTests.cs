using BorgRepo.Core.Checking;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Simulation;
using Xunit;

namespace BorgRepo.Core.Tests.Durability;

/// <summary>
/// The machine stops while real damage is repaired. Whatever is on the disk then, the original of each damaged segment is
/// there, and a next repair ends with the same objects - also if the machine stops once more.
/// </summary>
public sealed class RepairCrashTests(ITestOutputHelper output)
{
    private const string Path = ScriptRun.RepositoryPath;

    [Theory]
    [InlineData(WriteFormat.Borg14)]
    [InlineData(WriteFormat.Borg10)]
    public void After_a_crash_of_a_repair_the_next_one_ends_with_the_same_objects(WriteFormat format) =>
        output.WriteLine($"{Explore(format, seed: 1, chances: 1, share: 0.3)} states");

    [Fact(Explicit = true)]
    [Trait("Category", "Soak")]
    public void Many_crashes_of_repairs()
    {
        SoakTime time = new(percent: 2);
        int states = 0;
        for (int seed = SoakTime.FirstSeed; time.IsLeft; seed++)
        {
            states += Explore(seed % 2 == 0 ? WriteFormat.Borg14 : WriteFormat.Borg10, seed, chances: 6, share: 1);
        }

        output.WriteLine($"{states} states from seed {SoakTime.FirstSeed}");
    }

    private static int Explore(WriteFormat format, int seed, int chances, double share)
    {
        Random random = new(seed);
        MemoryFileSystem disk = Damaged(format, random);
        byte[][] originals = [.. disk.Files(Path + "/data").Select(disk.ReadAllBytes)];
        MemoryFileSystem undisturbed = disk.Copy();
        Repair(undisturbed);
        RepositoryContents expected = Read(undisturbed);
        RecordingFileSystem recording = new(disk);
        Repair(recording);
        Assert.Equal(expected, Read(disk));
        DiskImage image = recording.CreateImage();
        HashSet<UInt128> known = [];
        for (int operation = 0; operation <= recording.Operations.Count; operation++)
        {
            if (operation > 0)
            {
                image.Apply(recording.Operations[operation - 1]);
            }

            foreach (DiskContents state in CrashStates.Enumerate(image, (seed * 10_007) + operation, chances))
            {
                if (random.NextDouble() < share && known.Add(state.Hash))
                {
                    Verify(state, expected, originals, $"seed {seed}, {format}, after operation {operation}", random);
                }
            }
        }

        return known.Count;
    }

    private static void Verify(DiskContents state, RepositoryContents expected, byte[][] originals, string when, Random? second)
    {
        foreach (byte[] original in originals)
        {
            Assert.True(state.Entries.Any(entry => entry.Content is not null && entry.Content.AsSpan().SequenceEqual(original)), $"{when}: an original is lost");
        }

        MemoryFileSystem disk = state.ToFileSystem(new SimulatedTime());
        RecordingFileSystem recording = new(disk);
        Repair(recording);
        RepositoryContents found = Read(disk);
        Assert.True(expected.Equals(found), $"{when}: found {found} instead of {expected}");
        if (second is not null)
        {
            DiskImage image = recording.CreateImage();
            int moment = second.Next(recording.Operations.Count + 1);
            foreach (DiskOperation operation in recording.Operations.Take(moment))
            {
                image.Apply(operation);
            }

            DiskContents[] states = [.. CrashStates.Enumerate(image, second.Next(), 1)];
            Verify(states[second.Next(states.Length)], expected, originals, $"{when}, then after operation {moment} of the second repair", null);
        }
    }

    // Three transactions; then bytes of two segments are wrong, and sometimes the last COMMIT, and sometimes there is no index.
    private static MemoryFileSystem Damaged(WriteFormat format, Random random)
    {
        MemoryFileSystem disk = new MemoryFileSystem(new SimulatedTime()).AddDirectory("/backups");
        RepositoryServices services = new(disk, new SimulatedEnvironment());
        Repository.Create(Path, new CreateOptions { MaxSegmentSize = 300, SegmentsPerDirectory = 3, WriteFormat = format }, services);
        using (Repository writer = Repository.Open(Path, new OpenOptions { Access = SessionAccess.Write, WriteFormat = format }, services))
        {
            for (int round = 0; round < 3; round++)
            {
                for (int i = 0; i < 5; i++)
                {
                    writer.Put(ScriptRun.Id(i + round), new byte[random.Next(120)]);
                }

                writer.Commit();
            }
        }

        string[] segments = [.. disk.Files(Path + "/data")];
        for (int i = 0; i < 2; i++)
        {
            string segment = segments[random.Next(segments.Length)];
            byte[] content = disk.ReadAllBytes(segment);
            content[random.Next(content.Length)] ^= (byte)(1 + random.Next(255));
            disk.WriteAllBytes(segment, content);
        }

        foreach (string path in disk.Files(Path).Where(path => path.Contains("/index.", StringComparison.Ordinal) && random.Next(3) == 0))
        {
            disk.DeleteFile(path);
        }

        return disk;
    }

    private static void Repair(IFileSystem files)
    {
        RepositoryServices services = new(files, new SimulatedEnvironment(processId: 3000));
        using Repository session = Repository.Open(Path, new OpenOptions { Access = SessionAccess.Write }, services);
        Assert.True(session.Check(new CheckOptions { Repair = true }, _ => { }).Passed);
    }

    private static RepositoryContents Read(MemoryFileSystem files)
    {
        using Repository session = Repository.Open(Path, new OpenOptions { Access = SessionAccess.ReadNoLock }, new RepositoryServices(files, new SimulatedEnvironment(processId: 4000)));
        List<Finding> findings = [];
        Assert.Equal(CheckConclusion.Sound, session.Check(new CheckOptions(), findings.Add).Conclusion);
        return RepositoryContents.Read(session);
    }
}
