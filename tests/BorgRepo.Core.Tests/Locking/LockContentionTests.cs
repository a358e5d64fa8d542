using BorgRepo.Core.Errors;
using BorgRepo.Core.Locking;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Simulation;
using Xunit;

namespace BorgRepo.Core.Tests.Locking;

public sealed class LockContentionTests
{
    private const int Contenders = 50;
    private const int Rounds = 4;

    [Fact]
    public void Fifty_processes_in_memory_never_own_the_lock_at_once()
    {
        LockScene scene = new();
        SimulatedEnvironment[] processes = MakeProcesses(scene.Clock);
        Contend(i => scene.Services(processes[i]), LockScene.Repository);
        Assert.Empty(scene.NamesInRepository);
    }

    [Fact]
    public void Fifty_sessions_of_one_process_never_own_the_lock_at_once()
    {
        LockScene scene = new();
        SimulatedEnvironment process = scene.Process();
        Contend(_ => scene.Services(process), LockScene.Repository);
        Assert.Empty(scene.NamesInRepository);
        Assert.Empty(scene.Warnings);
    }

    [Fact]
    public void Fifty_processes_on_the_disk_never_own_the_lock_at_once()
    {
        string folder = Directory.CreateTempSubdirectory("borgrepo-").FullName;
        try
        {
            SimulatedEnvironment[] processes = MakeProcesses(new SimulatedTime());
            Contend(i => new RepositoryServices(LocalFileSystem.Instance, processes[i]), folder);
            Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Readers_and_writers_of_several_processes_with_several_sessions_never_mix()
    {
        LockScene scene = new();
        int readers = 0;
        int writers = 0;
        int violations = 0;
        RunThreads(16, i =>
        {
            // A clock for each session: the waits of others must not use up the time of one that gives its lock back.
            int process = i % 4;
            SimulatedEnvironment environment = new(null, 1000 + process, $"host{process}@{process}", seed: i) { Waiting = _ => Thread.Sleep(1) };
            Random random = new(i);
            for (int round = 0; round < 30; round++)
            {
                using RepositoryLock held = scene.Lock(environment);
                if (random.Next(3) == 0)
                {
                    held.AcquireExclusive(null, CancellationToken.None);
                    Expect(Interlocked.Increment(ref writers) == 1 && Volatile.Read(ref readers) == 0);
                    Thread.Yield();
                    Expect(held.HoldsExclusive());
                    Interlocked.Decrement(ref writers);
                }
                else
                {
                    held.AcquireShared(null, CancellationToken.None);
                    Interlocked.Increment(ref readers);
                    Expect(Volatile.Read(ref writers) == 0);
                    Thread.Yield();
                    Interlocked.Decrement(ref readers);
                }
                held.Release();
            }
        });
        Assert.Equal(0, violations);
        Assert.Empty(scene.NamesInRepository);
        Assert.Empty(scene.Warnings);

        void Expect(bool condition) => Interlocked.Add(ref violations, condition ? 0 : 1);
    }

    [Fact]
    public void Of_fifty_processes_that_find_a_stale_lock_one_gets_it()
    {
        for (int round = 0; round < Rounds; round++)
        {
            LockScene scene = new();
            scene.PutLockFile(LockScene.Host + ".1-0");
            SimulatedEnvironment[] processes = MakeProcesses(scene.Clock);
            int owners = 0;
            RunThreads(Contenders, i =>
            {
                RepositoryLock held = scene.Lock(processes[i]);
                try
                {
                    held.AcquireExclusive(TimeSpan.Zero, CancellationToken.None);
                    Interlocked.Increment(ref owners);
                }
                catch (LockTimeoutException)
                {
                }
            });
            Assert.Equal(1, owners);
            Assert.Single(scene.LockFiles);
        }
    }

    // All on one host, and each knows that the others live.
    private static SimulatedEnvironment[] MakeProcesses(SimulatedTime clock)
    {
        SimulatedEnvironment[] processes = [.. Enumerable.Range(0, Contenders).Select(i => new SimulatedEnvironment(clock, 1000 + i, LockScene.Host, seed: i))];
        foreach (SimulatedEnvironment process in processes)
        {
            foreach (SimulatedEnvironment other in processes)
            {
                process.AliveProcesses[other.ProcessId] = true;
            }
        }
        return processes;
    }

    private static void Contend(Func<int, RepositoryServices> services, string path)
    {
        int owners = 0;
        int mostOwners = 0;
        int total = 0;
        RunThreads(Contenders, i =>
        {
            RepositoryServices own = services(i);
            for (int round = 0; round < Rounds; round++)
            {
                using RepositoryLock held = new(own, path);
                held.AcquireExclusive(null, CancellationToken.None);
                int now = Interlocked.Increment(ref owners);
                mostOwners = Math.Max(mostOwners, now);
                Assert.True(held.HoldsExclusive());
                total++;
                Thread.Yield();
                Interlocked.Decrement(ref owners);
                held.Release();
            }
        });
        Assert.Equal(1, mostOwners);
        // Only an exclusive lock makes this unguarded counting exact.
        Assert.Equal(Contenders * Rounds, total);
    }

    private static void RunThreads(int count, Action<int> body)
    {
        using Barrier start = new(count);
        List<Exception> errors = [];
        Thread[] threads = [.. Enumerable.Range(0, count).Select(i => new Thread(() =>
        {
            start.SignalAndWait();
            try
            {
                body(i);
            }
            catch (Exception error)
            {
                lock (errors)
                {
                    errors.Add(error);
                }
            }
        }))];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }
        foreach (Thread thread in threads)
        {
            thread.Join();
        }
        Assert.Empty(errors);
    }
}
