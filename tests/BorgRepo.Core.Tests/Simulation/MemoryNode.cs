namespace BorgRepo.Core.Tests.Simulation;

/// <summary>Something with a name in a <see cref="MemoryFileSystem"/>.</summary>
internal abstract class MemoryNode
{
    public DateTime LastWriteUtc { get; set; }

    public abstract MemoryNode Copy();
}

/// <summary>A folder.</summary>
internal sealed class MemoryDirectory : MemoryNode
{
    public SortedDictionary<string, MemoryNode> Children { get; } = new(StringComparer.Ordinal);

    public override MemoryNode Copy()
    {
        MemoryDirectory copy = new() { LastWriteUtc = LastWriteUtc };
        foreach ((string name, MemoryNode child) in Children)
        {
            copy.Children.Add(name, child.Copy());
        }
        return copy;
    }
}

/// <summary>Content of a file. It lives on while a handle is open, whatever happens to its name.</summary>
internal sealed class MemoryContent : MemoryNode
{
    private byte[] _bytes = [];

    public int Length { get; private set; }

    public int LinkCount { get; set; } = 1;

    public int OpenHandles { get; set; }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    public void Write(ReadOnlySpan<byte> bytes, int offset)
    {
        if (offset + bytes.Length > Length)
        {
            SetLength(offset + bytes.Length);
        }
        bytes.CopyTo(_bytes.AsSpan(offset));
    }

    public void SetLength(int length)
    {
        if (length > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(length, (int)Math.Min(2L * _bytes.Length, Array.MaxLength)));
        }
        if (length < Length)
        {
            // What is cut off must read as zero if the file grows again.
            _bytes.AsSpan(length, Length - length).Clear();
        }
        Length = length;
    }

    public override MemoryNode Copy()
    {
        MemoryContent copy = new() { LastWriteUtc = LastWriteUtc, LinkCount = LinkCount };
        copy.Write(Bytes, 0);
        return copy;
    }
}
