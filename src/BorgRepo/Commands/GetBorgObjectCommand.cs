using System.Management.Automation;
using BorgRepo.Completers;
using BorgRepo.Core;
using BorgRepo.Core.Format;
using BorgRepo.Core.Remote;

namespace BorgRepo.Commands;

/// <summary>Gets objects of a repository: some by id, or all of them.</summary>
[Cmdlet(VerbsCommon.Get, "BorgObject", DefaultParameterSetName = PathSet)]
[OutputType(typeof(BorgObject), typeof(byte[]))]
public sealed class GetBorgObjectCommand : ObjectReaderCmdlet
{
    /// <summary>Ids, or the first digits of them; without any, all objects.</summary>
    [Parameter(Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [IdTransformation]
    [ArgumentCompleter(typeof(ObjectIdCompleter))]
    public string[]? Id { get; set; }

    /// <summary>Begin after this object, in the order chosen.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [IdTransformation(One = true)]
    [ArgumentCompleter(typeof(ObjectIdCompleter))]
    public string? After { get; set; }

    /// <summary>How many objects at most, of each repository.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int? First { get; set; }

    /// <summary>In the order in which they stand on the disk.</summary>
    [Parameter]
    public SwitchParameter OnDiskOrder { get; set; }

    /// <summary>Read the content too.</summary>
    [Parameter]
    public SwitchParameter Content { get; set; }

    /// <summary>Emit the content alone, one byte array for each object.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    private protected override void ProcessRepository(RepositoryLease repository)
    {
        if (Chosen(Id, repository) is { } ids)
        {
            EmitChosen(repository, ids);
        }
        else if (repository.Remote is { } remote)
        {
            EmitRemote(repository, remote);
        }
        else if (OnDiskOrder)
        {
            EmitInDiskOrder(repository);
        }
        else
        {
            foreach (ObjectId id in repository.Objects.List(First, Marker(repository)))
            {
                Emit(repository, id, null);
            }
        }
    }

    private void EmitChosen(RepositoryLease repository, string[] ids)
    {
        if (After is not null || First is not null || OnDiskOrder)
        {
            throw new InputException("InvalidArgument", "-After, -First and -OnDiskOrder choose among all objects; they do not go with -Id.", ids);
        }

        foreach (string text in ids)
        {
            if (FindOrReport(repository, text) is { } id)
            {
                Emit(repository, id, null);
            }
        }
    }

    private void EmitRemote(RepositoryLease repository, RemoteRepository remote)
    {
        IEnumerable<ObjectId> ids = OnDiskOrder
            ? remote.ListInDiskOrder(First, Marker(repository), Stopped)
            : remote.List(First, Marker(repository));
        if (!Content && !Raw)
        {
            foreach (ObjectId id in ids)
            {
                WriteObject(new BorgObject(repository.Source, id, null));
            }

            return;
        }

        foreach (ObjectReading reading in remote.ReadMany(ids))
        {
            if (reading.IsRead)
            {
                WriteObject(Raw ? reading.Value : new BorgObject(repository.Source, reading.Id, reading.Value.Length, reading.Value));
            }
            else
            {
                WriteItemError(reading.Error, reading.Id.ToString());
            }
        }
    }

    private void EmitInDiskOrder(RepositoryLease repository)
    {
        foreach (ObjectInfo info in repository.Engine.Scan(First, Marker(repository), Stopped))
        {
            Emit(repository, info.Id, info);
        }
    }

    private ObjectId? Marker(RepositoryLease repository) => After is null
        ? null
        : IdParser.Resolve(After, repository.Objects, Stopped) ?? throw NoSuchPrefix(repository, After);

    private void Emit(RepositoryLease repository, in ObjectId id, ObjectInfo? known)
    {
        object output;
        try
        {
            output = Read(repository, id, known);
        }
        catch (Exception error) when (ErrorMapping.ConcernsOneObject(error))
        {
            WriteItemError(error, id.ToString());
            return;
        }

        // One argument: an array is one object here, not as many as it has bytes.
        WriteObject(output);
    }

    private object Read(RepositoryLease repository, in ObjectId id, ObjectInfo? known)
    {
        if (Raw)
        {
            return repository.Objects.GetValue(id);
        }

        if (repository.Remote is not null)
        {
            // The one way to learn from a server whether it is there.
            byte[] value = repository.Objects.GetValue(id);
            return new BorgObject(repository.Source, id, value.Length, Content ? value : null);
        }

        ObjectInfo info = known ?? repository.Engine.Find(id);
        return new BorgObject(repository.Source, info, Content ? repository.Engine.Get(id) : null);
    }
}
