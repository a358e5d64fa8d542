using System.Collections;
using System.Management.Automation.Provider;
using System.Text;

namespace BorgRepo.Provider;

/// <summary>Gives a value to Get-Content, as bytes or as lines. The value is in memory: it has at most 20 MiB.</summary>
internal sealed class ValueReader(byte[] value, bool asBytes, bool raw) : IContentReader
{
    private readonly StreamReader? _text = asBytes ? null : new StreamReader(new MemoryStream(value), new UTF8Encoding(false));
    private int _position;

    /// <inheritdoc/>
    public IList Read(long readCount)
    {
        if (raw)
        {
            return ReadWhole();
        }

        return asBytes ? ReadBytes(readCount) : ReadLines(readCount);
    }

    /// <inheritdoc/>
    public void Seek(long offset, SeekOrigin origin)
    {
        long start = origin switch { SeekOrigin.Begin => 0, SeekOrigin.Current => _position, _ => value.Length };
        _position = (int)Math.Clamp(start + offset, 0, value.Length);
        if (_text is not null)
        {
            _text.BaseStream.Position = _position;
            _text.DiscardBufferedData();
        }
    }

    /// <inheritdoc/>
    public void Close() => Dispose();

    /// <inheritdoc/>
    public void Dispose() => _text?.Dispose();

    // One element, which is the whole: Get-Content would take a list of bytes apart.
    private object[] ReadWhole()
    {
        if (_position == value.Length && _position > 0)
        {
            return [];
        }

        bool wasRead = _position < 0;
        _position = value.Length == 0 ? -1 : value.Length;
        return wasRead ? [] : asBytes ? [value] : [_text!.ReadToEnd()];
    }

    private byte[] ReadBytes(long count)
    {
        int length = (int)(count <= 0 ? value.Length - _position : Math.Min(count, value.Length - _position));
        byte[] read = value.AsSpan(_position, length).ToArray();
        _position += length;
        return read;
    }

    private List<string> ReadLines(long count)
    {
        List<string> lines = [];
        while ((count <= 0 || lines.Count < count) && _text!.ReadLine() is { } line)
        {
            lines.Add(line);
        }

        return lines;
    }
}
