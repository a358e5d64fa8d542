using System.Text;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Index;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Copying;

/// <summary>
/// A destination that rclone reaches, in whatever storage it knows. What it has confirmed counts as durable. Files are sent in
/// batches and verified by hash, or read back where the storage has none; where a file would show before all of it has
/// arrived, it is sent to a folder of its own first and moved to its place.
/// </summary>
public sealed class RcloneDestination : ICopyDestination
{
    private const int SmallSegment = LogEntry.CommitOnlySegmentSize;

    private readonly RcloneRemote _remote;
    private readonly RcloneLock _lock;
    private readonly RcloneTransfer _transfer;
    private readonly RepositoryServices _services;
    private readonly string _workFolder;
    private Dictionary<string, long> _files = [];

    /// <summary>Names the destination; touches nothing.</summary>
    /// <param name="location">As <c>rclone:remote:path</c>.</param>
    /// <param name="workFolder">A local folder for temporary files.</param>
    /// <param name="program">Runs rclone.</param>
    /// <param name="services">Files of the source, messages.</param>
    public RcloneDestination(string location, string workFolder, IRcloneProgram program, RepositoryServices services)
    {
        if (!IsLocation(location))
        {
            throw new ArgumentException("A location is written as rclone:remote:path.", nameof(location));
        }

        _services = services;
        _workFolder = workFolder;
        _remote = new RcloneRemote(location[RcloneRemote.Prefix.Length..].TrimEnd('/'), program);
        _lock = new RcloneLock(_remote, services, Name);
        _transfer = new RcloneTransfer(_remote, services.FileSystem);
    }

    /// <inheritdoc/>
    public string Name => _remote.Name;

    /// <inheritdoc/>
    public long? AvailableBytes => _remote.GetFreeBytes(CancellationToken.None);

    /// <summary>True for texts of the form <c>rclone:remote:path</c>.</summary>
    public static bool IsLocation(string text) => text.StartsWith(RcloneRemote.Prefix, StringComparison.OrdinalIgnoreCase)
        && text.IndexOf(':', RcloneRemote.Prefix.Length + 1) > 0;

    /// <inheritdoc/>
    public void Create(CancellationToken cancellationToken)
    {
        _remote.GetTraits(cancellationToken);
        _remote.Create(cancellationToken);
    }

    /// <inheritdoc/>
    public void Lock(TimeSpan? wait, CancellationToken cancellationToken) => _lock.Acquire(wait, cancellationToken);

    /// <inheritdoc/>
    public void RequireLock(CancellationToken cancellationToken) => _lock.RequireHeld(cancellationToken);

