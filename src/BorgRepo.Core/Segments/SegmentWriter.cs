using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Segments;

/// <summary>
/// Appends entries to new segments. It only writes; all suspicion is the reader's.
/// The first failed write or sync makes it refuse everything after: what reached the disk is unknown then, and a second
/// sync would report success for pages that the first one dropped.
/// </summary>
/// <remarks>
/// Not thread-safe. A segment is closed by write-out, sync of the file and sync of its folder, and never opened again. The
/// syncs may go on while the next segment is written; a COMMIT waits for them.
/// The final COMMIT of <see cref="WriteFormat.Borg14"/> goes into a file of its own that is only created after the data
/// before it is durable.
/// </remarks>
public sealed class SegmentWriter : IDisposable
{
    private const int BufferSize = 1024 * 1024;

    /// <summary>Values from this length on go straight from the caller to the file.</summary>
    private const int DirectLength = 64 * 1024;

    private const int WriteBehindLength = 8 * 1024 * 1024;

    private readonly IFileSystem _fileSystem;
    private readonly SegmentStore _store;
    private readonly long _limit;
    private readonly AlignedBuffer _buffer = new(BufferSize + AlignedBuffer.PageSize);
    private readonly ClosingSegments _closing;
    private IFile? _file;
    private int _lead;
    private int _buffered;
    private long _writtenOut;
    private WriteBehind _writeBehind;
    private long _closedBytes;
    private string? _knownFolder;
    private Exception? _failure;

    /// <summary>Prepares to write from a segment number on; no file is made before the first entry.</summary>
    /// <param name="fileSystem">Where to write.</param>
    /// <param name="store">Places of segments.</param>
    /// <param name="firstSegment">Number of the first segment to create.</param>
    /// <param name="maxSegmentSize">A segment that is longer than this takes no further entry.</param>
    /// <param name="format">Where COMMITs go and whether the manifest starts a segment.</param>
    public SegmentWriter(IFileSystem fileSystem, SegmentStore store, uint firstSegment, long maxSegmentSize, WriteFormat format)
    {
        _fileSystem = fileSystem;
        _store = store;
        _limit = maxSegmentSize;
        _closing = new ClosingSegments(fileSystem);
        Format = format;
        FirstSegment = firstSegment;
        Segment = firstSegment;
    }

    /// <summary>Which release's habits are followed.</summary>
    public WriteFormat Format { get; }

    /// <summary>Number of the first segment of this writer.</summary>
    public uint FirstSegment { get; }

    /// <summary>Number of the segment at hand, or of the next one if none is open.</summary>
    public uint Segment { get; private set; }

    /// <summary>True while a segment is being written.</summary>
    public bool IsOpen => _file is not null;

    /// <summary>True if anything was created.</summary>
    public bool HasWritten => Segment != FirstSegment || IsOpen;

    /// <summary>Bytes of all segments so far.</summary>
    public long BytesWritten => _closedBytes + (IsOpen ? Offset : 0);

    private long Offset => _writtenOut + _buffered;

    /// <summary>
    /// True if the next entry of this key closes the segment at hand first. Compaction asks before it writes, so that it
    /// can commit what it has copied.
    /// </summary>
    public bool WouldRoll(in ObjectId id) => SegmentRoll.IsDue(Format, _limit, IsOpen ? Offset : 0, id);

    /// <summary>Appends a PUT.</summary>
    /// <returns>Where it stands.</returns>
    /// <exception cref="ValueTooLargeException">Nothing was written.</exception>
    public EntryLocation Put(in ObjectId id, ReadOnlySpan<byte> value)
    {
        if (value.Length > LogEntry.MaxValueSize)
        {
            throw new ValueTooLargeException(value.Length);
        }

        EntryLocation location = Begin(id);
        int size = LogEntry.KeyedHeaderSize + value.Length;
        if (value.Length >= DirectLength)
        {
            LogEntry.WritePutHeader(Reserve(LogEntry.KeyedHeaderSize), id, value);
            WriteDirect(value);
        }
        else
        {
            LogEntry.WritePut(Reserve(size), id, value);
        }

        return location;
    }

