namespace BorgRepo.Core.Tests.Simulation;

/// <summary>
/// What is certainly on a disk, and what may be on it, after some operations.
/// <list type="bullet">
/// <item>Names (creations, renames, removals) are certain once every folder they touch was synced since. Until then each of
/// them is there or not, independently of others, save that one that concerns the same name as an earlier one needs that
/// one to be there.</item>
/// <item>Content is certain once its file was synced since. Until then any of its writes may be missing, cut, or have its
/// length without its bytes.</item>
/// <item>Syncing a file says nothing of its name, nor the other way round.</item>
/// </list>
/// That is less than common file systems guarantee, and all that POSIX does.
/// </summary>
internal sealed class DiskImage
{
    private readonly Dictionary<(int Folder, string Name), int> _names = [];
    private readonly List<PendingName> _pendingNames = [];
    private readonly Dictionary<int, FileState> _files = [];
    private int _changes;

    /// <summary>Changes of names that a crash may undo, in the order in which they were made.</summary>
    public IReadOnlyList<PendingName> PendingNames => _pendingNames;

    /// <summary>Files with content that a crash may undo, the one written last at the end.</summary>
    public IReadOnlyList<int> UnsyncedFiles => [.. _files.Where(file => file.Value.Pending.Count > 0).OrderBy(file => file.Value.LastChange).Select(file => file.Key)];

    /// <summary>Adds what was there at the start; null content for a folder.</summary>
    public void AddDurable(int folder, string name, int node, byte[]? content)
    {
        _names.Add((folder, name), node);
        if (content is not null)
        {
            _files.Add(node, new FileState { Durable = content });
        }
    }

    /// <summary>Goes on by one operation.</summary>
    public void Apply(DiskOperation operation)
    {
        _changes++;
        switch (operation.Kind)
        {
            case DiskOperationKind.SyncDirectory:
                SyncFolder(operation.Node);
                break;
            case DiskOperationKind.SyncFile:
                _files[operation.Node].Sync();
                break;
            case DiskOperationKind.FailSync:
                _files[operation.Node].FailSync();
                break;
            case DiskOperationKind.Write or DiskOperationKind.SetLength:
                _files[operation.Node].Pending.Add(operation);
                _files[operation.Node].LastChange = _changes;
                break;
            default:
                if (operation.Kind == DiskOperationKind.Create)
                {
                    _files.Add(operation.Node, new FileState());
                }

                _pendingNames.Add(new PendingName(operation));
                break;
        }
    }

    /// <summary>Changes of content of a file that a crash may undo.</summary>
    public IReadOnlyList<DiskOperation> PendingContent(int file) => _files[file].Pending;

    /// <summary>Length of a file before one of its pending changes.</summary>
    public long LengthBefore(int file, int change) => new UnsyncedContent(change).Apply(_files[file].Durable, _files[file].Pending).Length;

    /// <summary>The disk after a crash.</summary>
    /// <param name="isThere">Whether the pending change of names with an index took place; one that needs a missing one is left out anyway.</param>
    /// <param name="content">What became of the unsynced content of a file.</param>
    public DiskContents Crash(Func<int, bool> isThere, Func<int, UnsyncedContent> content)
    {
        Dictionary<(int Folder, string Name), int> names = new(_names);
        HashSet<(int, string)> missing = [];
        for (int i = 0; i < _pendingNames.Count; i++)
        {
            PendingName change = _pendingNames[i];
            if (!isThere(i) || change.Slots.Any(missing.Contains))
            {
                missing.UnionWith(change.Slots);
                continue;
            }

            Rename(names, change.Operation);
        }

        ILookup<int, (string Name, int Node)> folders = names.ToLookup(entry => entry.Key.Folder, entry => (entry.Key.Name, entry.Value));
        List<(string Path, byte[]? Content)> entries = [];
        Collect(folders, 0, string.Empty, entries, content);
        return new DiskContents(entries);
    }

    private static void Rename(Dictionary<(int, string), int> names, DiskOperation operation)
    {
        if (operation.Kind is DiskOperationKind.Rename or DiskOperationKind.Remove)
        {
            names.Remove((operation.Parent, operation.Name));
        }

        if (operation.Kind == DiskOperationKind.Rename)
        {
            names[(operation.NewParent, operation.NewName)] = operation.Node;
        }
        else if (operation.Kind != DiskOperationKind.Remove)
        {
            names[(operation.Parent, operation.Name)] = operation.Node;
        }
    }

    private void Collect(
        ILookup<int, (string Name, int Node)> folders, int folder, string path, List<(string, byte[]?)> entries, Func<int, UnsyncedContent> content)
    {
        foreach ((string name, int node) in folders[folder])
        {
            string childPath = $"{path}/{name}";
            if (_files.TryGetValue(node, out FileState? file))
            {
                entries.Add((childPath, file.Pending.Count == 0 ? file.Durable : content(node).Apply(file.Durable, file.Pending)));
            }
            else
            {
                entries.Add((childPath, null));
                Collect(folders, node, childPath, entries, content);
            }
        }
    }

    private void SyncFolder(int folder)
    {
        HashSet<(int, string)> durable = [];
        for (int i = _pendingNames.Count - 1; i >= 0; i--)
        {
            PendingName change = _pendingNames[i];
            change.Unsynced.Remove(folder);
            // One that a durable one builds upon is durable with it.
            change.IsDurable = change.Unsynced.Count == 0 || change.Slots.Any(durable.Contains);
            if (change.IsDurable)
            {
                durable.UnionWith(change.Slots);
            }
        }

        foreach (PendingName change in _pendingNames.Where(change => change.IsDurable))
        {
            Rename(_names, change.Operation);
        }

        _pendingNames.RemoveAll(change => change.IsDurable);
    }

    /// <summary>A change of names that a crash may undo.</summary>
    internal sealed class PendingName(DiskOperation operation)
    {
        public DiskOperation Operation { get; } = operation;

        /// <summary>The names that it concerns.</summary>
        public (int Folder, string Name)[] Slots { get; } = operation.Kind == DiskOperationKind.Rename
            ? [(operation.Parent, operation.Name), (operation.NewParent, operation.NewName)]
            : [(operation.Parent, operation.Name)];

        /// <summary>Folders that were not synced since.</summary>
        public HashSet<int> Unsynced { get; } = operation.Kind == DiskOperationKind.Rename ? [operation.Parent, operation.NewParent] : [operation.Parent];

        public bool IsDurable { get; set; }
    }

    private sealed class FileState
    {
        public byte[] Durable { get; set; } = [];

        public List<DiskOperation> Pending { get; } = [];

        public int LastChange { get; set; }

        // Changes before a failed sync that no later sync makes certain.
        private int _doubtful;

        public void FailSync() => _doubtful = Pending.Count;

        public void Sync()
        {
            // Emptied since, the file has nothing of the doubtful content any more.
            if (_doubtful > 0 && Pending.FindIndex(_doubtful, change => change.Kind == DiskOperationKind.SetLength && change.Position == 0) < 0)
            {
                return;
            }

            Durable = UnsyncedContent.Complete.Apply(Durable, Pending);
            Pending.Clear();
            _doubtful = 0;
        }
    }
}
