using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Durability;
using BorgRepo.Core.Tests.Simulation;
using Xunit;

namespace BorgRepo.Core.Tests.Segments;

/// <summary>What is complete is handed to the disk while more is put, and is synced all the same.</summary>
public sealed class WriteBehindTests
{
    private const int Values = 50;
    private const int ValueSize = 1_000_000;

    [Fact]
    public void A_long_segment_is_handed_over_in_order_in_whole_blocks_and_never_beyond_what_is_written()
    {
        HandedOverFileSystem files = new(new MemoryFileSystem());
        RepositoryServices services = new(files, new SimulatedEnvironment());
        Repository.Create("/repository", new CreateOptions(), services);
        using Repository writer = Repository.Open("/repository", new OpenOptions { Access = SessionAccess.Write }, services, TestContext.Current.CancellationToken);
        for (int i = 0; i < Values; i++)
        {
            writer.Put(ScriptRun.Id(i), new byte[ValueSize]);
        }

        writer.Commit(cancellationToken: TestContext.Current.CancellationToken);

        List<HandedOver> ranges = files.Of("0");
        Assert.InRange(ranges.Count, 4, Values);
        long next = 0;
        foreach (HandedOver range in ranges)
        {
            Assert.Equal(next, range.Offset);
            Assert.Equal(0, range.End % AlignedBuffer.PageSize);
            Assert.InRange(range.End, range.Offset + 1, range.Written);
            next = range.End;
        }

        Assert.True(files.IsSyncedAfterLastWrite("0"));
        Assert.Empty(files.Of("1"));
    }

    private readonly record struct HandedOver(long Offset, long End, long Written);

    /// <summary>Keeps what is handed over, and how much was written by then.</summary>
    private sealed class HandedOverFileSystem(IFileSystem inner) : ForwardingFileSystem(inner)
    {
        private readonly Dictionary<string, HandedOverFile> _files = [];

        public List<HandedOver> Of(string name) => _files[name].Ranges;

        public bool IsSyncedAfterLastWrite(string name) => _files[name].IsSynced;

        public override IFile Open(string path, FileOpenKind kind)
        {
            IFile file = Inner.Open(path, kind);
            return kind == FileOpenKind.CreateNew ? _files[Path.GetFileName(path)] = new HandedOverFile(file) : file;
        }
    }

    private sealed class HandedOverFile(IFile inner) : ForwardingFile(inner)
    {
        private long _written;

        public List<HandedOver> Ranges { get; } = [];

        public bool IsSynced { get; private set; }

        public override void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            Inner.Write(bytes, offset);
            _written = offset + bytes.Length;
            IsSynced = false;
        }

        public override void WriteBehind(long offset, long count) => Ranges.Add(new HandedOver(offset, offset + count, _written));

        public override void Sync()
        {
            Inner.Sync();
            IsSynced = true;
        }
    }
}
