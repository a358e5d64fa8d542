using System.Management.Automation;
using BorgRepo.Completers;
using BorgRepo.Core;
using BorgRepo.Core.Format;
using BorgRepo.Core.Segments;

namespace BorgRepo.Commands;

/// <summary>Copies objects to another repository, where all that a pipeline brings is one transaction.</summary>
[Cmdlet(VerbsCommon.Copy, "BorgObject", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(BorgObject))]
public sealed class CopyBorgObjectCommand : ObjectReaderCmdlet
{
    private readonly PipelineTransaction _transaction;
    private RepositoryTarget? _destination;
    private ObjectBuffer? _value;
    private ObjectBuffer? _present;

    /// <summary>Makes the cmdlet.</summary>
    public CopyBorgObjectCommand() => _transaction = new PipelineTransaction(this);

    /// <summary>The repository to copy to: a path, a location, an open session, or an object about a repository.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [RepositoryTransformation]
    [ValidateNotNull]
    public BorgRepository? Destination { get; set; }

    /// <summary>Ids, or the first digits of them; without any, all objects.</summary>
    [Parameter(Position = 2, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [IdTransformation]
    [ArgumentCompleter(typeof(ObjectIdCompleter))]
    public string[]? Id { get; set; }

    private protected override void Begin()
    {
        _destination = new RepositoryTarget(Destination!.Path, Destination.IsReference ? null : Destination);
        RequireRepository(_destination);
    }

    private protected override void ProcessRepository(RepositoryLease repository)
    {
        if (repository.Objects.Path == _destination!.Path)
        {
            throw new InputException("InvalidArgument", "Source and destination are one repository.", _destination.Path);
        }

        if (Chosen(Id, repository) is { } ids)
        {
            foreach (string text in ids)
            {
                if (FindOrReport(repository, text) is { } id && MayCopy(repository, id))
                {
                    Copy(repository, id);
                }
            }
        }
        else if (repository.Remote is null && !_destination.IsRemote)
        {
            foreach (ObjectId id in Chosen(repository))
            {
                Copy(repository, id);
            }
        }
        else
        {
            CopyAhead(repository);
        }
    }

    private protected override void End()
    {
        base.End();
        _transaction.Complete();
    }

    private protected override void Release()
    {
        _transaction.Dispose();
        _value?.Dispose();
        _present?.Dispose();
        base.Release();
    }

    private IEnumerable<ObjectId> Chosen(RepositoryLease repository)
    {
        int total = repository.Objects.Count;
        int done = 0;
        foreach (ObjectId id in EnumerateAll(repository))
        {
            if (MayCopy(repository, id))
            {
                yield return id;
            }

            ReportProgress($"Copying objects to {_destination!.Path}", repository.Objects.Path, ++done, total);
        }
    }

    private bool MayCopy(RepositoryLease repository, in ObjectId id)
    {
        Stopped.ThrowIfCancellationRequested();
        return MayChange(_destination!, id.ToString(), $"Copy from {repository.Objects.Path}", out _);
    }

    // With a server on either side, contents are asked for ahead, so that the way there is not waited for each time.
    private void CopyAhead(RepositoryLease repository)
    {
        if (!_destination!.IsRemote)
        {
            foreach (ObjectReading reading in repository.Objects.ReadMany(Chosen(repository)))
            {
                Store(reading, (id, value) => IsPresent(id, value));
            }

            return;
        }

        ObjectId[] ids = [.. Chosen(repository)];
        if (ids.Length == 0)
        {
            return;
        }

        using RepositoryLease? lent = LendDestination();
        using PresentObjects present = new((lent ?? _transaction.Open(_destination)).Objects, ids);
        int done = 0;
        foreach (ObjectReading reading in repository.Objects.ReadMany(ids))
        {
            Stopped.ThrowIfCancellationRequested();
            Store(reading, (id, value) => present.Has(id, value));
            ReportProgress($"Copying objects to {_destination.Path}", repository.Objects.Path, ++done, ids.Length);
        }
    }

    private void Store(ObjectReading reading, Func<ObjectId, byte[], bool> isPresent)
    {
        if (!reading.IsRead)
        {
            WriteItemError(reading.Error, reading.Id.ToString());
        }
        else if (!isPresent(reading.Id, reading.Value))
        {
            _transaction.Put(_destination!, reading.Id, reading.Value);
        }
    }

    private void Copy(RepositoryLease repository, in ObjectId id)
    {
        if (repository.Remote is not null)
        {
            Store(repository.Objects.ReadMany([id]).Single(), (found, value) => IsPresent(found, value));
            return;
        }

        try
        {
            repository.Engine.Get(id, _value ??= new ObjectBuffer());
        }
        catch (Exception error) when (ErrorMapping.ConcernsOneObject(error))
        {
            // What cannot be read in the source must not keep the rest from being saved.
            WriteItemError(error, id.ToString());
            return;
        }

        if (!IsPresent(id, _value.Value))
        {
            _transaction.Put(_destination!, id, _value.Value);
        }
    }

    private RepositoryLease? LendDestination() => _destination!.Session is null ? null : Open(_destination, SessionAccess.Write);

    // Storing the same again would only make the repository larger.
    private bool IsPresent(in ObjectId id, ReadOnlySpan<byte> value)
    {
        using RepositoryLease? lent = LendDestination();
        RepositoryLease destination = lent ?? _transaction.Open(_destination!);
        try
        {
            if (destination.Remote is { } remote)
            {
                return value.SequenceEqual(remote.GetValue(id));
            }

            if (!destination.Engine.TryFind(id, out ObjectInfo there) || there.Size != value.Length)
            {
                return false;
            }

            destination.Engine.Get(id, _present ??= new ObjectBuffer());
        }
        catch (Exception error) when (ErrorMapping.ConcernsOneObject(error))
        {
            return false;
        }

        return _present.Value.SequenceEqual(value);
    }
}
