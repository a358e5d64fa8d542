using System.Management.Automation;

namespace BorgRepo.Commands;

/// <summary>Asks whether something may be changed, where -WhatIf is to give more than a line of text.</summary>
internal static class ConsentExtensions
{
    /// <summary>Asks, with the texts that PowerShell itself uses.</summary>
    public static Consent Ask(this Cmdlet cmdlet, string target, string action)
    {
        string what = $"Performing the operation \"{action}\" on target \"{target}\".";
        string question = $"Are you sure you want to perform this action?{Environment.NewLine}{what}";
        return cmdlet.ShouldProcess(what, question, "Confirm", out ShouldProcessReason reason) ? Consent.Given
            : reason == ShouldProcessReason.WhatIf ? Consent.PlanOnly
            : Consent.Declined;
    }
}
