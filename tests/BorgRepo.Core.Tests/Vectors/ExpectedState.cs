namespace BorgRepo.Core.Tests.Vectors;

/// <summary>What borg saw when it opened and read a repository.</summary>
internal sealed record ExpectedState
{
    /// <summary>The open failed with this.</summary>
    public ExpectedError? Open { get; init; }

    /// <summary>The first operation that needs the index failed with this.</summary>
    public ExpectedError? Reading { get; init; }

    public uint? TransactionId { get; init; }

    public int Count { get; init; }

    /// <summary>Null when there were more than 60 objects; then only the digests tell.</summary>
    public IReadOnlyDictionary<string, ExpectedObject>? Objects { get; init; }

    /// <summary>Over the JSON text of the objects, see tests/Vectors/README.md.</summary>
    public string? ObjectsDigest { get; init; }

    public int ScanCount { get; init; }

    public string? ScanDigest { get; init; }

    public IReadOnlyList<string> Log { get; init; } = [];
}
