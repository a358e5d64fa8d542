using BorgRepo.Core.Format;
using BorgRepo.Core.Segments;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Simulation;

namespace BorgRepo.Core.Tests.Segments;

/// <summary>Runs a salvage over the bytes of one segment and keeps what it reports.</summary>
internal sealed class SalvageScene
{
    public const string Path = "/segment";

    public SalvageScene(byte[] segment, Func<ObjectId, uint, bool>? isKnown = null, IFileSystem? fileSystem = null, CancellationToken cancellationToken = default)
    {
        IFileSystem files = fileSystem ?? new MemoryFileSystem().WriteAllBytes(Path, segment);
        using SegmentSalvage salvage = new(files, new SegmentFile(7, Path), isKnown ?? ((_, _) => false));
        salvage.Run(0, Kept.Add, Damage.Add, cancellationToken);
    }

    public List<SegmentEntry> Kept { get; } = [];

    public List<DamagedRange> Damage { get; } = [];

    public IEnumerable<long> KeptOffsets => Kept.Select(entry => (long)entry.Offset);

    /// <summary>The entries of an undamaged segment.</summary>
    public static List<SegmentEntry> EntriesOf(byte[] segment)
    {
        MemoryFileSystem files = new();
        files.WriteAllBytes(Path, segment);
        List<SegmentEntry> entries = [];
        using SegmentReader reader = SegmentReader.Open(files, new SegmentFile(7, Path), SegmentReadMode.Verify);
        while (reader.TryRead(out SegmentEntry entry))
        {
            entries.Add(entry);
        }

        return entries;
    }
}
