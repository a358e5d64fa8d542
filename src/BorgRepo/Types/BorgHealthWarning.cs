using BorgRepo.Core.Inspection;

namespace BorgRepo;

/// <summary>Something about a repository that its owner should know.</summary>
public sealed class BorgHealthWarning
{
    internal BorgHealthWarning(HealthWarning warning)
    {
        Code = warning.Code;
        Message = warning.Message;
    }

    /// <summary>Stable name for scripts.</summary>
    public string Code { get; }

    /// <summary>What it is, and what to do.</summary>
    public string Message { get; }

    /// <summary>Code and message.</summary>
    public override string ToString() => $"{Code}: {Message}";
}
