using System.Management.Automation;
using BorgRepo.Provider;

namespace BorgRepo.Commands;

/// <summary>
/// Keeps items of a drive of this module from binding by their PSPath, which every item of a drive has: what they are about
/// binds to -Repository, and PowerShell could not choose.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class FolderTransformationAttribute : ArgumentTransformationAttribute
{
    private const string Prefix = $"{BorgRepositoryProvider.Name}::";

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        (inputData is PSObject wrapper ? wrapper.BaseObject : inputData) is string path && IsOnDrive(path)
            // The inner exception makes the binder go on to the next parameter.
            ? throw new ArgumentTransformationMetadataException(
                $"'{path}' is no path of a repository.",
                new PSInvalidCastException("The path of an item of a drive."))
            : inputData;

    private static bool IsOnDrive(string path) =>
        path.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)
        || path.StartsWith($@"BorgRepo\{Prefix}", StringComparison.OrdinalIgnoreCase);
}
