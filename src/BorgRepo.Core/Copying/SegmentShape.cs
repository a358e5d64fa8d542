using System.IO.Hashing;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Segments;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Copying;

/// <summary>What a copy has to know of a segment.</summary>
/// <param name="DataLength">Bytes before the COMMITs that end it; its whole length if none do.</param>
/// <param name="Hash">Hash of its content.</param>
/// <param name="Damage">What is wrong with it; null if it reads without an error.</param>
internal readonly record struct SegmentShape(long DataLength, UInt128 Hash, string? Damage)
{
    private const int BlockSize = 1 << 20;

    /// <summary>Reads a segment twice: once for its entries, once, from the system's memory as a rule, for the hash.</summary>
    /// <exception cref="SegmentMissingException">There is no such file.</exception>
    public static SegmentShape Read(IFileSystem fileSystem, SegmentFile segment, CancellationToken cancellationToken)
    {
        long? dataLength = null;
        string? damage = null;
        try
        {
            using SegmentReader reader = SegmentReader.Open(fileSystem, segment, SegmentReadMode.Verify);
            dataLength = LogEntry.MagicSize;
            while (reader.TryRead(out SegmentEntry entry))
            {
                cancellationToken.ThrowIfCancellationRequested();
                dataLength = entry.Tag == EntryTag.Commit ? dataLength : reader.Position;
            }
        }
        catch (IntegrityException error)
        {
            // Nothing is held back of it: damaged as it is, no borg takes it for committed.
            damage = error.Message;
            dataLength = null;
        }

        (UInt128 hash, long length) = HashOf(fileSystem, segment.Path, cancellationToken);
        return new SegmentShape(dataLength ?? length, hash, damage);
    }

    private static (UInt128 Hash, long Length) HashOf(IFileSystem fileSystem, string path, CancellationToken cancellationToken)
    {
        using IFile file = fileSystem.Open(path, FileOpenKind.Read);
        using AlignedBuffer buffer = new(BlockSize);
        XxHash128 hash = new();
        long offset = 0;
        for (int read = -1; read != 0; offset += read)
        {
            cancellationToken.ThrowIfCancellationRequested();
            read = file.Read(buffer.Span, offset);
            hash.Append(buffer.Span[..read]);
        }

        return (hash.GetCurrentHashAsUInt128(), offset);
    }
}
