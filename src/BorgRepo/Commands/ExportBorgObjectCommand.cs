using System.Management.Automation;
using BorgRepo.Completers;
using BorgRepo.Core;
using BorgRepo.Core.Format;
using BorgRepo.Core.Segments;

namespace BorgRepo.Commands;

/// <summary>Writes the content of objects to files named by id.</summary>
[Cmdlet(VerbsData.Export, "BorgObject", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class ExportBorgObjectCommand : ObjectReaderCmdlet
{
    private ObjectBuffer? _buffer;
    private string _folder = string.Empty;

    /// <summary>The folder that the files go to; it is made if it is missing.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string Destination { get; set; } = string.Empty;

    /// <summary>Ids, or the first digits of them; without any, all objects.</summary>
    [Parameter(Position = 2, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [IdTransformation]
    [ArgumentCompleter(typeof(ObjectIdCompleter))]
    public string[]? Id { get; set; }

    /// <summary>Replace files that exist.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override void Begin() => _folder = LocationResolver.ToFullPath(SessionState.Path, Destination);

    private protected override void ProcessRepository(RepositoryLease repository)
    {
        if (Chosen(Id, repository) is { } ids)
        {
            foreach (string text in ids)
            {
                if (FindOrReport(repository, text) is { } id)
                {
                    Export(repository, id);
                }
            }
        }
        else if (repository.Remote is null)
        {
            foreach (ObjectId id in WithProgress(repository))
            {
                Export(repository, id);
            }
        }
        else
        {
            // Asked for ahead; what nobody wants is not fetched.
            foreach (ObjectReading reading in repository.Objects.ReadMany(WithProgress(repository).Where(id => MayExport(repository, id))))
            {
                Finish(reading.Id, reading.Value, reading.Error);
            }
        }
    }

    private protected override void Release()
    {
        _buffer?.Dispose();
        base.Release();
    }

    private IEnumerable<ObjectId> WithProgress(RepositoryLease repository)
    {
        int total = repository.Objects.Count;
        int done = 0;
        foreach (ObjectId id in EnumerateAll(repository))
        {
            Stopped.ThrowIfCancellationRequested();
            yield return id;
            ReportProgress("Exporting objects", repository.Objects.Path, ++done, total);
        }
    }

    private void Export(RepositoryLease repository, ObjectId id)
    {
        if (!MayExport(repository, id))
        {
            return;
        }

        if (repository.Remote is not null)
        {
            ObjectReading reading = repository.Objects.ReadMany([id]).Single();
            Finish(id, reading.Value, reading.Error);
            return;
        }

        try
        {
            repository.Engine.Get(id, _buffer ??= new ObjectBuffer());
        }
        catch (Exception error) when (ErrorMapping.ConcernsOneObject(error))
        {
            WriteItemError(error, id.ToString());
            return;
        }

        Finish(id, _buffer.Value, null);
    }

    private string FileOf(in ObjectId id) => System.IO.Path.Combine(_folder, id.ToString());

    private bool MayExport(RepositoryLease repository, in ObjectId id)
    {
        string file = FileOf(id);
        if (!Force && File.Exists(file))
        {
            WriteItemError(new InputException("FileExists", $"{file} exists already; -Force replaces it.", file, ErrorCategory.ResourceExists));
            return false;
        }

        return ShouldProcess($"{repository.Objects.Path}, object {id}", $"Write to {file}");
    }

    private void Finish(in ObjectId id, ReadOnlySpan<byte> value, Exception? error)
    {
        if (error is not null)
        {
            WriteItemError(error, id.ToString());
            return;
        }

        string file = FileOf(id);
        Write(file, value);
        WriteObject(new FileInfo(file));
    }

    // Beside its place and then moved there: what has the name of an object is all of it, whenever this is stopped.
    private void Write(string file, ReadOnlySpan<byte> value)
    {
        Directory.CreateDirectory(_folder);
        string unfinished = $"{file}.{Environment.ProcessId}.tmp";
        try
        {
            using (Microsoft.Win32.SafeHandles.SafeFileHandle handle = File.OpenHandle(
                unfinished, FileMode.Create, FileAccess.Write, preallocationSize: value.Length))
            {
                RandomAccess.Write(handle, value, 0);
            }

            File.Move(unfinished, file, Force);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }
}
