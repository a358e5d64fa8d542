using System.Text;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Locking;

/// <summary>Makes the folder that becomes the lock by being renamed, the holder's file already in it.</summary>
internal sealed class LockStaging(RepositoryServices services, string lockDirectory, LockIdentity own)
{
    private const int NameLength = 8;
    private const string NameAlphabet = "abcdefghijklmnopqrstuvwxyz012345";

    private readonly IFileSystem _fileSystem = services.FileSystem;

    /// <summary>Makes one. Its name is that of the lock, something random and <c>.tmp</c>.</summary>
    /// <exception cref="LockFailedException">Nothing can be written here.</exception>
    public string Make()
    {
        if (own.FileName.AsSpan().IndexOfAny(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar, '\0') >= 0)
        {
            throw new LockFailedException(lockDirectory, $"the host id '{own.Host}' cannot be part of a file name, see BORG_HOST_ID");
        }
        string? made = null;
        try
        {
            string path;
            do
            {
                path = $"{lockDirectory}.{MakeName()}.tmp";
            }
            while (!_fileSystem.TryCreateDirectory(path));
            made = path;
            _fileSystem.Open(Path.Combine(path, own.FileName), FileOpenKind.CreateNew).Dispose();
            return path;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            if (made is not null)
            {
                Remove(made);
            }
            // On a read-only medium, for example. Where there is no folder, there is nothing to read either.
            string advice = error is DirectoryNotFoundException ? "" : "; a repository that nobody writes to can be read without a lock, -NoLock";
            throw new LockFailedException(lockDirectory, error.Message.TrimEnd('.') + advice, error);
        }
    }

    /// <summary>Removes one that was not needed.</summary>
    public void Remove(string path)
    {
        try
        {
            _fileSystem.DeleteFile(Path.Combine(path, own.FileName));
            _fileSystem.DeleteDirectory(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            services.Notify(NoticeLevel.Debug, $"Left {path} behind, which is harmless: {error.Message}");
        }
    }

    private string MakeName()
    {
        Span<byte> random = stackalloc byte[NameLength];
        services.Environment.FillRandom(random);
        StringBuilder name = new(NameLength);
        foreach (byte value in random)
        {
            name.Append(NameAlphabet[value % NameAlphabet.Length]);
        }
        return name.ToString();
    }
}
