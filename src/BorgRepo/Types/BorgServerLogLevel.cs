namespace BorgRepo;

/// <summary>Least level of the messages that a server sends to the client's user.</summary>
public enum BorgServerLogLevel
{
    /// <summary>Everything.</summary>
    Debug,

    /// <summary>The normal course of things too.</summary>
    Information,

    /// <summary>What was healed or passed over, and errors.</summary>
    Warning,

    /// <summary>What is wrong.</summary>
    Error,

    /// <summary>Nothing.</summary>
    None,
}
