using BorgRepo.Core;
using BorgRepo.Core.Format;

namespace BorgRepo.Commands;

/// <summary>Turns what was given as -Id into an id.</summary>
internal static class IdParser
{
    private const int HexLength = 2 * ObjectId.Length;

    /// <summary>Reads a complete id.</summary>
    /// <exception cref="InputException">It is none.</exception>
    public static ObjectId Parse(string text) => ObjectId.TryParse(text, out ObjectId id)
        ? id
        : throw new InputException("InvalidId", $"'{text}' is not an object id: {HexLength} hex digits or {ObjectId.Length} bytes are needed.", text);

    /// <summary>Reads a complete id, or finds the one that begins so.</summary>
    /// <exception cref="InputException">It is neither, or several ids begin so.</exception>
    /// <exception cref="Core.Errors.BorgRepositoryException">The index cannot be read.</exception>
    /// <returns>Null if no id begins so.</returns>
    public static ObjectId? Resolve(string text, IObjectRepository repository, CancellationToken stopped)
    {
        if (ObjectId.TryParse(text, out ObjectId id))
        {
            return id;
        }

        if (text.Length is 0 or >= HexLength || !text.All(char.IsAsciiHexDigit))
        {
            throw new InputException(
                "InvalidId",
                $"'{text}' is not an object id: {HexLength} hex digits or {ObjectId.Length} bytes are needed, or the first digits of one.",
                text);
        }

        return FindByPrefix(text, repository, stopped);
    }

    // The index is a hash table: every id has to be looked at, but each only for the time of a few compared bytes.
    private static ObjectId? FindByPrefix(string text, IObjectRepository repository, CancellationToken stopped)
    {
        byte[] whole = Convert.FromHexString(text.AsSpan(0, text.Length & ~1));
        int half = (text.Length & 1) == 1 ? Convert.FromHexString("0" + text[^1])[0] : -1;
        Span<byte> bytes = stackalloc byte[ObjectId.Length];
        ObjectId? found = null;
        foreach (ObjectId id in repository.List())
        {
            id.CopyTo(bytes);
            if (!bytes.StartsWith(whole) || (half >= 0 && bytes[whole.Length] >> 4 != half))
            {
                continue;
            }

            if (found is not null)
            {
                throw new InputException("AmbiguousId", $"Several ids begin with '{text}', for example {found} and {id}. Give more digits.", text);
            }

            found = id;
        }

        stopped.ThrowIfCancellationRequested();
        return found;
    }
}
