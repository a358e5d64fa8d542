namespace BorgRepo.Core.Copying;

/// <summary>A file to copy, or the first part of it.</summary>
/// <param name="Name">Name at the destination, relative to the repository, with slashes.</param>
/// <param name="SourcePath">Full path of the file in the source.</param>
/// <param name="Length">How many of its bytes, from the start.</param>
/// <param name="IsWhole">True if these are all of its bytes.</param>
public readonly record struct CopyItem(string Name, string SourcePath, long Length, bool IsWhole = true)
{
    /// <summary>The folder in the source that its name is relative to.</summary>
    public string Root => SourcePath[..^(Name.Length + 1)];
}
