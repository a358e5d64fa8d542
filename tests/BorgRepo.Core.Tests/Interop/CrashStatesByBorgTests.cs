using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Durability;
using BorgRepo.Core.Tests.Simulation;
using BorgRepo.Core.Tests.Vectors;
using Xunit;

namespace BorgRepo.Core.Tests.Interop;

/// <summary>A sample of what crashes leave, laid on a disk: real borg opens it and comes to the same objects, and then finds nothing wrong.</summary>
public sealed class CrashStatesByBorgTests(ITestOutputHelper output, SharedBorg shared) : IClassFixture<SharedBorg>
{
    private const int ShortSample = 60;

    [Fact]
    public void Real_borg_comes_to_the_same_objects() => Explore(seed: 1, count => count < ShortSample);

    [Fact(Explicit = true)]
    [Trait("Category", "Soak")]
    public void Real_borg_comes_to_the_same_objects_in_many_states()
    {
        SoakTime time = new(percent: 4);
        Explore(SoakTime.FirstSeed, _ => time.IsLeft);
    }

    private void Explore(int seed, Func<int, bool> goOn)
    {
        RealBorg borg = shared.StartOrSkip();
        Random random = new(seed);
        int count = 0;
        for (; goOn(count); count++)
        {
            string script = CrashScripts.All.Keys.ElementAt(random.Next(CrashScripts.All.Count));
            (RecordingFileSystem recording, ScriptRun run) = CrashExplorer.Record(script, random.Next(1000));
            int moment = random.Next(recording.Operations.Count + 1);
            DiskImage image = recording.CreateImage();
            foreach (DiskOperation operation in recording.Operations.Take(moment))
            {
                image.Apply(operation);
            }

            DiskContents[] states = [.. CrashStates.Enumerate(image, seed + count, 3)];
            Compare(borg, states[random.Next(states.Length)], run.AcceptedAt(moment), $"{script}, operation {moment}, seed {seed}, number {count}");
        }

        output.WriteLine($"{count} states with seed {seed}");
    }

    private static void Compare(RealBorg borg, DiskContents state, RepositoryContents[] accepted, string name)
    {
        using TemporaryFolder folder = new();
        state.WriteTo(folder.Path);
        string path = folder.Path + ScriptRun.RepositoryPath;
        RepositoryServices services = new(state.ToFileSystem(new SimulatedTime()), new SimulatedEnvironment(processId: 9000));
        if (!Repository.IsRepository(ScriptRun.RepositoryPath, services))
        {
            return;
        }

        RepositoryContents ours;
        using (Repository session = Repository.Open(ScriptRun.RepositoryPath, new OpenOptions { Access = SessionAccess.ReadNoLock }, services))
        {
            ours = RepositoryContents.Read(session);
        }

        Assert.Contains(ours, accepted);

        // The locks are those of processes that never were on this computer.
        foreach (string entry in Directory.EnumerateFileSystemEntries(path, "lock.*").ToArray())
        {
            if (Directory.Exists(entry))
            {
                Directory.Delete(entry, recursive: true);
            }
            else
            {
                File.Delete(entry);
            }
        }

        borg.Open(path);
        try
        {
            RealBorgState theirs = borg.ReadState();
            Assert.Equal(
                ours.Objects.ToDictionary(item => item.Key.ToString(), item => FileTree.DescribeContent(item.Value.Length, StateComparison.Digest(item.Value))),
                theirs.Objects);
            Assert.True(theirs.TransactionId is null || borg.Check(), $"{name}: {string.Join("; ", borg.Log)}");
        }
        catch (Exception error)
        {
            throw new InvalidOperationException($"{name}: {error.Message}\n{string.Join('\n', state.Entries.Select(entry => $"{entry.Path} {entry.Content?.Length}"))}", error);
        }
        finally
        {
            borg.Close();
        }
    }
}
