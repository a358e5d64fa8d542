using System.Globalization;
using System.Text;
using BorgRepo.Core.Errors;

namespace BorgRepo.Core.Storage;

/// <summary>
/// The file <c>nonce</c>: 16 hex digits, the next free nonce of an encrypted repository. Losing or lowering it would
/// endanger the encryption, so it only ever changes by <see cref="Reserve"/>.
/// </summary>
/// <param name="services">File system.</param>
/// <param name="repositoryPath">Full path of the repository.</param>
public sealed class NonceFile(RepositoryServices services, string repositoryPath)
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "nonce";

    private const int Digits = 16;

    private readonly string _path = Path.Combine(repositoryPath, FileName);

    /// <summary>The next free nonce; null if none was reserved yet.</summary>
    /// <exception cref="InvalidRepositoryException">The file holds something else.</exception>
    public ulong? Read()
    {
        if (services.FileSystem.GetInfo(_path).Kind == PathKind.Missing)
        {
            return null;
        }

        using IFile file = services.FileSystem.Open(_path, FileOpenKind.Read);
        Span<byte> bytes = stackalloc byte[Digits * 2];
        return Parse(bytes[..file.Read(bytes, 0)], repositoryPath);
    }

    /// <summary>Reads the content of the file.</summary>
    /// <exception cref="InvalidRepositoryException">It is something else.</exception>
    public static ulong Parse(ReadOnlySpan<byte> content, string repositoryPath)
    {
        string text = Encoding.ASCII.GetString(content).TrimEnd();
        return text.Length == Digits && ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong nonce)
            ? nonce
            : throw new InvalidRepositoryException(repositoryPath, "the file nonce does not hold 16 hex digits.");
    }

    /// <summary>The content of the file.</summary>
    public static byte[] Format(ulong nonce) => Encoding.ASCII.GetBytes(nonce.ToString("x16", CultureInfo.InvariantCulture));

    /// <summary>Reserves nonces, if nobody else did since the caller read the file.</summary>
    /// <param name="next">The next free nonce from now on.</param>
    /// <param name="expected">What the caller read; null for "no file".</param>
    /// <exception cref="InvalidTransactionStateException">The file says something else by now, or the nonce would go down.</exception>
    public void Reserve(ulong next, ulong? expected)
    {
        ulong? present = Read();
        if (present != expected)
        {
            throw new InvalidTransactionStateException($"nonce space reservation with mismatched previous state (expected {expected}, found {present}).");
        }

        if (present is { } free && next < free)
        {
            throw new InvalidTransactionStateException("A nonce reservation must not lower the next free nonce.");
        }

        AtomicFile.Write(services.FileSystem, _path, Format(next), _path + ".tmp", syncDirectory: true);
    }
}
