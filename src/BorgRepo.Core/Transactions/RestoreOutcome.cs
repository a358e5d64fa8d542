namespace BorgRepo.Core.Transactions;

/// <summary>What going back to an earlier transaction did.</summary>
/// <param name="AsideFolder">The folder that holds what was moved; null if there was nothing newer.</param>
/// <param name="ObjectCount">Current objects now; null if nothing was moved, or if the log is damaged so that no index could be made.</param>
public sealed record RestoreOutcome(string? AsideFolder, int? ObjectCount);
