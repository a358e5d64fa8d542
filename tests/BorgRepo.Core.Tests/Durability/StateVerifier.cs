using System.Collections.Concurrent;
using System.Text;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Simulation;
using Xunit;

namespace BorgRepo.Core.Tests.Durability;

/// <summary>
/// Opens what a crash left with the normal code and requires: one of the states that are allowed and nothing else, the same
/// by every way of opening, the same as the log alone tells, and a next commit that works - also when the machine stops
/// again meanwhile.
/// </summary>
internal sealed class StateVerifier
{
    private const string Path = ScriptRun.RepositoryPath;

    private readonly ConcurrentDictionary<UInt128, UInt128> _known = [];

    /// <summary>Different states that were verified.</summary>
    public int DistinctStates => _known.Count;

    /// <summary>How many states of a crash during recovery and next commit are looked at for each state.</summary>
    public int SecondCrashes { get; init; } = 1;

    /// <summary>Verifies one state.</summary>
    /// <param name="disk">What is on the disk.</param>
    /// <param name="accepted">What the repository may hold.</param>
    /// <param name="seed">Decides what the next commit does.</param>
    /// <param name="isSecond">It is itself what a crash during a recovery left.</param>
    public void Verify(DiskContents disk, IReadOnlyCollection<RepositoryContents> accepted, int seed, bool isSecond = false)
    {
        if (!_known.TryGetValue(disk.Hash, out UInt128 found))
        {
            found = Find(disk, accepted, seed, isSecond).Hash;
            _known.TryAdd(disk.Hash, found);
        }

        Assert.True(accepted.Any(contents => contents.Hash == found), $"this state was met before, and was none of: {string.Join(" or ", accepted)}");
    }

    private static void RequireAccepted(RepositoryContents found, IReadOnlyCollection<RepositoryContents> accepted) =>
        Assert.True(accepted.Contains(found), $"found {found}; allowed: {string.Join(" or ", accepted)}");

    private RepositoryContents Find(DiskContents disk, IReadOnlyCollection<RepositoryContents> accepted, int seed, bool isSecond)
    {
        SimulatedTime time = new();
        MemoryFileSystem fileSystem = disk.ToFileSystem(time);
        RecordingFileSystem recording = new(fileSystem);
        SimulatedEnvironment environment = new(time, processId: 9000 + (isSecond ? 1 : 0), seed: seed);
        RepositoryServices services = new(recording, environment);
        if (!Repository.IsRepository(Path, services))
        {
            RequireAccepted(RepositoryContents.Absent, accepted);
            Assert.ThrowsAny<BorgRepositoryException>(() => Repository.Open(Path, new OpenOptions(), services));
            return RepositoryContents.Absent;
        }

        RepositoryContents found = Read(SessionAccess.ReadNoLock, services);
        RequireAccepted(found, accepted);
        Assert.True(recording.Operations.Count == 0, "reading without a lock wrote something");
        Assert.True(found.Equals(found.With(LogOracle.Read(disk, Path))), "the log alone tells something else");

        // Half of the states are first opened by a reader, so that it has the recovering to do.
        if (seed % 2 == 0)
        {
            Assert.Equal(found, Read(SessionAccess.Read, services));
        }

        int begin = int.MaxValue;
        RepositoryContents next;
        try
        {
            next = CommitNext(found, seed, services, () => begin = recording.Operations.Count);
        }
        catch (CheckNeededException) when (found.Objects.Count == 0 && !fileSystem.Files(Path).Any(IsIndex))
        {
            // Segments without any commit are never deleted silently; borg does not write here either.
            return found;
        }

        int end = recording.Operations.Count;
        RequireClean(fileSystem);
        Assert.Equal(next, Read(SessionAccess.Read, services));
        DiskContents after = DiskContents.Of(fileSystem);
        Assert.True(next.Equals(next.With(LogOracle.Read(after, Path))), "after the next commit the log alone tells something else");
        RequireSameFromLog(after, next, time);
        if (!isSecond)
        {
            CrashAgain(recording, seed, n => n < begin ? [found] : n < end ? [found, next] : [next]);
        }

        return found;
    }