    /// <summary>Appends a PUT or DELETE exactly as it stands elsewhere in the log.</summary>
    /// <param name="id">Its key.</param>
    /// <param name="entry">All its bytes, already verified.</param>
    /// <returns>Where it stands now.</returns>
    public EntryLocation Copy(in ObjectId id, ReadOnlySpan<byte> entry)
    {
        EntryLocation location = Begin(id);
        if (entry.Length >= DirectLength)
        {
            WriteDirect(entry);
        }
        else
        {
            entry.CopyTo(Reserve(entry.Length));
        }

        return location;
    }

    /// <summary>Appends a DELETE.</summary>
    /// <returns>Where it stands.</returns>
    public EntryLocation Delete(in ObjectId id)
    {
        EntryLocation location = Begin(id);
        LogEntry.WriteDelete(Reserve(LogEntry.KeyedHeaderSize), id);
        return location;
    }

    /// <summary>Makes everything written durable and then, durably, the COMMIT that says so.</summary>
    /// <param name="intermediate">In the middle of a compaction the COMMIT goes into the segment at hand.</param>
    /// <returns>Number of the segment that carries the COMMIT.</returns>
    public uint WriteCommit(bool intermediate)
    {
        if (!intermediate && Format == WriteFormat.Borg14)
        {
            CloseSegment();
        }

        // The COMMIT must not become durable before the entries that it covers.
        ThrowIfFailed();
        Attempt(_closing.Wait);
        uint carrier = Segment;
        if (IsOpen)
        {
            WriteOut();
            Attempt(_file!.Sync);
        }
        else
        {
            OpenSegment();
        }

        LogEntry.Commit.CopyTo(Reserve(LogEntry.CommitSize));
        CloseSegment();
        Attempt(_closing.Wait);
        return carrier;
    }

    /// <summary>
    /// True if an entry is in the segment at hand. Then its bytes are in the file after this call (written out, not
    /// synced), or can be had without any call by <see cref="TryPeek"/>.
    /// </summary>
    public void MakeReadable(uint segment)
    {
        if (IsOpen && segment == Segment && _buffered > 0)
        {
            WriteOut();
        }
    }

    /// <summary>The bytes from an offset of the segment at hand on, if they are still in the write buffer.</summary>
    public bool TryPeek(EntryLocation location, out ReadOnlySpan<byte> bytes)
    {
        bool here = IsOpen && location.Segment == Segment && location.Offset >= _writtenOut && location.Offset < Offset;
        bytes = here ? _buffer.Span.Slice(_lead, _buffered)[(int)(location.Offset - _writtenOut)..] : default;
        return here;
    }

    /// <summary>
    /// Closes the segment at hand without making it durable. Its number is not used again by this writer, and no handle
    /// stays behind that could write into a file that is deleted later.
    /// </summary>
    public void Abandon()
    {
        _failure ??= new InvalidTransactionStateException("The transaction was rolled back.");
        _file?.Dispose();
        _file = null;
        _buffered = 0;
        _closing.Abandon();
    }

