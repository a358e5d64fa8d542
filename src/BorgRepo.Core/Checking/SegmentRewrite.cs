using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Segments;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Checking;

/// <summary>
/// Writes what is good of a damaged segment.
/// 1. The magic, then all that lies between the damaged ranges, in large pieces: good entries need no taking apart.
/// 2. Sync, and read the new file as a segment: it must have exactly the entries that the check kept. Only then may it take
///    the damaged one's place. Where a disk gives other bytes than a moment ago, nothing is replaced.
/// </summary>
internal sealed class SegmentRewrite(IFileSystem fileSystem, DamagedSegment segment)
{
    private const int BlockSize = 1024 * 1024;

    /// <summary>Writes and verifies.</summary>
    /// <exception cref="IOException">What was read now is not what the check has read. The new file is not to be used.</exception>
    public void WriteTo(string path, CancellationToken cancellationToken)
    {
        using (IFile source = fileSystem.Open(segment.File.Path, FileOpenKind.Read))
        using (IFile target = fileSystem.Open(path, FileOpenKind.Overwrite))
        using (AlignedBuffer block = new(BlockSize))
        {
            target.Write(LogEntry.Magic, 0);
            long written = LogEntry.MagicSize;
            long start = LogEntry.MagicSize;
            foreach (DamagedRange range in segment.Ranges)
            {
                Copy(source, target, start, range.Start, ref written, block.Span, cancellationToken);
                start = Math.Max(start, range.End);
            }

            Copy(source, target, start, segment.Length, ref written, block.Span, cancellationToken);
            target.Sync();
        }

        Verify(path, cancellationToken);
    }

    private void Copy(IFile source, IFile target, long start, long end, ref long written, Span<byte> block, CancellationToken cancellationToken)
    {
        while (start < end)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Span<byte> piece = block[..(int)Math.Min(end - start, block.Length)];
            if (source.Read(piece, start) != piece.Length)
            {
                throw Differs(null);
            }

            target.Write(piece, written);
            start += piece.Length;
            written += piece.Length;
        }
    }

    private void Verify(string path, CancellationToken cancellationToken)
    {
        long entries = 0;
        try
        {
            using SegmentReader reader = SegmentReader.Open(fileSystem, segment.File with { Path = path }, SegmentReadMode.Verify);
            while (reader.TryRead(out _))
            {
                entries++;
                if ((entries & 0xff) == 0)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                }
            }
        }
        catch (IntegrityException error)
        {
            throw Differs(error);
        }

        if (entries != segment.KeptEntries)
        {
            throw Differs(null);
        }
    }

    private IOException Differs(Exception? cause) =>
        new($"Segment {segment.File.Number} reads differently from a moment ago, so it was left as it is. Check the disk.", cause);
}
