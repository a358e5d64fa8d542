using System.Globalization;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Copying;

/// <summary>
/// Copies segments that are not in use at the destination yet, or were lost there. From time to time it writes down how far
/// it has come, so that the next copy need not read all of it again.
/// </summary>
internal sealed class SegmentTransfer(CopySource source, ICopyDestination destination, DestinationState there, ManifestKeeper manifest, TransferMonitor monitor)
{
    private const long BytesBetweenNotes = 1L << 30;

    private readonly List<CopyItem> _items = [];
    private readonly List<(SourceSegment Segment, SegmentShape Shape)> _shapes = [];

    /// <summary>Segments whose COMMITs were held back. Not the one that carries the last transaction.</summary>
    public List<SourceSegment> Held { get; } = [];

    /// <summary>Segments that cannot be read without an error. They are copied as they are.</summary>
    public List<uint> Damaged { get; } = [];

    /// <summary>Copies them.</summary>
    public void Run(IReadOnlyList<SourceSegment> segments)
    {
        long pending = 0;
        foreach (SourceSegment segment in segments.OrderBy(segment => segment.Number))
        {
            SegmentShape shape = source.ReadShape(segment, monitor.Token);
            if (shape.Damage is { } damage)
            {
                Damaged.Add(segment.Number);
                source.Services.Notify(NoticeLevel.Warning, string.Create(CultureInfo.InvariantCulture, $"Segment {segment.Number} of the source is damaged and is copied as it is: {damage}"));
            }

            Plan(segment, shape);
            _shapes.Add((segment, shape));
            pending += segment.Length;
            if (pending >= BytesBetweenNotes)
            {
                Flush();
                pending = 0;
            }
        }

        Flush();
    }

    private void Plan(in SourceSegment segment, in SegmentShape shape)
    {
        bool isInUse = segment.Number <= there.TransactionId;
        long length = there.IsNew || isInUse ? segment.Length : shape.DataLength;
        if (segment.Number == source.TransactionId && !there.IsNew && !isInUse)
        {
            return;
        }

        if (length < segment.Length)
        {
            Held.Add(segment);
        }

        // Of one that has nothing but a COMMIT nothing is left: no index points into it, so it need not be there yet.
        if (length > LogEntry.MagicSize || length == segment.Length)
        {
            _items.Add(new CopyItem(source.NameOf(segment.Number), segment.Path, length, length == segment.Length));
        }
    }

    private void Flush()
    {
        destination.Put(_items, monitor);
        destination.Settle(monitor.Token);
        foreach ((SourceSegment segment, SegmentShape shape) in _shapes)
        {
            manifest.SetCopied(segment, shape);
        }

        manifest.Save(monitor.Token);
        _items.Clear();
        _shapes.Clear();
    }
}
