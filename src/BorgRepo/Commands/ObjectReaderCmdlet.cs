using System.Management.Automation;
using BorgRepo.Core;
using BorgRepo.Core.Format;

namespace BorgRepo.Commands;

/// <summary>Base of the cmdlets that read objects, under a shared lock or, with -NoLock, without writing anything at all.</summary>
public abstract class ObjectReaderCmdlet : RemoteObjectCmdlet
{
    private readonly RepositoryPool _opened = new();

    /// <summary>Take no lock and write nothing.</summary>
    [Parameter]
    public SwitchParameter NoLock { get; set; }

    private protected override void Process()
    {
        bool completed = false;
        try
        {
            foreach (RepositoryTarget target in GetTargets())
            {
                Read(target);
            }

            completed = true;
        }
        finally
        {
            // Select-Object -First ends this cmdlet alone, without its end; what comes after may want the lock.
            if (!completed)
            {
                _opened.Dispose();
            }
        }
    }

    // Here, not only in Release: the next cmdlet of the pipeline may want the lock in its own end, which comes before that.
    private protected override void End() => _opened.Dispose();

    private protected override void Release() => _opened.Dispose();

    private void Read(RepositoryTarget target)
    {
        CurrentItem = target.Path;
        if (target.Session is null)
        {
            SessionAccess access = NoLock ? SessionAccess.ReadNoLock : SessionAccess.Read;
            ProcessRepository(_opened.Get(target.Path, () => OpenIndexed(target, access)));
            return;
        }

        using RepositoryLease lent = OpenIndexed(target, SessionAccess.Read);
        ProcessRepository(lent);
    }

    /// <summary>Reads from one repository.</summary>
    private protected abstract void ProcessRepository(RepositoryLease repository);

    /// <summary>
    /// The ids asked for; null for all objects. Piped repositories have an Id of their own, which binds by name too: it
    /// is meant as no object's.
    /// </summary>
    private protected static string[]? Chosen(string[]? ids, RepositoryLease repository) =>
        ids is [var only] && only == repository.Objects.Id.ToString() ? null : ids;

    /// <summary>
    /// All objects; here in the order of the disk, which is the fastest to read, of a server in its own. A scan passes over what it cannot read the
    /// header of; that those objects are missing is an error here, for nobody must take the rest for all.
    /// </summary>
    private protected IEnumerable<ObjectId> EnumerateAll(RepositoryLease repository)
    {
        if (repository.Remote is not null)
        {
            foreach (ObjectId id in repository.Objects.List())
            {
                yield return id;
            }

            yield break;
        }

        int total = repository.Engine.Count;
        int seen = 0;
        foreach (ObjectId id in repository.Engine.ListInDiskOrder(cancellationToken: Stopped))
        {
            seen++;
            yield return id;
        }

        if (seen < total)
        {
            ReportUnreadable(repository);
        }
    }

    private void ReportUnreadable(RepositoryLease repository)
    {
        foreach (ObjectId id in repository.Engine.List())
        {
            Stopped.ThrowIfCancellationRequested();
            try
            {
                repository.Engine.TryFind(id, out _);
            }
            catch (Exception error) when (ErrorMapping.ConcernsOneObject(error))
            {
                WriteItemError(error, id.ToString());
            }
        }
    }

    /// <summary>The id meant by a text; if there is none, reports that and gives null.</summary>
    private protected ObjectId? FindOrReport(RepositoryLease repository, string text)
    {
        try
        {
            if (IdParser.Resolve(text, repository.Objects, Stopped) is { } id)
            {
                return id;
            }
        }
        catch (InputException error)
        {
            WriteItemError(error);
            return null;
        }

        WriteItemError(NoSuchPrefix(repository, text));
        return null;
    }

    /// <summary>The error for first digits that no id has.</summary>
    private protected static InputException NoSuchPrefix(RepositoryLease repository, string text) => new(
        "ObjectNotFound",
        $"No object in repository {repository.Objects.Path} has an id that begins with '{text}'.",
        text,
        ErrorCategory.ObjectNotFound);
}
