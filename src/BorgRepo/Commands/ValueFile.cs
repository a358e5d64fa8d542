using System.Management.Automation;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;

namespace BorgRepo.Commands;

/// <summary>Reads files whole into one buffer, which the next file reuses.</summary>
internal sealed class ValueFile
{
    private byte[] _buffer = [];

    /// <summary>Length of a file, checked.</summary>
    /// <exception cref="InputException">There is no such file.</exception>
    /// <exception cref="ValueTooLargeException">No object can be so long.</exception>
    public static long CheckedLength(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
        {
            throw new InputException("FileNotFound", $"There is no file {path}.", path, ErrorCategory.ObjectNotFound);
        }

        return file.Length <= LogEntry.MaxValueSize ? file.Length : throw new ValueTooLargeException(file.Length);
    }

    /// <summary>Reads a file. What is returned is valid until the next call.</summary>
    public ReadOnlySpan<byte> Read(string path)
    {
        int length = (int)CheckedLength(path);
        if (_buffer.Length < length)
        {
            _buffer = GC.AllocateUninitializedArray<byte>(length);
        }

        using Microsoft.Win32.SafeHandles.SafeFileHandle handle = File.OpenHandle(path, options: FileOptions.SequentialScan);
        int done = 0;
        while (done < length)
        {
            int read = RandomAccess.Read(handle, _buffer.AsSpan(done, length - done), done);
            if (read == 0)
            {
                throw new EndOfStreamException($"{path} became shorter while it was read.");
            }

            done += read;
        }

        return _buffer.AsSpan(0, length);
    }
}
