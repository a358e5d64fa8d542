using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Inspection;
using BorgRepo.Core.Segments;

namespace BorgRepo.Core;

/// <content>Single segments and entries of the log, named by their place.</content>
public sealed partial class Repository
{
    /// <summary>True if there is a segment of this number.</summary>
    public bool ContainsSegment(uint segment)
    {
        lock (_gate)
        {
            ThrowIfClosed();
            return _context.Store.Exists(segment);
        }
    }

    /// <summary>What one segment holds. Reads headers.</summary>
    /// <param name="segment">Number of the segment.</param>
    /// <param name="cancellationToken">Checked between entries.</param>
    /// <returns>Null if there is none.</returns>
    public SegmentInfo? FindSegment(uint segment, CancellationToken cancellationToken = default)
    {
        if (!ContainsSegment(segment))
        {
            return null;
        }

        bool isLiveKnown = PrepareInspection(out uint? last, cancellationToken);
        return Inspect(MakeReadable(segment), last, isLiveKnown, cancellationToken);
    }

    /// <summary>The entries of one segment in their order, superseded ones included; damage is given in its place.</summary>
    /// <param name="segment">Number of the segment; without one of this number there is no entry.</param>
    /// <param name="cancellationToken">Checked between entries.</param>
    public IEnumerable<EntryInfo> GetEntries(uint segment, CancellationToken cancellationToken = default)
    {
        if (!ContainsSegment(segment))
        {
            return [];
        }

        bool isLiveKnown = PrepareInspection(out _, cancellationToken);
        return ReadEntries(MakeReadable(segment), isLiveKnown, cancellationToken);
    }

    /// <summary>What stands at a place of the log: an entry, current or superseded, or the start of a damaged range.</summary>
    /// <param name="segment">Number of the segment.</param>
    /// <param name="offset">Offset in its file.</param>
    /// <param name="cancellationToken">Checked between entries.</param>
    /// <returns>Null if no entry begins there. Values may contain bytes that look like an entry: those are none.</returns>
    public EntryInfo? FindEntry(uint segment, long offset, CancellationToken cancellationToken = default)
    {
        if (!ContainsSegment(segment))
        {
            return null;
        }

        bool isLiveKnown = PrepareInspection(out _, cancellationToken);
        SegmentFile file = MakeReadable(segment);
        try
        {
            // Only who follows the entries from the first on knows where one begins.
            using SegmentReader reader = SegmentReader.Open(_services.FileSystem, file, SegmentReadMode.Headers);
            while (reader.Position <= offset && reader.TryRead(out SegmentEntry entry))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (entry.Offset == offset)
                {
                    return Describe(segment, entry, isLiveKnown);
                }
            }

            return null;
        }
        catch (IntegrityException)
        {
            return ReadEntries(file, isLiveKnown, cancellationToken).FirstOrDefault(entry => entry.Offset == offset);
        }
    }

    /// <summary>The value of a PUT of the log, of a superseded one too, verified by its checksum.</summary>
    /// <param name="segment">Number of the segment.</param>
    /// <param name="offset">Offset in its file.</param>
    /// <param name="cancellationToken">Checked between entries.</param>
    /// <returns>Null if no PUT begins there.</returns>
    /// <exception cref="IntegrityException">Its bytes are damaged.</exception>
    public byte[]? ReadEntryValue(uint segment, long offset, CancellationToken cancellationToken = default)
    {
        if (FindEntry(segment, offset, cancellationToken) is not { Tag: EntryTag.Put })
        {
            return null;
        }

        using SegmentReader reader = SegmentReader.Open(_services.FileSystem, MakeReadable(segment), SegmentReadMode.Headers);
        reader.Seek(offset);
        return reader.TryRead(out SegmentEntry entry) ? reader.Load(entry)[LogEntry.KeyedHeaderSize..].ToArray() : null;
    }

    // What a transaction under way has written may still be in its buffer.
    private SegmentFile MakeReadable(uint segment)
    {
        lock (_gate)
        {
            _transaction?.Writer.MakeReadable(segment);
            return new SegmentFile(segment, _context.Store.PathOf(segment));
        }
    }
}
