using System.Globalization;

namespace BorgRepo.Core.Index;

/// <summary>Names of the files of one transaction: a kind, a dot, the transaction's number.</summary>
internal static class GenerationFile
{
    public const string Index = "index";
    public const string Hints = "hints";
    public const string Integrity = "integrity";

    private static readonly string[] Kinds = [Index, Hints, Integrity];

    /// <summary>Name of a file.</summary>
    public static string Name(string kind, uint transaction) => string.Create(CultureInfo.InvariantCulture, $"{kind}.{transaction}");

    /// <summary>Reads the transaction out of a name of the kind.</summary>
    /// <returns>False if the rest is anything but a plain number.</returns>
    public static bool TryParse(string name, string kind, out uint transaction)
    {
        transaction = 0;
        return name.Length > kind.Length + 1 && name[kind.Length] == '.' && name.StartsWith(kind, StringComparison.Ordinal)
            && uint.TryParse(name.AsSpan(kind.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out transaction)
            && name == Name(kind, transaction);
    }

    /// <summary>
    /// True for files of any other generation, temporary ones included. The dot belongs to the suffix: index.15 is not of
    /// transaction 5.
    /// </summary>
    public static bool IsOfAnother(string name, uint transaction) =>
        Array.Exists(Kinds, kind => name.StartsWith(kind + ".", StringComparison.Ordinal))
        && !name.EndsWith(Name(string.Empty, transaction), StringComparison.Ordinal);
}