    /// <summary>
    /// Closes the segment at hand with all that was put into it so far, not synced and without a COMMIT: it does not count,
    /// but could still be salvaged.
    /// </summary>
    public void LeaveBehind()
    {
        try
        {
            if (IsOpen && _failure is null)
            {
                WriteOut();
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Nobody was promised these bytes.
        }

        Abandon();
    }

    /// <summary>Frees the buffer; an open segment is abandoned.</summary>
    public void Dispose()
    {
        Abandon();
        _buffer.Dispose();
    }

    private EntryLocation Begin(in ObjectId id)
    {
        ThrowIfFailed();
        if (WouldRoll(id))
        {
            CloseSegment();
        }

        if (!IsOpen)
        {
            OpenSegment();
        }

        return new EntryLocation(Segment, checked((uint)Offset));
    }

    private void OpenSegment()
    {
        if (Segment > SegmentName.Max)
        {
            throw new InvalidTransactionStateException("All segment numbers are used up.");
        }

        string folder = _store.FolderOf(Segment);
        try
        {
            if (folder != _knownFolder)
            {
                _fileSystem.TryCreateDirectory(folder);

                // If it was there, too: who made it may have died before this.
                _fileSystem.SyncDirectory(_store.DataPath);
                _knownFolder = folder;
            }

            // A handle of a deleted segment of the same number must not answer for the new one.
            _store.Handles.Drop(Segment);
            _file = _fileSystem.Open(_store.PathOf(Segment), FileOpenKind.CreateNew);
        }
        catch (Exception error)
        {
            _failure = error;
            throw;
        }

        _writtenOut = 0;
        _lead = 0;
        _writeBehind = new WriteBehind(_file, WriteBehindLength, BufferSize);
        _buffered = 0;
        LogEntry.Magic.CopyTo(Reserve(LogEntry.MagicSize));
    }

    private void CloseSegment()
    {
        if (_file is null)
        {
            return;
        }

        WriteOut();
        _closedBytes += _writtenOut;
        IFile file = _file;
        _file = null;
        string folder = _store.FolderOf(Segment);
        Segment++;
        Attempt(() => _closing.Add(file, folder));
    }

    private Span<byte> Reserve(int count)
    {
        if (_buffered + count > BufferSize)
        {
            WriteOut();
        }

        Span<byte> place = _buffer.Span.Slice(_lead + _buffered, count);
        _buffered += count;
        return place;
    }

    private void WriteOut()
    {
        int count = _buffered;
        if (count > 0)
        {
            _buffered = 0;
            WriteToFile(_buffer.Span.Slice(_lead, count));
        }
    }

    /// <summary>Writes long bytes without a copy of ours, unless the kernel's would take longer for that.</summary>
    private void WriteDirect(ReadOnlySpan<byte> bytes)
    {
        WriteOut();
        if (!IsSlowToCopy(bytes))
        {
            WriteToFile(bytes);
            return;
        }

        while (!bytes.IsEmpty)
        {
            ReadOnlySpan<byte> piece = bytes[..Math.Min(bytes.Length, BufferSize)];
            piece.CopyTo(Reserve(piece.Length));
            bytes = bytes[piece.Length..];
        }
    }

    /// <summary>
    /// The instruction by which the kernel copies is half as fast where the target lies 1 to 15 bytes behind the source, within
    /// their pages. From the buffer that never happens: what is in it lies there as it will in its page of the file.
    /// </summary>
    private unsafe bool IsSlowToCopy(ReadOnlySpan<byte> bytes)
    {
        // Only the address is looked at. If the memory is moved meanwhile, the answer is about speed and nothing else.
        long source = (long)Unsafe.AsPointer(ref MemoryMarshal.GetReference(bytes));
        return ((_writtenOut - source) & (AlignedBuffer.PageSize - 1)) is > 0 and < 16;
    }

    private void WriteToFile(ReadOnlySpan<byte> bytes)
    {
        ThrowIfFailed();
        try
        {
            _file!.Write(bytes, _writtenOut);
            _writtenOut += bytes.Length;
            _lead = (int)(_writtenOut % AlignedBuffer.PageSize);
            _writeBehind.WrittenUpTo(_writtenOut);
        }
        catch (Exception error)
        {
            _failure = error;
            throw;
        }
    }

    private void Attempt(Action action)
    {
        try
        {
            action();
        }
        catch (Exception error)
        {
            _failure = error;
            throw;
        }
    }

    private void ThrowIfFailed()
    {
        if (_failure is { } failure)
        {
            throw failure is InvalidTransactionStateException
                ? failure
                : new InvalidTransactionStateException($"An earlier write failed ({failure.Message}). Only a rollback is possible.", failure);
        }
    }
}
