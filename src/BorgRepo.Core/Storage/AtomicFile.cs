namespace BorgRepo.Core.Storage;

/// <summary>Replaces whole files so that a crash leaves either the old or the new content.</summary>
public static class AtomicFile
{
    /// <summary>Writes a temporary file, makes it durable and renames it to the path.</summary>
    /// <param name="fileSystem">Where.</param>
    /// <param name="path">The file to replace or make.</param>
    /// <param name="content">Its new content.</param>
    /// <param name="tempPath">In the same folder. One that a crash left is overwritten; removed if anything fails.</param>
    /// <param name="syncDirectory">Makes the new name durable too, before returning.</param>
    public static void Write(IFileSystem fileSystem, string path, ReadOnlySpan<byte> content, string tempPath, bool syncDirectory)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        try
        {
            using (IFile file = fileSystem.Open(tempPath, FileOpenKind.Overwrite))
            {
                file.Write(content, 0);
                // Before the rename: a name that is durable earlier than its content shows an empty file after a crash.
                file.Sync();
            }
            fileSystem.Replace(tempPath, path);
        }
        catch
        {
            TryDelete(fileSystem, tempPath);
            throw;
        }
        if (syncDirectory)
        {
            fileSystem.SyncDirectory(Path.GetDirectoryName(path) ?? throw new ArgumentException("A path to a file is needed.", nameof(path)));
        }
    }

    private static void TryDelete(IFileSystem fileSystem, string path)
    {
        try
        {
            fileSystem.DeleteFile(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The first error says more; the next write overwrites what is left.
        }
    }
}
