using System.Management.Automation;
using BorgRepo.Completers;
using BorgRepo.Core;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;

namespace BorgRepo.Commands;

/// <summary>Removes objects. All that a pipeline brings is one transaction.</summary>
[Cmdlet(VerbsCommon.Remove, "BorgObject", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
public sealed class RemoveBorgObjectCommand : ObjectWriterCmdlet
{
    // A repository that is named by path is opened when the last id has come: until then Get-BorgObject, from which they
    // may come, reads it under the shared lock.
    private readonly List<(RepositoryTarget Target, ObjectId Id)> _waiting = [];
    private readonly RepositoryPool _readOnly = new();

    /// <summary>Ids: 64 hex digits or 32 bytes each.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [IdTransformation]
    [ArgumentCompleter(typeof(ObjectIdCompleter))]
    public string[] Id { get; set; } = [];

    private protected override void Process()
    {
        foreach (string text in Id)
        {
            ObjectId id = IdParser.Parse(text);
            foreach (RepositoryTarget target in GetTargets())
            {
                if (!MayChange(target, id.ToString(), "Remove object", out bool isWhatIf))
                {
                    CheckPresent(target, id, isWhatIf);
                }
                else if (target.Session is null)
                {
                    _waiting.Add((target, id));
                }
                else
                {
                    Delete(target, id);
                }
            }
        }
    }

    private protected override void End()
    {
        _readOnly.Dispose();
        for (int i = 0; i < _waiting.Count; i++)
        {
            Stopped.ThrowIfCancellationRequested();
            (RepositoryTarget target, ObjectId id) = _waiting[i];
            Delete(target, id);
            ReportProgress("Removing objects", target.Path, i, _waiting.Count);
        }

        base.End();
    }

    private protected override void Release()
    {
        _readOnly.Dispose();
        base.Release();
    }

    // That an object is not there leaves the others to be removed: all are gone afterwards, as asked.
    private void Delete(RepositoryTarget target, in ObjectId id)
    {
        try
        {
            Transaction.Delete(target, id);
        }
        catch (ObjectNotFoundException error)
        {
            WriteItemError(error);
        }
    }

    // -WhatIf says what would fail, too.
    private void CheckPresent(RepositoryTarget target, in ObjectId id, bool isWhatIf)
    {
        if (!isWhatIf)
        {
            return;
        }

        using RepositoryLease? lent = target.Session is null ? null : Open(target, SessionAccess.Read);
        RepositoryLease repository = lent ?? _readOnly.Get(target.Path, () => Open(target, SessionAccess.ReadNoLock));
        if (!repository.Objects.Contains(id))
        {
            WriteItemError(new ObjectNotFoundException(id, target.Path));
        }
    }
}
