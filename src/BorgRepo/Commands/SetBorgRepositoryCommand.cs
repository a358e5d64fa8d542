using System.Management.Automation;
using BorgRepo.Core;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;

namespace BorgRepo.Commands;

/// <summary>Changes settings that may change on a filled repository: append-only, quota, reserve.</summary>
[Cmdlet(VerbsCommon.Set, "BorgRepository", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(BorgRepositoryInfo))]
public sealed class SetBorgRepositoryCommand : LockingRepositoryCmdlet
{
    /// <summary>Old states are never removed; -AppendOnly:$false lifts it.</summary>
    [Parameter]
    public SwitchParameter AppendOnly { get; set; }

    /// <summary>Most bytes to store, 0 for no limit.</summary>
    [Parameter]
    [ValidateRange(0, long.MaxValue)]
    public long? StorageQuota { get; set; }

    /// <summary>Bytes that commits leave free on the volume besides their own need.</summary>
    [Parameter]
    [ValidateRange(0, long.MaxValue)]
    public long? AdditionalFreeSpace { get; set; }

    /// <summary>Set a quota that is exceeded already.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override void ProcessRepository(RepositoryTarget target)
    {
        bool? appendOnly = MyInvocation.BoundParameters.ContainsKey(nameof(AppendOnly)) ? AppendOnly.ToBool() : null;
        string change = Describe(appendOnly);
        if (change.Length == 0)
        {
            throw new InputException("InvalidArgument", "Nothing to change: give -AppendOnly, -StorageQuota or -AdditionalFreeSpace.", target.Path);
        }

        RequireRepository(target);
        if (!ShouldProcess(target.Path, change))
        {
            return;
        }

        using (RepositoryLease repository = Open(target, SessionAccess.Write))
        {
            RefuseExceededQuota(repository);
            repository.Engine.UpdateSettings(appendOnly, StorageQuota, AdditionalFreeSpace);
        }

        WriteObject(InfoReader.Read(target, this));
    }

    // Such a quota makes every commit fail until enough is removed and compacted: hardly ever what was meant.
    private void RefuseExceededQuota(RepositoryLease repository)
    {
        if (!Force && StorageQuota is > 0 and { } quota && repository.Engine.QuotaUse is var use && use > quota)
        {
            throw new StorageQuotaExceededException(quota, use);
        }
    }

    private string Describe(bool? appendOnly)
    {
        List<string> parts = [];
        if (appendOnly is { } on)
        {
            parts.Add($"set append-only {(on ? "on" : "off")}");
        }

        if (StorageQuota is { } quota)
        {
            parts.Add(quota == 0 ? "remove quota" : $"set quota to {ByteSize.Format(quota)}");
        }

        if (AdditionalFreeSpace is { } reserve)
        {
            parts.Add($"set reserve to {ByteSize.Format(reserve)}");
        }

        string text = string.Join(", ", parts);
        return text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];
    }
}
