using System.Buffers.Binary;
using BorgRepo.Core.Compaction;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Durability;
using BorgRepo.Core.Tests.Simulation;
using Xunit;

namespace BorgRepo.Core.Tests.Sessions;

/// <summary>Threads that read while others write: each value is one that was written for its object, and no older than one seen before.</summary>
public sealed class ParallelReadingTests
{
    private const string Path = "/backups/repo";
    private const int Objects = 60;
    private const int Transactions = 40;
    private const int Readers = 4;

    private readonly MemoryFileSystem _files = new MemoryFileSystem().AddDirectory("/backups");
    private int _process = 100;

    [Fact]
    public async Task Readers_of_the_session_that_writes_see_each_value_whole_and_never_an_older_one_again()
    {
        using Repository session = CreateAndOpen();
        await ReadWhile(session, () => Write(session));
    }

    [Fact]
    public async Task Readers_without_lock_beside_a_writer_see_whole_values_or_are_told()
    {
        using Repository writer = CreateAndOpen();
        bool isDone = false;
        int read = 0;
        Task[] readers = [.. Enumerable.Range(0, Readers).Select(_ => Task.Run(() =>
        {
            while (!Volatile.Read(ref isDone))
            {
                try
                {
                    using Repository reader = Repository.Open(Path, new OpenOptions { Access = SessionAccess.ReadNoLock }, Services());
                    for (int i = 0; i < Objects; i++)
                    {
                        _ = RequireValue(i, reader.Get(ScriptRun.Id(i)));
                        Interlocked.Increment(ref read);
                    }
                }
                catch (BorgRepositoryException)
                {
                    // The writer removed what this one was about to read: told, not made up.
                }
            }
        }))];
        try
        {
            Write(writer);
        }
        finally
        {
            Volatile.Write(ref isDone, true);
        }

        await Task.WhenAll(readers);
        Assert.True(read > 0, "nothing was read meanwhile");
    }

    [Fact]
    public void Many_threads_read_right_bytes_from_one_session()
    {
        using (Repository session = CreateAndOpen())
        {
            Write(session);
        }

        using Repository reader = Repository.Open(Path, new OpenOptions(), Services(), TestContext.Current.CancellationToken);
        Parallel.For(0, 2000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i => Assert.Equal(Transactions, RequireValue(i % Objects, reader.Get(ScriptRun.Id(i % Objects)))));
    }

    private static byte[] Value(int number, int transaction)
    {
        byte[] value = new byte[8 + (number * 7)];
        new Random((number * 1000) + transaction).NextBytes(value);
        BinaryPrimitives.WriteInt32LittleEndian(value, transaction);
        return value;
    }

    private static int RequireValue(int number, byte[] value)
    {
        int transaction = BinaryPrimitives.ReadInt32LittleEndian(value);
        Assert.Equal(Value(number, transaction), value);
        return transaction;
    }

    private static void Write(Repository session)
    {
        for (int transaction = 1; transaction <= Transactions; transaction++)
        {
            for (int i = 0; i < Objects; i++)
            {
                session.Put(ScriptRun.Id(i), Value(i, transaction));
            }

            session.Commit(new CommitOptions { Compact = transaction % 3 == 0, Threshold = 0 });
            if (transaction % 5 == 0)
            {
                session.Compact(new CompactionOptions { All = true });
            }
        }
    }

    private static async Task ReadWhile(Repository session, Action write)
    {
        bool isDone = false;
        int read = 0;
        Task[] readers = [.. Enumerable.Range(0, Readers).Select(n => Task.Run(() =>
        {
            int[] seen = new int[Objects];
            Random random = new(n);
            while (!Volatile.Read(ref isDone))
            {
                int number = random.Next(Objects);
                int transaction = RequireValue(number, session.Get(ScriptRun.Id(number)));
                Assert.True(transaction >= seen[number], $"object {number} was of transaction {seen[number]}, then of {transaction}");
                seen[number] = transaction;
                Interlocked.Increment(ref read);
            }
        }))];
        try
        {
            write();
        }
        finally
        {
            Volatile.Write(ref isDone, true);
        }

        await Task.WhenAll(readers);
        Assert.True(read > 0, "nothing was read meanwhile");
    }

    private Repository CreateAndOpen()
    {
        Repository.Create(Path, new CreateOptions { MaxSegmentSize = 5000, SegmentsPerDirectory = 5 }, Services());
        Repository session = Repository.Open(Path, new OpenOptions { Access = SessionAccess.Write }, Services());
        for (int i = 0; i < Objects; i++)
        {
            session.Put(ScriptRun.Id(i), Value(i, 0));
        }

        session.Commit();
        return session;
    }

    private RepositoryServices Services()
    {
        int id = Interlocked.Increment(ref _process);
        return new RepositoryServices(_files, new SimulatedEnvironment(processId: id, seed: id));
    }
}
