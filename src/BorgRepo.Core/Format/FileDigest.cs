using System.Globalization;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;

namespace BorgRepo.Core.Format;

/// <summary>
/// The running digest of an index or hints file. It is fed with the file's name, the bytes in their order, and at the end of
/// each named part with that name and the position in the file; the digest at that moment is the part's
/// (docs/format.md, "Integrity"). Because the name is in it, a renamed file does not pass for another transaction's.
/// </summary>
public sealed class FileDigest : IDisposable
{
    private readonly XxHash64? _xxHash;
    private readonly IncrementalHash? _sha512;
    private long _position;

    /// <summary>Begins the digest of a file.</summary>
    /// <param name="algorithm">The algorithm.</param>
    /// <param name="fileName">Name without folder, as it will be in the end, not a temporary one.</param>
    public FileDigest(DigestAlgorithm algorithm, string fileName)
    {
        if (algorithm == DigestAlgorithm.Sha512)
        {
            _sha512 = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        }
        else
        {
            _xxHash = new XxHash64();
        }

        FeedLabel(fileName);
    }

    /// <summary>Goes on with bytes of the file.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        Feed(bytes);
        _position += bytes.Length;
    }

    /// <summary>Ends a part here; later bytes belong to the next one.</summary>
    /// <returns>The part's digest as lower-case hex digits.</returns>
    public string EndPart(string name)
    {
        FeedLabel(name);
        Feed(Encoding.ASCII.GetBytes(_position.ToString(CultureInfo.InvariantCulture)));
        return Convert.ToHexStringLower(_sha512 is null ? _xxHash!.GetCurrentHash() : _sha512.GetCurrentHash());
    }

    /// <inheritdoc/>
    public void Dispose() => _sha512?.Dispose();

    /// <summary>The length right-aligned in ten columns, then the text: so no two lists of labels give the same bytes.</summary>
    private void FeedLabel(string label) =>
        Feed(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{label.Length,10}{label}")));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Feed(ReadOnlySpan<byte> bytes)
    {
        _xxHash?.Append(bytes);
        _sha512?.AppendData(bytes);
    }
}
