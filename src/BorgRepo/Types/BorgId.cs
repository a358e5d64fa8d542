using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using BorgRepo.Core.Format;

namespace BorgRepo;

/// <summary>
/// The 32-byte id of an object, for scripts that keep many: a quarter of the memory of its text. Everything that takes
/// an id takes this too; what cmdlets emit carries the text, which compares, joins and converts to JSON as people expect.
/// </summary>
// Not the engine's ObjectId itself: a field of a struct type from there would have PowerShell look for the engine while
// it lists the types of this assembly, which is before anybody can tell it where the engine is.
[StructLayout(LayoutKind.Sequential, Size = Length)]
public readonly struct BorgId : IEquatable<BorgId>, IComparable<BorgId>
{
    internal const int Length = 32;

    private readonly ulong _a;
    private readonly ulong _b;
    private readonly ulong _c;
    private readonly ulong _d;

    /// <summary>Makes an id of its 32 bytes.</summary>
    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    public BorgId(byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        this = From(new ObjectId(bytes));
    }

    /// <summary>Equality of all bytes.</summary>
    public static bool operator ==(BorgId left, BorgId right) => left.Equals(right);

    /// <summary>Inequality of any byte.</summary>
    public static bool operator !=(BorgId left, BorgId right) => !left.Equals(right);

    /// <summary>Order of the bytes.</summary>
    public static bool operator <(BorgId left, BorgId right) => left.CompareTo(right) < 0;

    /// <summary>Order of the bytes.</summary>
    public static bool operator >(BorgId left, BorgId right) => left.CompareTo(right) > 0;

    /// <summary>Order of the bytes.</summary>
    public static bool operator <=(BorgId left, BorgId right) => left.CompareTo(right) <= 0;

    /// <summary>Order of the bytes.</summary>
    public static bool operator >=(BorgId left, BorgId right) => left.CompareTo(right) >= 0;

    /// <summary>Reads 64 hex digits of either case. PowerShell's cast from text comes here too.</summary>
    /// <exception cref="FormatException">Not 64 hex digits.</exception>
    public static BorgId Parse(string hex) => From(ObjectId.Parse(hex));

    /// <summary>Reads 64 hex digits of either case.</summary>
    public static bool TryParse([NotNullWhen(true)] string? hex, out BorgId id)
    {
        bool parsed = ObjectId.TryParse(hex, out ObjectId key);
        id = From(key);
        return parsed;
    }

    /// <summary>The 32 bytes as a new array.</summary>
    public byte[] ToByteArray() => ToObjectId().ToArray();

    /// <inheritdoc/>
    public bool Equals(BorgId other) => ToObjectId() == other.ToObjectId();

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is BorgId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => (_a ^ _b ^ _c ^ _d).GetHashCode();

    /// <inheritdoc/>
    public int CompareTo(BorgId other) => ToObjectId().CompareTo(other.ToObjectId());

    /// <summary>64 lower-case hex digits.</summary>
    public override string ToString() => ToObjectId().ToString();

    // Both structs are the bytes on disk and nothing else.
    internal static BorgId From(ObjectId id) => Unsafe.BitCast<ObjectId, BorgId>(id);

    internal ObjectId ToObjectId() => Unsafe.BitCast<BorgId, ObjectId>(this);
}
