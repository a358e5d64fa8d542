namespace BorgRepo.Core.Format;

/// <summary>The fields of an integrity file, not yet looked into.</summary>
/// <param name="Version">Its version; null if it has none or one that is no number. Only of version 2 the others mean anything.</param>
/// <param name="Hints">JSON text about the hints file; null if it is missing.</param>
/// <param name="Index">JSON text about the index file; null if it is missing.</param>
public sealed record IntegrityRecord(long? Version, ReadOnlyMemory<byte>? Hints, ReadOnlyMemory<byte>? Index);
