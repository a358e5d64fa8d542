using System.IO.Hashing;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Copying;

/// <summary>
/// Copies one file under a temporary name, makes it durable, reads it back, and gives it its name. What an interrupted copy
/// left under the temporary name is compared, block by block, and only what differs is written.
/// </summary>
internal sealed class LocalTransfer(IFileSystem fileSystem, TransferMonitor monitor)
{
    private const string Suffix = ".copy.tmp";
    private const int BlockSize = 256 * 1024;

    /// <summary>Name of the temporary file.</summary>
    public static string TemporaryOf(string name) => name + Suffix;

    /// <summary>True for names of temporary files.</summary>
    public static bool IsTemporary(string name) => name.EndsWith(Suffix, StringComparison.Ordinal);

    /// <summary>Copies the first bytes of a file.</summary>
    public void Run(string sourcePath, string targetPath, long length, string detail)
    {
        string temporary = TemporaryOf(targetPath);
        bool isSynced = false;
        try
        {
            UInt128 hash = Write(sourcePath, temporary, length, detail, ref isSynced);
            if (HashOf(temporary, length) != hash)
            {
                throw new CopyVerificationException(targetPath);
            }
        }
        catch (Exception error) when (error is CopyVerificationException || FileSystemErrors.IsDiskFull(error) || (error is IOException && !isSynced))
        {
            TryDelete(temporary);
            throw;
        }

        fileSystem.Replace(temporary, targetPath);
    }

    /// <summary>True if a file begins with the bytes of another.</summary>
    public bool IsSame(string sourcePath, string targetPath, long length, string detail)
    {
        using IFile source = fileSystem.Open(sourcePath, FileOpenKind.Read);
        using IFile target = fileSystem.Open(targetPath, FileOpenKind.Read);
        using AlignedBuffer buffer = new(2 * BlockSize);
        for (long offset = 0; offset < length;)
        {
            int count = (int)Math.Min(BlockSize, length - offset);
            Span<byte> expected = buffer.Span[..count];
            Span<byte> found = buffer.Span.Slice(BlockSize, count);
            if (source.Read(expected, offset) != count || target.Read(found, offset) != count || !expected.SequenceEqual(found))
            {
                return false;
            }

            offset += count;
            monitor.Advance(count, detail);
        }

        return true;
    }

    private UInt128 Write(string sourcePath, string temporary, long length, string detail, ref bool isSynced)
    {
        using IFile source = fileSystem.Open(sourcePath, FileOpenKind.Read);
        using IFile target = fileSystem.Open(temporary, FileOpenKind.Update);
        using AlignedBuffer buffer = new(2 * BlockSize);
        XxHash128 hash = new();
        long present = target.Length;
        for (long offset = 0; offset < length;)
        {
            int count = (int)Math.Min(BlockSize, length - offset);
            Span<byte> block = buffer.Span[..count];
            if (source.Read(block, offset) != count)
            {
                throw new EndOfStreamException($"'{sourcePath}' became shorter while it was copied.");
            }

            hash.Append(block);
            Span<byte> found = buffer.Span.Slice(BlockSize, count);
            if (offset + count > present || target.Read(found, offset) != count || !block.SequenceEqual(found))
            {
                monitor.Await(count);
                target.Write(block, offset);
            }

            offset += count;
            monitor.Advance(count, detail);
        }

        if (present > length)
        {
            target.SetLength(length);
        }

        // A sync that failed is the end of this file: what it held may be lost although it still reads well.
        target.Sync();
        isSynced = true;
        return hash.GetCurrentHashAsUInt128();
    }

    private UInt128? HashOf(string path, long length)
    {
        using IFile file = fileSystem.Open(path, FileOpenKind.Read);
        using AlignedBuffer buffer = new(BlockSize);
        XxHash128 hash = new();
        if (file.Length != length)
        {
            return null;
        }

        for (long offset = 0; offset < length;)
        {
            monitor.Token.ThrowIfCancellationRequested();
            int read = file.Read(buffer.Span, offset);
            if (read == 0)
            {
                return null;
            }

            hash.Append(buffer.Span[..read]);
            offset += read;
        }

        return hash.GetCurrentHashAsUInt128();
    }

    private void TryDelete(string path)
    {
        try
        {
            fileSystem.DeleteFile(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The first error says more; the next copy compares what is left.
        }
    }
}
