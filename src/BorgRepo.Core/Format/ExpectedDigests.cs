namespace BorgRepo.Core.Format;

/// <summary>What an integrity file says the digests of one file are.</summary>
/// <param name="Algorithm">The algorithm.</param>
/// <param name="Parts">Digests as hex digits by the names of the parts; "final" is always there.</param>
public sealed record ExpectedDigests(DigestAlgorithm Algorithm, IReadOnlyDictionary<string, string> Parts)
{
    /// <summary>Holds a part's digest against what is expected.</summary>
    /// <exception cref="InvalidDataException">They differ, or none is expected: every part has to be vouched for.</exception>
    public void Verify(string part, string actual)
    {
        if (!Parts.TryGetValue(part, out string? expected))
        {
            throw new InvalidDataException($"its integrity file has no digest of the part {part}");
        }

        if (!string.Equals(actual, expected, StringComparison.Ordinal))
        {
            throw new InvalidDataException($"the digest of its part {part} is {actual}, its integrity file says {expected}");
        }
    }
}
