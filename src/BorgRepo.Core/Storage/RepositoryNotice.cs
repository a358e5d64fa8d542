namespace BorgRepo.Core.Storage;

/// <summary>How much a notice matters.</summary>
public enum NoticeLevel
{
    /// <summary>For a person who looks for a fault.</summary>
    Debug,

    /// <summary>Normal course of things.</summary>
    Information,

    /// <summary>Something was healed, taken over or skipped.</summary>
    Warning,

    /// <summary>Something is wrong and stays so.</summary>
    Error,
}

/// <summary>A message for the person in charge that is no error of the call.</summary>
public readonly record struct RepositoryNotice(NoticeLevel Level, string Message);
