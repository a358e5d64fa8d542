namespace BorgRepo.Core.Storage;

/// <summary>Removes a folder with everything in it.</summary>
public static class FolderTree
{
    /// <summary>Deletes depth first. A link to a folder is removed, not followed.</summary>
    public static void Delete(IFileSystem fileSystem, string path)
    {
        foreach (DirectoryItem item in fileSystem.List(path))
        {
            string child = Path.Combine(path, item.Name);
            if (item.Kind == PathKind.Directory && !item.IsLink)
            {
                Delete(fileSystem, child);
            }
            else
            {
                fileSystem.DeleteFile(child);
            }
        }

        fileSystem.DeleteDirectory(path);
    }
}
