using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Segments;

/// <summary>
/// When a segment counts as committed (docs/format.md, "Committed segments"): its last nine bytes are a COMMIT, it reads
/// without any error to its end, and nothing but COMMITs follows the first COMMIT. The last nine bytes alone prove
/// nothing: a value may end with them.
/// </summary>
public static class CommitRule
{
    /// <summary>Judges one segment.</summary>
    public static bool IsCommitted(IFileSystem fileSystem, SegmentFile segment, CancellationToken cancellationToken)
    {
        try
        {
            return EndsWithCommit(fileSystem, segment) && ReadsAsCommitted(fileSystem, segment, cancellationToken);
        }
        catch (IntegrityException)
        {
            return false;
        }
        catch (SegmentMissingException)
        {
            // Without a lock the segment may have been compacted away since it was listed.
            return false;
        }
    }

    /// <summary>
    /// True for a segment that ends with the bytes of a COMMIT but is damaged before it. In the layout of borg 1.0, where
    /// the COMMIT ends the data segment, a single bad byte makes a whole transaction look like an aborted one.
    /// </summary>
    public static bool IsDamagedCommit(IFileSystem fileSystem, SegmentFile segment, CancellationToken cancellationToken)
    {
        try
        {
            if (EndsWithCommit(fileSystem, segment))
            {
                ReadsAsCommitted(fileSystem, segment, cancellationToken);
            }

            return false;
        }
        catch (IntegrityException)
        {
            return true;
        }
    }

    // Cheap test first: it spares reading 500 MiB of a segment that cannot be committed.
    internal static bool EndsWithCommit(IFileSystem fileSystem, SegmentFile segment)
    {
        IFile file;
        try
        {
            file = fileSystem.Open(segment.Path, FileOpenKind.Read);
        }
        catch (IOException error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }

        using (file)
        {
            Span<byte> tail = stackalloc byte[LogEntry.CommitSize];
            long length = file.Length;
            if (length < LogEntry.CommitOnlySegmentSize)
            {
                return false;
            }

            if (file.Read(tail, length - LogEntry.CommitSize) != LogEntry.CommitSize)
            {
                // Unknown is not "no": for an uncommitted segment the next writer would take it, and delete it.
                throw new IOException($"Segment {segment.Number} gave fewer bytes than it has.");
            }

            return tail.SequenceEqual(LogEntry.Commit);
        }
    }

    private static bool ReadsAsCommitted(IFileSystem fileSystem, SegmentFile segment, CancellationToken cancellationToken)
    {
        using SegmentReader reader = SegmentReader.Open(fileSystem, segment, SegmentReadMode.Verify);
        bool committed = false;
        bool entryAfterCommit = false;
        while (reader.TryRead(out SegmentEntry entry))
        {
            cancellationToken.ThrowIfCancellationRequested();
            committed |= entry.Tag == EntryTag.Commit;
            entryAfterCommit |= committed && entry.Tag != EntryTag.Commit;
        }

        return committed && !entryAfterCommit;
    }
}
