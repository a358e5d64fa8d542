using System.Globalization;
using System.Text;
using BorgRepo.Core.Format;

namespace BorgRepo.Core.Storage;

/// <summary>
/// The file <c>config</c>. It is replaced as a whole (temporary file, sync, rename, sync of the folder), so that a reader
/// without lock always finds a complete one, and a crash leaves the old or the new. If the old one held a key, its bytes
/// are overwritten afterwards: key material that was replaced must not stay on the disk.
/// </summary>
/// <param name="services">File system and random bytes.</param>
/// <param name="repositoryPath">Full path of the repository.</param>
public sealed class ConfigFile(RepositoryServices services, string repositoryPath)
{
    private const int MaxLength = 16 * 1024 * 1024;

    private readonly string _path = Path.Combine(repositoryPath, "config");

    /// <summary>True if there is such a file.</summary>
    public bool Exists => services.FileSystem.GetInfo(_path).Kind == PathKind.File;

    /// <summary>Reads and parses it.</summary>
    /// <exception cref="Errors.InvalidRepositoryConfigException">It cannot be used.</exception>
    public RepositoryConfig Load()
    {
        using IFile file = services.FileSystem.Open(_path, FileOpenKind.Read);
        long length = file.Length;
        if (length > MaxLength)
        {
            throw new Errors.InvalidRepositoryConfigException(repositoryPath, $"its config has {length} bytes, which no config has.");
        }

        byte[] bytes = new byte[length];
        if (file.Read(bytes, 0) < bytes.Length)
        {
            // The key stands last, and the next change of a setting would write back what was read.
            throw new IOException($"{_path} gave fewer bytes than it has.");
        }

        return RepositoryConfig.Parse(Decode(bytes), repositoryPath);
    }

    /// <summary>Writes the first config of a new repository.</summary>
    public void Create(RepositoryConfig config) =>
        AtomicFile.Write(services.FileSystem, _path, Encoding.UTF8.GetBytes(config.ToString()), TemporaryPath(), syncDirectory: true);

    /// <summary>Replaces the config.</summary>
    public void Save(RepositoryConfig config)
    {
        EraseLeftover();
        bool hadKey = Load().Key is not null;

        // Opened before the rename: the handle keeps hold of the old content, which has no name afterwards. A hard-linked
        // copy of it is somebody's backup, and stays as it is.
        using IFile? old = hadKey && services.FileSystem.GetLinkCount(_path) == 1
            ? services.FileSystem.Open(_path, FileOpenKind.Update)
            : null;
        Create(config);
        if (old is not null)
        {
            Erase(old);
        }
    }

    private static string Decode(ReadOnlySpan<byte> bytes) => new UTF8Encoding(false).GetString(bytes);

    private string TemporaryPath()
    {
        Span<byte> random = stackalloc byte[4];
        services.Environment.FillRandom(random);
        return string.Create(CultureInfo.InvariantCulture, $"{_path}-{Convert.ToHexStringLower(random)}.tmp");
    }

    // borg 1.1 and later link the old config to config.old while they replace it; a crash leaves that name. As long as it
    // is a second name of the present config it must not be overwritten, only removed.
    private void EraseLeftover()
    {
        string leftover = _path + ".old";
        if (services.FileSystem.GetInfo(leftover).Kind != PathKind.File)
        {
            return;
        }

        if (services.FileSystem.GetLinkCount(leftover) == 1)
        {
            using IFile file = services.FileSystem.Open(leftover, FileOpenKind.Update);
            Erase(file);
        }

        services.FileSystem.DeleteFile(leftover);
    }

    private void Erase(IFile file)
    {
        byte[] noise = new byte[file.Length];
        services.Environment.FillRandom(noise);
        try
        {
            file.Write(noise, 0);
            file.Sync();
        }
        catch (IOException error)
        {
            services.Notify(NoticeLevel.Warning, $"The replaced config could not be erased: {error.Message}");
        }
    }
}
