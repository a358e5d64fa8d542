namespace BorgRepo.Commands;

/// <summary>The answer to the question whether something may be changed.</summary>
internal enum Consent
{
    /// <summary>Do it.</summary>
    Given,

    /// <summary>-WhatIf: say what would be done.</summary>
    PlanOnly,

    /// <summary>The user said no.</summary>
    Declined,
}
