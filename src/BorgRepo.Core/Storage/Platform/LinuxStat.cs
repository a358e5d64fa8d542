using System.Runtime.InteropServices;

namespace BorgRepo.Core.Storage.Platform;

/// <summary>struct statx: unlike struct stat it is laid out the same on every processor.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct LinuxStat
{
    /// <summary>Type, mode, link count, time of the last write, size.</summary>
    public const uint Wanted = 0x1 | 0x2 | 0x4 | 0x40 | 0x200;

    private const int TypeMask = 0xF000;
    private const int TypeDirectory = 0x4000;
    private const int TypeRegular = 0x8000;
    private const long NanosecondsPerTick = 100;

    [FieldOffset(16)]
    private uint _links;

    [FieldOffset(28)]
    private ushort _mode;

    [FieldOffset(40)]
    private ulong _size;

    [FieldOffset(112)]
    private long _writtenSeconds;

    [FieldOffset(120)]
    private uint _writtenNanoseconds;

    /// <summary>Number of names of the file.</summary>
    public readonly int LinkCount => (int)Math.Min(_links, int.MaxValue);

    /// <summary>What it is.</summary>
    public readonly PathKind Kind => (_mode & TypeMask) switch
    {
        TypeRegular => PathKind.File,
        TypeDirectory => PathKind.Directory,
        _ => PathKind.Other,
    };

    /// <summary>The part that callers of the file system see.</summary>
    public readonly PathInfo ToPathInfo()
    {
        // A time outside of what DateTime holds is nonsense from a damaged file system, no reason to fail.
        long seconds = Math.Clamp(_writtenSeconds, DateTimeOffset.MinValue.ToUnixTimeSeconds(), DateTimeOffset.MaxValue.ToUnixTimeSeconds());
        DateTime written = DateTimeOffset.FromUnixTimeSeconds(seconds).UtcDateTime.AddTicks(_writtenNanoseconds / NanosecondsPerTick);
        PathKind kind = Kind;
        return new PathInfo(kind, kind == PathKind.File ? (long)_size : 0, written);
    }
}
