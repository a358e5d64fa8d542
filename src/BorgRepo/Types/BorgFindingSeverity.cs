namespace BorgRepo;

/// <summary>What a finding means for the repository.</summary>
public enum BorgFindingSeverity
{
    /// <summary>Worth knowing; nothing has to be done.</summary>
    Information,

    /// <summary>Something is not as it should be, but no object is in danger, or it heals by itself.</summary>
    Warning,

    /// <summary>The repository is damaged, or contradicts itself.</summary>
    Error,
}
