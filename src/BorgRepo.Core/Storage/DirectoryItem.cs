namespace BorgRepo.Core.Storage;

/// <summary>One name in a folder.</summary>
/// <param name="Name">The name.</param>
/// <param name="Kind">What it is; of a link, what it leads to.</param>
/// <param name="IsLink">True for a symbolic link to a folder: whoever deletes a tree must not follow it.</param>
public readonly record struct DirectoryItem(string Name, PathKind Kind, bool IsLink = false);
