using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Index;
using BorgRepo.Core.Locking;
using BorgRepo.Core.Segments;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Transactions;

namespace BorgRepo.Core.Copying;

/// <summary>A destination in a file system.</summary>
public sealed class LocalDestination : ICopyDestination
{
    private const string LockPrefix = "lock.";

    private readonly RepositoryServices _services;
    private readonly IFileSystem _fileSystem;
    private readonly RepositoryLock _lock;
    private readonly HashSet<string> _unsynced = [];
    private bool _isCreated;

    /// <summary>Names the destination; touches nothing.</summary>
    /// <param name="path">Full path of the copy itself.</param>
    /// <param name="services">File system and messages.</param>
    public LocalDestination(string path, RepositoryServices services)
    {
        ArgumentNullException.ThrowIfNull(services);
        Name = Path.GetFullPath(path);
        _services = services;
        _fileSystem = services.FileSystem;
        _lock = new RepositoryLock(services, Name);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public long? AvailableBytes => _fileSystem.GetAvailableBytes(Name);

    /// <inheritdoc/>
    /// <exception cref="ParentPathNotFoundException">The folder above is missing: most likely a disk that is not mounted.</exception>
    public void Create(CancellationToken cancellationToken)
    {
        string parent = Path.GetDirectoryName(Name) ?? Name;
        if (_fileSystem.GetInfo(Name).Kind == PathKind.Missing)
        {
            if (_fileSystem.GetInfo(parent).Kind == PathKind.Missing)
            {
                throw new ParentPathNotFoundException(Name);
            }

            _isCreated = _fileSystem.TryCreateDirectory(Name);
        }

        // A copy that was killed before may have changed names without making them durable; what follows builds upon them.
        _unsynced.UnionWith([parent, Name]);
        string data = Path.Combine(Name, "data");
        if (_fileSystem.GetInfo(data).Kind == PathKind.Directory)
        {
            _unsynced.Add(data);
            _unsynced.UnionWith(_fileSystem.List(data).Where(item => item.Kind == PathKind.Directory).Select(item => Path.Combine(data, item.Name)));
        }
    }

    /// <inheritdoc/>
    public void Lock(TimeSpan? wait, CancellationToken cancellationToken) => _lock.AcquireExclusive(wait, cancellationToken);

    /// <inheritdoc/>
    public void RequireLock(CancellationToken cancellationToken)
    {
        if (!_lock.HoldsExclusive())
        {
            throw new LockLostException(Path.Combine(Name, "lock.exclusive"), "somebody broke it while the repository was copied.");
        }
    }

    /// <inheritdoc/>
    public void Unlock()
    {
        _lock.Dispose();
        try
        {
            if (_isCreated && _fileSystem.List(Name).Count == 0)
            {
                _fileSystem.DeleteDirectory(Name);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // An empty folder harms nobody; the next copy fills it.
        }
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, long> List(CancellationToken cancellationToken)
    {
        Dictionary<string, long> files = [];
        switch (_fileSystem.GetInfo(Name).Kind)
        {
            case PathKind.Missing:
                return files;
            case not PathKind.Directory:
                throw new PathExistsException(Name);
        }

        foreach (DirectoryItem item in _fileSystem.List(Name))
        {
            if (item.Kind == PathKind.Directory && item.Name == "data")
            {
                ListData(files, cancellationToken);
            }
            else if (!item.Name.StartsWith(LockPrefix, StringComparison.Ordinal))
            {
                files.Add(item.Name, item.Kind == PathKind.File ? LengthOf(item.Name) : 0);
            }
        }

        return files;
    }

    /// <inheritdoc/>
    public byte[]? Read(string name, CancellationToken cancellationToken)
    {
        if (_fileSystem.GetInfo(PathOf(name)).Kind != PathKind.File)
        {
            return null;
        }

        using IFile file = _fileSystem.Open(PathOf(name), FileOpenKind.Read);
        byte[] content = new byte[file.Length];
        return file.Read(content, 0) == content.Length ? content : throw new EndOfStreamException($"'{PathOf(name)}' became shorter while it was read.");
    }

    /// <inheritdoc/>
    public uint? FindLatestCommitted(RepositoryConfig config, CopyManifest manifest, CancellationToken cancellationToken)
    {
        using SegmentStore store = OpenStore(config);
        return _fileSystem.GetInfo(store.DataPath).Kind == PathKind.Directory ? store.FindLatestCommitted(cancellationToken) : null;
    }

    /// <inheritdoc/>
    public HashIndex? LoadIndex(RepositoryConfig config, uint transactionId, CancellationToken cancellationToken)
    {
        using SegmentStore store = OpenStore(config);
        LogContext context = new(_services, Name, store, new IndexStore(_services, Name), config.MaxSegmentSize, WriteFormat.Borg14);
        try
        {
            CommittedState state = new Recovery(context, null).Load(withUsage: false, cancellationToken);
            if (state.TransactionId == transactionId)
            {
                return state.Index;
            }

            state.Dispose();
            return null;
        }
        catch (BorgRepositoryException error)
        {
            _services.Notify(NoticeLevel.Warning, $"The index of the copy cannot be used: {error.Message}");
            return null;
        }
    }

    /// <inheritdoc/>
    public bool? IsSound(string name, uint segment, CancellationToken cancellationToken) =>
        SegmentShape.Read(_fileSystem, new SegmentFile(segment, PathOf(name)), cancellationToken).Damage is null;

    /// <inheritdoc/>
    public IReadOnlySet<string> FindDifferent(IReadOnlyList<CopyItem> items, TransferMonitor monitor)
    {
        LocalTransfer transfer = new(_fileSystem, monitor);
        return items.Where(item => !IsThere(item) || !transfer.IsSame(item.SourcePath, PathOf(item.Name), item.Length, item.Name))
            .Select(item => item.Name).ToHashSet();
    }

    /// <inheritdoc/>
    public void Put(IReadOnlyList<CopyItem> items, TransferMonitor monitor)
    {
        LocalTransfer transfer = new(_fileSystem, monitor);
        foreach (CopyItem item in items)
        {
            string path = PathOf(item.Name);
            EnsureFolder(Path.GetDirectoryName(path)!);
            if (IsThere(item) && transfer.IsSame(item.SourcePath, path, item.Length, item.Name))
            {
                // It reads well, but whoever wrote it may have died before it was on the disk.
                using IFile file = _fileSystem.Open(path, FileOpenKind.Update);
                file.Sync();
            }
            else
            {
                transfer.Run(item.SourcePath, path, item.Length, item.Name);
            }

            Touch(item.Name);
        }
    }

    /// <inheritdoc/>
    public void Write(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        EnsureFolder(Path.GetDirectoryName(PathOf(name))!);
        AtomicFile.Write(_fileSystem, PathOf(name), content.Span, LocalTransfer.TemporaryOf(PathOf(name)), syncDirectory: false);
        Touch(name);
    }

    /// <inheritdoc/>
    public void WriteConfig(RepositoryConfig config, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        EnsureFolder(Path.Combine(Name, "data"));
        Settle(cancellationToken);
        ConfigFile file = new(_services, Name);
        if (file.Exists)
        {
            file.Save(config);
        }
        else
        {
            file.Create(config);
        }
    }

    /// <inheritdoc/>
    public void Duplicate(string name, string newName, TransferMonitor monitor)
    {
        new LocalTransfer(_fileSystem, monitor).Run(PathOf(name), PathOf(newName), LengthOf(name), newName);
        Touch(newName);
    }

    /// <inheritdoc/>
    public void Rename(string name, string newName, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _fileSystem.Replace(PathOf(name), PathOf(newName));
        Touch(newName);
    }

    /// <inheritdoc/>
    public void Delete(string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _fileSystem.DeleteFile(PathOf(name));
        Touch(name);
    }

    /// <inheritdoc/>
    public void Settle(CancellationToken cancellationToken)
    {
        // Inner folders first: one that is durable before what is in it would be an empty one after a crash.
        foreach (string folder in _unsynced.OrderByDescending(folder => folder.Length).ToArray())
        {
            _fileSystem.SyncDirectory(folder);
            _unsynced.Remove(folder);
        }
    }

    /// <inheritdoc/>
    public void Finish(CancellationToken cancellationToken)
    {
        string data = Path.Combine(Name, "data");
        foreach (DirectoryItem item in _fileSystem.List(data))
        {
            string folder = Path.Combine(data, item.Name);
            if (item.Kind == PathKind.Directory && !item.IsLink && SegmentName.TryParse(item.Name, out _) && _fileSystem.List(folder).Count == 0)
            {
                _unsynced.Remove(folder);
                _fileSystem.DeleteDirectory(folder);
                _unsynced.Add(data);
            }
        }
    }

    /// <summary>Gives the lock back if that did not happen.</summary>
    public void Dispose() => _lock.Dispose();

    private void ListData(Dictionary<string, long> files, CancellationToken cancellationToken)
    {
        foreach (DirectoryItem folder in _fileSystem.List(PathOf("data")))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (folder.Kind != PathKind.Directory)
            {
                files.Add($"data/{folder.Name}", 0);
                continue;
            }

            foreach (DirectoryItem item in _fileSystem.List(PathOf($"data/{folder.Name}")).Where(item => item.Kind == PathKind.File))
            {
                string name = $"data/{folder.Name}/{item.Name}";
                files.Add(name, LengthOf(name));
            }
        }
    }

    private SegmentStore OpenStore(RepositoryConfig config) => new(_services, Name, config.SegmentsPerDirectory);

    private string PathOf(string name) => Path.Combine(Name, name.Replace('/', Path.DirectorySeparatorChar));

    private long LengthOf(string name) => _fileSystem.GetInfo(PathOf(name)).Length;

    private bool IsThere(in CopyItem item)
    {
        PathInfo info = _fileSystem.GetInfo(PathOf(item.Name));
        return info.Kind == PathKind.File && info.Length == item.Length;
    }

    private void Touch(string name) => _unsynced.Add(Path.GetDirectoryName(PathOf(name))!);

    private void EnsureFolder(string folder)
    {
        if (folder.Length > Name.Length && _fileSystem.GetInfo(folder).Kind == PathKind.Missing)
        {
            string parent = Path.GetDirectoryName(folder)!;
            EnsureFolder(parent);
            _fileSystem.TryCreateDirectory(folder);
            _unsynced.UnionWith([parent, folder]);
        }
    }
}