    private void CrashAgain(RecordingFileSystem recording, int seed, Func<int, RepositoryContents[]> acceptedAt)
    {
        Random random = new(seed);
        for (int i = 0; i < SecondCrashes; i++)
        {
            int moment = random.Next(recording.Operations.Count + 1);
            DiskImage image = recording.CreateImage();
            foreach (DiskOperation operation in recording.Operations.Take(moment))
            {
                image.Apply(operation);
            }

            DiskContents[] states = [.. CrashStates.Enumerate(image, seed, 4)];
            DiskContents state = states[random.Next(states.Length)];
            try
            {
                Verify(state, acceptedAt(moment), random.Next(), isSecond: true);
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"After a second crash at operation {moment} ({(moment == 0 ? "-" : recording.Operations[moment - 1])}): {error.Message}", error);
            }
        }
    }

    private static RepositoryContents Read(SessionAccess access, RepositoryServices services)
    {
        using Repository repository = Repository.Open(Path, new OpenOptions { Access = access }, services);
        return RepositoryContents.Read(repository);
    }

    private static RepositoryContents CommitNext(RepositoryContents found, int seed, RepositoryServices services, Action begins)
    {
        Dictionary<ObjectId, byte[]> objects = found.Objects.ToDictionary();
        using Repository repository = Repository.Open(Path, new OpenOptions { Access = SessionAccess.Write }, services);
        ObjectId[] ids = [.. objects.Keys];
        objects[ScriptRun.Id(999)] = [1, 2, 3, (byte)seed];
        repository.Put(ScriptRun.Id(999), objects[ScriptRun.Id(999)]);
        if (ids.Length > 0)
        {
            ObjectId id = ids[seed % ids.Length];
            objects[id] = new byte[seed % 400];
            repository.Put(id, objects[id]);
        }

        if (ids.Length > 1)
        {
            ObjectId id = ids[(seed + 1) % ids.Length];
            objects.Remove(id);
            repository.Delete(id);
        }

        begins();
        repository.Commit(new CommitOptions { Compact = seed % 3 == 0, Threshold = seed % 5 == 0 ? 0 : 0.1, RemoveEmptyCommits = seed % 7 == 0 });
        RepositoryContents next = found.With(objects);
        Assert.Equal(next, RepositoryContents.Read(repository));
        return next;
    }

    // Index and hints are caches: without them the same must come out.
    private static void RequireSameFromLog(DiskContents disk, RepositoryContents expected, SimulatedTime time)
    {
        MemoryFileSystem fileSystem = new DiskContents(disk.Entries.Where(entry => !IsIndex(entry.Path))).ToFileSystem(time);
        RepositoryServices services = new(fileSystem, new SimulatedEnvironment(time, processId: 9900));
        Assert.Equal(expected, Read(SessionAccess.Read, services));
    }

    private static void RequireClean(MemoryFileSystem fileSystem)
    {
        string[] names = [.. fileSystem.Files(Path).Select(path => path[(Path.Length + 1)..])];
        string[] wrong = [.. names.Where(name => name.StartsWith("lock.roster", StringComparison.Ordinal) || name.StartsWith("lock.exclusive/", StringComparison.Ordinal))];
        Assert.True(wrong.Length == 0, $"left over: {string.Join(' ', wrong.Select(name => $"{name} ({Encoding.UTF8.GetString(fileSystem.ReadAllBytes($"{Path}/{name}"))})"))}");
        string[] caches = [.. names.Where(name => IsIndex("/" + name))];
        Assert.True(caches.Length == 3, $"not one generation: {string.Join(' ', caches)}");
    }

    private static bool IsIndex(string path)
    {
        string name = System.IO.Path.GetFileName(path);
        return name.StartsWith("index.", StringComparison.Ordinal) || name.StartsWith("hints.", StringComparison.Ordinal)
            || name.StartsWith("integrity.", StringComparison.Ordinal);
    }
}
