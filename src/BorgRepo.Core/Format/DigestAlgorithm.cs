namespace BorgRepo.Core.Format;

/// <summary>The digests that integrity files may hold.</summary>
public enum DigestAlgorithm
{
    /// <summary>xxHash with 64 bits and seed 0: what every release writes.</summary>
    XxHash64,

    /// <summary>SHA-512: read by every release, written by none so far.</summary>
    Sha512,
}
