using System.Globalization;
using BorgRepo.Core.Format;

namespace BorgRepo.Provider;

/// <summary>A path within a drive, understood: a pure function of its text.</summary>
internal sealed record DrivePath
{
    /// <summary>Name of the folder of objects.</summary>
    public const string Objects = "objects";

    /// <summary>Name of the folder of segments.</summary>
    public const string Segments = "segments";

    /// <summary>Name of the folder of transactions.</summary>
    public const string Transactions = "transactions";

    /// <summary>What it names.</summary>
    public DrivePathKind Kind { get; private init; }

    /// <summary>Number of the segment or of the transaction.</summary>
    public uint Number { get; private init; }

    /// <summary>Offset of the entry.</summary>
    public long Offset { get; private init; }

    /// <summary>The id of the object, as it is written.</summary>
    public string Id { get; private init; } = string.Empty;

    /// <summary>True for what has children, or could have.</summary>
    public bool IsContainer => Kind is DrivePathKind.Root or DrivePathKind.Objects or DrivePathKind.Segments
        or DrivePathKind.Segment or DrivePathKind.Transactions;

    /// <summary>The names from the root of the drive on; null if the path is not below that root.</summary>
    public static string[]? Split(string root, string path) => Split(root, path, OperatingSystem.IsWindows());

    /// <summary>By the rules of one system: on Windows, case does not matter and either slash will do.</summary>
    public static string[]? Split(string root, string path, bool isWindows)
    {
        string start = root.TrimEnd(isWindows ? ['/', '\\'] : ['/']);
        StringComparison comparison = isWindows ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        if (!Unify(path, isWindows).StartsWith(Unify(start, isWindows), comparison))
        {
            return null;
        }

        string rest = path[start.Length..];
        return rest.Length > 0 && rest[0] is not ('/' or '\\')
            ? null
            : rest.Split(['/', '\\'], StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Tells what the names mean.</summary>
    public static DrivePath Parse(ReadOnlySpan<string> names) => names switch
    {
        [] => new DrivePath { Kind = DrivePathKind.Root },
        [var folder] when Is(folder, Objects) => new DrivePath { Kind = DrivePathKind.Objects },
        [var folder] when Is(folder, Segments) => new DrivePath { Kind = DrivePathKind.Segments },
        [var folder] when Is(folder, Transactions) => new DrivePath { Kind = DrivePathKind.Transactions },
        [var folder, var id] when Is(folder, Objects) && ObjectId.TryParse(id, out _) => new DrivePath { Kind = DrivePathKind.Object, Id = id },
        [var folder, var number] when Is(folder, Segments) && TryParse(number, out uint segment) =>
            new DrivePath { Kind = DrivePathKind.Segment, Number = segment },
        [var folder, var number, var place] when Is(folder, Segments) && TryParse(number, out uint segment) && TryParse(place, out uint offset) =>
            new DrivePath { Kind = DrivePathKind.Entry, Number = segment, Offset = offset },
        [var folder, var number] when Is(folder, Transactions) && TryParse(number, out uint transaction) =>
            new DrivePath { Kind = DrivePathKind.Transaction, Number = transaction },
        _ => new DrivePath { Kind = DrivePathKind.Nothing },
    };

    private static bool Is(string name, string folder) => name.Equals(folder, StringComparison.OrdinalIgnoreCase);

    // One thing has one name: no signs, no leading zeros.
    private static bool TryParse(string text, out uint number) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number)
        && number.ToString(CultureInfo.InvariantCulture).Length == text.Length;

    private static string Unify(string path, bool isWindows) => isWindows ? path.Replace('/', '\\') : path;
}
