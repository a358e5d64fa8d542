namespace BorgRepo.Core.Storage;

/// <summary>One name in a folder.</summary>
public readonly record struct DirectoryItem(string Name, PathKind Kind);
