namespace BorgRepo.Core.Errors;

/// <summary>A copy would overwrite something that is not an older state of the same repository. The destination holds what it held.</summary>
public sealed class CopyRefusedException(string destination, CopyRefusal reason, string explanation, IReadOnlyList<uint>? segments = null)
    : BorgRepositoryException($"Cannot copy to {destination}: {explanation}")
{
    /// <summary>Path or location of the destination.</summary>
    public string Destination { get; } = destination;

    /// <summary>Why.</summary>
    public CopyRefusal Reason { get; } = reason;

    /// <summary>The segments that are the reason; empty if none are.</summary>
    public IReadOnlyList<uint> Segments { get; } = segments ?? [];
}
