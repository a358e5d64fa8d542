using BorgRepo.Core.Errors;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Durability;
using BorgRepo.Core.Tests.Simulation;
using Xunit;

namespace BorgRepo.Core.Tests.Compaction;

/// <summary>
/// A disk that gives other bytes from some moment on. Compaction reads a segment several times and removes it in the end:
/// whichever of the readings is the wrong one, no object may go with it.
/// </summary>
public sealed class ChangingDiskTests
{
    private const int Objects = 40;
    private const int ValueSize = 500;
    private const int Deleted = 33;

    [Theory]
    [InlineData(9)]
    [InlineData(9 + 31)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(0)]
    [InlineData(100)]
    public void No_object_is_lost_whichever_reading_of_the_segment_is_wrong(int byteOfEntry)
    {
        int stopped = 0;
        for (int opening = 1; opening <= 8; opening++)
        {
            MemoryFileSystem disk = new();
            RepositoryServices honest = new(disk, new SimulatedEnvironment());
            Repository.Create("/repository", new CreateOptions(), honest);
            using (Repository writer = Open(honest))
            {
                Write(writer, generation: 0, step: 1);
                writer.Commit(cancellationToken: TestContext.Current.CancellationToken);
                Write(writer, generation: 1, step: 2);
                writer.Delete(ScriptRun.Id(Deleted));
                writer.Commit(cancellationToken: TestContext.Current.CancellationToken);
            }

            // Object 21 is a current one in the middle of the segment.
            long damaged = 8 + (21L * (41 + ValueSize)) + byteOfEntry;
            try
            {
                using Repository writer = Open(new RepositoryServices(new ChangingFileSystem(disk, opening, damaged), new SimulatedEnvironment()));
                writer.BeginTransaction(TestContext.Current.CancellationToken);
                writer.Put(ScriptRun.Id(1000), [1]);
                writer.Commit(new CommitOptions { Compact = true, Threshold = 0 }, TestContext.Current.CancellationToken);
            }
            catch (Exception error) when (error is IOException or BorgRepositoryException)
            {
                stopped++;
            }

            RequireAll(honest);

            // Nor may a DELETE have gone whose PUT is still there.
            foreach (DirectoryItem item in disk.List("/repository").Where(item => item.Name.StartsWith("index.", StringComparison.Ordinal)))
            {
                disk.DeleteFile($"/repository/{item.Name}");
            }

            RequireAll(honest);
        }

        // Some readings come too late to matter; but a wrong one must have been noticed at least once, or this proves nothing.
        Assert.InRange(stopped, byteOfEntry == 100 ? 0 : 1, 7);
    }

    private static void RequireAll(RepositoryServices services)
    {
        using Repository reader = Open(services);
        for (int i = 0; i < Objects; i++)
        {
            if (i == Deleted)
            {
                Assert.False(reader.Contains(ScriptRun.Id(i)), "a deleted object is back");
            }
            else
            {
                Assert.Equal(Value(i, i % 2 == 0 ? 1 : 0), reader.Get(ScriptRun.Id(i)));
            }
        }
    }

    private static Repository Open(RepositoryServices services) =>
        Repository.Open("/repository", new OpenOptions { Access = SessionAccess.Write }, services, TestContext.Current.CancellationToken);

    private static void Write(Repository writer, int generation, int step)
    {
        for (int i = 0; i < Objects; i += step)
        {
            writer.Put(ScriptRun.Id(i), Value(i, generation));
        }
    }

    private static byte[] Value(int number, int generation)
    {
        byte[] value = new byte[ValueSize];
        new Random((number * 2) + generation).NextBytes(value);
        return value;
    }

    /// <summary>From the given opening of segment 0 on, one bit of it is read wrongly.</summary>
    private sealed class ChangingFileSystem(IFileSystem inner, int opening, long offset) : ForwardingFileSystem(inner)
    {
        private int _openings;

        public override IFile Open(string path, FileOpenKind kind)
        {
            IFile file = Inner.Open(path, kind);
            bool isWrong = kind == FileOpenKind.Read && path.EndsWith("/data/0/0", StringComparison.Ordinal) && ++_openings >= opening;
            return isWrong ? new ChangedFile(file, offset) : file;
        }
    }

    private sealed class ChangedFile(IFile inner, long wrong) : ForwardingFile(inner)
    {
        public override int Read(Span<byte> buffer, long offset)
        {
            int got = Inner.Read(buffer, offset);
            if (wrong >= offset && wrong < offset + got)
            {
                buffer[(int)(wrong - offset)] ^= 0x04;
            }

            return got;
        }
    }
}