    /// <inheritdoc/>
    public void Unlock()
    {
        try
        {
            _lock.Release();
        }
        catch (BorgRepositoryException error)
        {
            _services.Notify(NoticeLevel.Warning, $"The lock of {Name} was not given back in order: {error.Message}");
        }
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, long> List(CancellationToken cancellationToken)
    {
        Dictionary<string, long> all = _remote.List(string.Empty, cancellationToken);
        _transfer.MayBeStaged = all.Keys.Any(RcloneTransfer.IsStaged);
        _files = all.Where(file => !RcloneTransfer.IsStaged(file.Key) && !file.Key.StartsWith("lock.", StringComparison.Ordinal)).ToDictionary();
        return new Dictionary<string, long>(_files);
    }

    /// <inheritdoc/>
    public byte[]? Read(string name, CancellationToken cancellationToken)
    {
        if (!_files.ContainsKey(name))
        {
            return null;
        }

        using MemoryStream content = new();
        return _remote.TryRead(name, bytes => content.Write(bytes), cancellationToken) ? content.ToArray() : null;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// By what copies wrote down, where they did: a segment that was verified against its source and ends with COMMITs is
    /// committed. Of others the last bytes are read, which can only take too much for committed; then the copy is refused.
    /// </remarks>
    public uint? FindLatestCommitted(RepositoryConfig config, CopyManifest manifest, CancellationToken cancellationToken)
    {
        foreach ((uint number, string name) in Segments(config).OrderByDescending(segment => segment.Number))
        {
            long length = _files[name];
            if (manifest.Segments.TryGetValue(number, out ManifestEntry entry) && entry.Hash is not null)
            {
                if (length == entry.Length && entry.DataLength < entry.Length)
                {
                    return number;
                }

                if (length == entry.Length || length == entry.DataLength)
                {
                    continue;
                }
            }

            if (length >= SmallSegment
                && _remote.ReadPart(name, length - LogEntry.CommitSize, LogEntry.CommitSize, cancellationToken).AsSpan().SequenceEqual(LogEntry.Commit))
            {
                return number;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public HashIndex? LoadIndex(RepositoryConfig config, uint transactionId, CancellationToken cancellationToken)
    {
        string[] names = [.. new[] { GenerationFile.Index, GenerationFile.Integrity }.Select(kind => GenerationFile.Name(kind, transactionId)).Where(_files.ContainsKey)];
        if (!_files.ContainsKey(GenerationFile.Name(GenerationFile.Index, transactionId)))
        {
            return null;
        }

        Span<byte> random = stackalloc byte[8];
        _services.Environment.FillRandom(random);
        string folder = Path.Combine(_workFolder, $"borgrepo-copy-{Convert.ToHexStringLower(random)}");
        _services.FileSystem.TryCreateDirectory(folder);
        try
        {
            _remote.Download(names, folder, cancellationToken);
            return new IndexStore(_services, folder).LoadIndex(transactionId);
        }
        catch (IndexCorruptException error)
        {
            _services.Notify(NoticeLevel.Warning, $"The index of the copy cannot be used: {error.Message}");
            return null;
        }
        finally
        {
            FolderTree.Delete(_services.FileSystem, folder);
        }
    }

    /// <inheritdoc/>
    public bool? IsSound(string name, uint segment, CancellationToken cancellationToken) => null;

    /// <inheritdoc/>
    public IReadOnlySet<string> FindDifferent(IReadOnlyList<CopyItem> items, TransferMonitor monitor)
    {
        HashSet<string> different = [.. items.Where(item => !_files.TryGetValue(item.Name, out long length) || length != item.Length).Select(item => item.Name)];
        CopyItem[] candidates = [.. items.Where(item => !different.Contains(item.Name))];
        string[] whole = [.. candidates.Where(item => item.IsWhole).Select(item => item.Name)];
        if (whole.Length > 0)
        {
            different.UnionWith(_remote.FindDifferent(candidates.First(item => item.IsWhole).Root, whole, string.Empty, monitor.Token));
        }

        different.UnionWith(candidates.Where(item => !item.IsWhole && !_transfer.IsSame(item.Name, item, monitor)).Select(item => item.Name));
        return different;
    }

    /// <inheritdoc/>
    public void Put(IReadOnlyList<CopyItem> items, TransferMonitor monitor)
    {
        IReadOnlySet<string> different = FindDifferent(items, monitor);
        CopyItem[] missing = [.. items.Where(item => different.Contains(item.Name))];
        _transfer.Put(missing, monitor);
        foreach (CopyItem item in missing)
        {
            _files[item.Name] = item.Length;
        }
    }

    /// <inheritdoc/>
    public void Write(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        _transfer.Write(name, content, cancellationToken);
        _files[name] = content.Length;
    }

    /// <inheritdoc/>
    public void WriteConfig(RepositoryConfig config, CancellationToken cancellationToken) =>
        Write("config", Encoding.UTF8.GetBytes(config.ToString()), cancellationToken);

    /// <inheritdoc/>
    public void Duplicate(string name, string newName, TransferMonitor monitor)
    {
        _remote.Duplicate(name, newName, monitor.Token);
        _files[newName] = _files[name];
    }

    /// <inheritdoc/>
    public void Rename(string name, string newName, CancellationToken cancellationToken)
    {
        _remote.Rename(name, newName, cancellationToken);
        _files.Remove(name, out long length);
        _files[newName] = length;
    }

    /// <inheritdoc/>
    public void Delete(string name, CancellationToken cancellationToken)
    {
        if (_files.Remove(name))
        {
            _remote.Delete(name, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public void Settle(CancellationToken cancellationToken) => cancellationToken.ThrowIfCancellationRequested();

    /// <inheritdoc/>
    public void Finish(CancellationToken cancellationToken)
    {
        _transfer.RemoveStaged(cancellationToken);
        if (!_remote.GetTraits(cancellationToken).IsBucket)
        {
            _remote.RemoveEmptyFolders("data", andItself: false, cancellationToken);
        }
    }

    /// <summary>Gives the lock back if that did not happen.</summary>
    public void Dispose() => Unlock();

    private IEnumerable<(uint Number, string Name)> Segments(RepositoryConfig config)
    {
        foreach (string name in _files.Keys)
        {
            if (SegmentName.TryParsePath(name, config.SegmentsPerDirectory, out uint number))
            {
                yield return (number, name);
            }
        }
    }
}
