using System.Management.Automation;
using System.Management.Automation.Provider;
using BorgRepo.Commands;
using BorgRepo.Core.Format;

namespace BorgRepo.Provider;

/// <content>The content of objects and entries, and the refusal of all changes.</content>
public sealed partial class BorgRepositoryProvider : IContentCmdletProvider
{
    /// <inheritdoc/>
    public object GetContentReaderDynamicParameters(string path) => new BorgContentParameters();

    /// <inheritdoc/>
    public IContentReader? GetContentReader(string path)
    {
        var parameters = DynamicParameters as BorgContentParameters ?? new();
        return Run(path, () => ReadValue(path)) is { } value ? new ValueReader(value, parameters.AsByteStream, parameters.Raw) : null;
    }

    /// <inheritdoc/>
    public object? GetContentWriterDynamicParameters(string path) => null;

    /// <inheritdoc/>
    public IContentWriter? GetContentWriter(string path)
    {
        Refuse(path, "Set-BorgObject stores objects.");
        return null;
    }

    /// <inheritdoc/>
    public object? ClearContentDynamicParameters(string path) => null;

    /// <inheritdoc/>
    // Set-Content calls it first and goes on to its writer, which refuses with an id of ours, only after this exception.
    public void ClearContent(string path) => throw new PSNotSupportedException("A drive shows a repository and changes nothing in it.");

    /// <inheritdoc/>
    protected override void RemoveItem(string path, bool recurse) => Refuse(path, "Remove-BorgObject removes objects, Compress-BorgSegments what is dead.");

    /// <inheritdoc/>
    protected override void NewItem(string path, string itemTypeName, object newItemValue) => Refuse(path, "Set-BorgObject and Import-BorgObject store objects.");

    /// <inheritdoc/>
    protected override void SetItem(string path, object value) => Refuse(path, "Set-BorgObject stores objects.");

    /// <inheritdoc/>
    protected override void ClearItem(string path) => Refuse(path, "Remove-BorgObject removes objects.");

    /// <inheritdoc/>
    protected override void RenameItem(string path, string newName) => Refuse(path, "An object keeps its id for ever.");

    /// <inheritdoc/>
    protected override void MoveItem(string path, string destination) => Refuse(path, "Copy-BorgObject copies to another repository.");

    /// <inheritdoc/>
    protected override void CopyItem(string path, string copyPath, bool recurse) =>
        Refuse(path, "Copy-BorgObject copies to another repository, Export-BorgObject to files.");

    private byte[]? ReadValue(string path)
    {
        (BorgDriveInfo drive, string[] names) = Locate(path);
        DrivePath item = DrivePath.Parse(names);
        using RepositoryLease lease = Open(drive);
        try
        {
            byte[]? value = item.Kind switch
            {
                DrivePathKind.Object => Indexed(lease).Get(ObjectId.Parse(item.Id)),
                DrivePathKind.Entry => lease.Engine.ReadEntryValue(item.Number, item.Offset, _stop.Token),
                DrivePathKind.Nothing => throw NotThere(path),
                _ => null,
            };
            return value ?? throw new InputException(
                "NoContent", $"'{path}' has no content: only objects have, and those entries of the log that are a PUT.", path);
        }
        catch (Exception error) when (error is InputException || ErrorMapping.ConcernsOneObject(error))
        {
            // The other items that the command was given may be fine.
            WriteError(ErrorMapping.ToErrorRecord(error, null, path));
            return null;
        }
    }

    private void Refuse(string path, string instead) => WriteError(ErrorMapping.ToErrorRecord(
        new InputException("DriveReadOnly", $"A drive shows a repository and changes nothing in it. {instead}", path, ErrorCategory.PermissionDenied),
        null,
        path));
}
