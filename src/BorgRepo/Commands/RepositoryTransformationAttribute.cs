using System.Management.Automation;

namespace BorgRepo.Commands;

/// <summary>
/// Lets -Repository take an open session, a path, or anything that a cmdlet of this module emitted about a repository,
/// also after it went through a job, a remote session or a file.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class RepositoryTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        ArgumentNullException.ThrowIfNull(engineIntrinsics);
        return Find(inputData) switch
        {
            BorgRepository session => session,
            string path => BorgRepository.Reference(ToFullPath(engineIntrinsics, path)),
            // The inner exception makes the binder try the next parameter when it looks where a pipeline object belongs.
            _ => throw new ArgumentTransformationMetadataException(
                "A repository is named by an open session, a path, or an object about one.",
                new PSInvalidCastException("Neither a session, nor a path, nor an object about a repository.")),
        };
    }

    // A full path, as every piped object brings one, means the file system wherever the session is; and PowerShell takes
    // ten times longer to say so.
    private static string ToFullPath(EngineIntrinsics intrinsics, string path) => Path.IsPathFullyQualified(path)
        ? Path.TrimEndingDirectorySeparator(Path.GetFullPath(path, path))
        : LocationResolver.ToRepositoryPath(intrinsics.SessionState.Path, path);

    private static object? Find(object? input) => (input is PSObject wrapper ? wrapper.BaseObject : input) switch
    {
        BorgRepository session => session,
        IRepositoryItem item => item.Source,
        string path => path,
        _ => input is PSObject other && other.TypeNames.Any(name => name.StartsWith("Deserialized.BorgRepo.", StringComparison.Ordinal))
            ? FindInCopy(other)
            : null,
    };

    // A deserialised session is a bag of properties; so deep inside another object it is only its text, the path. What has a
    // RepositoryPath may have another Path, such as that of a segment's file.
    private static string? FindInCopy(PSObject copy) =>
        copy.Properties["RepositoryPath"]?.Value as string
        ?? copy.Properties["Path"]?.Value as string
        ?? copy.Properties[nameof(LocationCmdlet.Repository)]?.Value?.ToString();
}
