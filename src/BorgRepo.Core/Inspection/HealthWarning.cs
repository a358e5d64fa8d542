namespace BorgRepo.Core.Inspection;

/// <summary>Something about a repository that its owner should know.</summary>
/// <param name="Code">Stable name for scripts.</param>
/// <param name="Message">What it is, and what to do.</param>
public sealed record HealthWarning(string Code, string Message);
