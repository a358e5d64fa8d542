using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace BorgRepo.Core.Format;

/// <summary>The 32-byte key of an object, kept as the bytes that stand on disk.</summary>
[StructLayout(LayoutKind.Sequential, Size = Length)]
public readonly struct ObjectId : IEquatable<ObjectId>, IComparable<ObjectId>
{
    /// <summary>Length of a key in bytes.</summary>
    public const int Length = 32;

    private readonly ulong _a;
    private readonly ulong _b;
    private readonly ulong _c;
    private readonly ulong _d;

    /// <summary>Copies a key out of 32 bytes.</summary>
    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    public ObjectId(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
        {
            throw new ArgumentException($"An object id has {Length} bytes, not {bytes.Length}.", nameof(bytes));
        }

        this = MemoryMarshal.Read<ObjectId>(bytes);
    }

    /// <summary>The key of the manifest: 32 zero bytes.</summary>
    public static ObjectId Manifest => default;

    /// <summary>True for the key of the manifest, which borg 1.2 and later put at the start of a segment of its own.</summary>
    public bool IsManifest => (_a | _b | _c | _d) == 0;

    /// <summary>The first four bytes as the unsigned little-endian number that the index hashes by.</summary>
    public uint HashPrefix
    {
        get
        {
            uint first = Unsafe.As<ulong, uint>(ref Unsafe.AsRef(in _a));
            return BitConverter.IsLittleEndian ? first : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(first);
        }
    }

    /// <summary>Equality of all 32 bytes.</summary>
    public static bool operator ==(in ObjectId left, in ObjectId right) => left.Equals(right);

    /// <summary>Inequality of any byte.</summary>
    public static bool operator !=(in ObjectId left, in ObjectId right) => !left.Equals(right);

    /// <summary>Order of the bytes.</summary>
    public static bool operator <(in ObjectId left, in ObjectId right) => left.CompareTo(right) < 0;

    /// <summary>Order of the bytes.</summary>
    public static bool operator >(in ObjectId left, in ObjectId right) => left.CompareTo(right) > 0;

    /// <summary>Order of the bytes.</summary>
    public static bool operator <=(in ObjectId left, in ObjectId right) => left.CompareTo(right) <= 0;

    /// <summary>Order of the bytes.</summary>
    public static bool operator >=(in ObjectId left, in ObjectId right) => left.CompareTo(right) >= 0;

    /// <summary>Reads 64 hex digits of either case.</summary>
    /// <exception cref="FormatException">Not 64 hex digits.</exception>
    public static ObjectId Parse(string hex) =>
        TryParse(hex, out ObjectId id) ? id : throw new FormatException($"'{hex}' is not an object id: 64 hex digits are needed.");

    /// <summary>Reads 64 hex digits of either case.</summary>
    public static bool TryParse([NotNullWhen(true)] string? hex, out ObjectId id)
    {
        id = default;
        Span<byte> bytes = stackalloc byte[Length];
        if (hex is null || hex.Length != 2 * Length
            || Convert.FromHexString(hex, bytes, out _, out int written) != System.Buffers.OperationStatus.Done
            || written != Length)
        {
            return false;
        }

        id = new ObjectId(bytes);
        return true;
    }

    /// <summary>Writes the 32 bytes.</summary>
    public void CopyTo(Span<byte> destination) => MemoryMarshal.Write(destination, in this);

    /// <summary>The 32 bytes as a new array.</summary>
    public byte[] ToArray()
    {
        byte[] bytes = new byte[Length];
        CopyTo(bytes);
        return bytes;
    }

    /// <inheritdoc/>
    public bool Equals(ObjectId other) => ((_a ^ other._a) | (_b ^ other._b) | (_c ^ other._c) | (_d ^ other._d)) == 0;

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is ObjectId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => (_a ^ _b ^ _c ^ _d).GetHashCode();

    /// <inheritdoc/>
    public int CompareTo(ObjectId other)
    {
        Span<byte> mine = stackalloc byte[Length];
        Span<byte> theirs = stackalloc byte[Length];
        CopyTo(mine);
        other.CopyTo(theirs);
        return mine.SequenceCompareTo(theirs);
    }

    /// <summary>64 lower-case hex digits.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Length];
        CopyTo(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
