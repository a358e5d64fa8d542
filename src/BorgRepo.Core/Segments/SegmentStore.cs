using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Segments;

/// <summary>Which segments exist, where their files are, and how one is deleted.</summary>
/// <remarks>Thread-safe: it keeps no state but its handle cache.</remarks>
public sealed class SegmentStore : IDisposable
{
    private readonly IFileSystem _fileSystem;
    private readonly int _segmentsPerDirectory;

    /// <summary>Opens the segments of a repository.</summary>
    public SegmentStore(RepositoryServices services, string repositoryPath, int segmentsPerDirectory)
    {
        _fileSystem = services.FileSystem;
        _segmentsPerDirectory = segmentsPerDirectory;
        DataPath = System.IO.Path.Combine(repositoryPath, "data");
        Handles = new HandleCache(_fileSystem, services.Environment.Time, PathOf);
    }

    /// <summary>The folder that holds the folders of segments.</summary>
    public string DataPath { get; }

    /// <summary>Open read handles.</summary>
    public HandleCache Handles { get; }

    /// <summary>Path of a segment's folder.</summary>
    public string FolderOf(uint segment) =>
        System.IO.Path.Combine(DataPath, SegmentName.FolderOf(segment, _segmentsPerDirectory));

    /// <summary>Path of a segment's file.</summary>
    public string PathOf(uint segment) => System.IO.Path.Combine(FolderOf(segment), SegmentName.FileOf(segment));

    /// <summary>All segments in ascending order, those of zero length too. Foreign names are passed over.</summary>
    /// <exception cref="MisplacedSegmentException">A segment's file is in the wrong place.</exception>
    public IEnumerable<SegmentFile> Enumerate() => Enumerate(descending: false);

    /// <summary>All segments in descending order. Reading only the first few costs one listing of <c>data</c> and of one folder.</summary>
    /// <exception cref="MisplacedSegmentException">A segment's file is in the wrong place.</exception>
    public IEnumerable<SegmentFile> EnumerateDescending() => Enumerate(descending: true);

    /// <summary>Looks whether every segment is where it belongs.</summary>
    /// <exception cref="MisplacedSegmentException">One is not.</exception>
    public void RequireInPlace()
    {
        foreach (SegmentFile _ in Enumerate())
        {
            // Enumerating is the test.
        }
    }

    /// <summary>The highest segment that exists, of whatever content.</summary>
    public uint? FindLatest()
    {
        foreach (SegmentFile file in EnumerateDescending())
        {
            return file.Number;
        }

        return null;
    }

    /// <summary>The highest committed segment: the id of the last transaction.</summary>
    public uint? FindLatestCommitted(CancellationToken cancellationToken)
    {
        foreach (SegmentFile file in EnumerateDescending())
        {
            if (CommitRule.IsCommitted(_fileSystem, file, cancellationToken))
            {
                return file.Number;
            }
        }

        return null;
    }

    /// <summary>Length of a segment's file in bytes; 0 if there is none.</summary>
    public long GetLength(uint segment)
    {
        PathInfo info = _fileSystem.GetInfo(PathOf(segment));
        return info.Kind == PathKind.File ? info.Length : 0;
    }

    /// <summary>True if the segment has content. A file of zero length counts as deleted (see <see cref="Delete"/>).</summary>
    public bool Exists(uint segment) => GetLength(segment) > 0;

    /// <summary>Opens a segment for reading from its start to its end.</summary>
    public SegmentReader OpenReader(uint segment, SegmentReadMode mode) =>
        SegmentReader.Open(_fileSystem, new SegmentFile(segment, PathOf(segment)), mode);

    /// <summary>
    /// Unlinks a segment. On a full copy-on-write volume even that may need space: then the file is emptied first, unless
    /// another name (a hard-linked copy) shares its content. A crash in between leaves a file of zero length, which
    /// means "deleted".
    /// </summary>
    public void Delete(uint segment)
    {
        Handles.Drop(segment);
        string path = PathOf(segment);
        try
        {
            _fileSystem.DeleteFile(path);
        }
        catch (IOException error) when (FileSystemErrors.IsDiskFull(error) && _fileSystem.GetLinkCount(path) == 1)
        {
            using (IFile file = _fileSystem.Open(path, FileOpenKind.Update))
            {
                file.SetLength(0);
            }

            _fileSystem.DeleteFile(path);
        }
    }

    /// <summary>
    /// Deletes every segment above a transaction, highest first: what an interrupted transaction left behind.
    /// </summary>
    /// <param name="transactionId">The last transaction, or null to delete all segments.</param>
    /// <returns>How many were deleted.</returns>
    public int DeleteAbove(uint? transactionId)
    {
        int deleted = 0;
        foreach (SegmentFile file in EnumerateDescending())
        {
            if (transactionId is { } last && file.Number <= last)
            {
                break;
            }

            Delete(file.Number);
            if (deleted++ == 0)
            {
                // The last one may carry the COMMIT of a commit that failed half-way. It must not come back after a crash when
                // others that it covers do not.
                _fileSystem.SyncDirectory(FolderOf(file.Number));
            }
        }

        return deleted;
    }

    /// <summary>Makes durable which segments there are.</summary>
    public void SyncFolders()
    {
        foreach ((uint _, string folder) in ListNumbered(DataPath, PathKind.Directory, descending: false))
        {
            _fileSystem.SyncDirectory(folder);
        }

        _fileSystem.SyncDirectory(DataPath);
    }

    /// <summary>Makes segments durable, and which of all there are, whoever wrote or removed them.</summary>
    /// <param name="after">The segment before the first one; null for all from the start.</param>
    /// <param name="upTo">The last one.</param>
    public void MakeDurable(uint? after, uint upTo)
    {
        foreach (SegmentFile file in Enumerate())
        {
            if ((after is not { } last || file.Number > last) && file.Number <= upTo)
            {
                Sync(file.Path);
            }
        }

        SyncFolders();
    }

    /// <summary>Makes removals durable and removes folders that are empty now.</summary>
    /// <param name="folders">Folders of removed segments.</param>
    public void FinishRemovals(IEnumerable<string> folders)
    {
        bool anyEmpty = false;
        foreach (string folder in folders)
        {
            if (_fileSystem.List(folder).Count == 0)
            {
                _fileSystem.DeleteDirectory(folder);
                anyEmpty = true;
            }
            else
            {
                _fileSystem.SyncDirectory(folder);
            }
        }

        if (anyEmpty)
        {
            _fileSystem.SyncDirectory(DataPath);
        }
    }

    /// <summary>Closes the read handles.</summary>
    public void Dispose() => Handles.Dispose();

    private void Sync(string path)
    {
        try
        {
            using IFile file = _fileSystem.Open(path, FileOpenKind.Update);
            file.Sync();
        }
        catch (UnauthorizedAccessException)
        {
            // A file that may not be written was not left by a writer that died just now.
        }
    }

    private IEnumerable<SegmentFile> Enumerate(bool descending)
    {
        foreach ((uint _, string folder) in ListNumbered(DataPath, PathKind.Directory, descending))
        {
            foreach ((uint number, string path) in ListSegments(folder, descending))
            {
                string expected = PathOf(number);
                if (!string.Equals(path, expected, StringComparison.Ordinal))
                {
                    throw new MisplacedSegmentException(path, expected);
                }

                yield return new SegmentFile(number, path);
            }
        }
    }

    // Without a lock the folder may have been emptied and removed since it was listed.
    private List<(uint Number, string Path)> ListSegments(string folder, bool descending)
    {
        try
        {
            return ListNumbered(folder, PathKind.File, descending);
        }
        catch (DirectoryNotFoundException) when (_fileSystem.GetInfo(folder).Kind == PathKind.Missing)
        {
            return [];
        }
    }

    // Numeric order: "10" comes after "9". The kind is tested too, as borg does since 1.2.5.
    private List<(uint Number, string Path)> ListNumbered(string directory, PathKind kind, bool descending)
    {
        List<(uint Number, string Path)> found = [];
        foreach (DirectoryItem item in _fileSystem.List(directory))
        {
            if (item.Kind == kind && SegmentName.TryParse(item.Name, out uint number))
            {
                string path = System.IO.Path.Combine(directory, item.Name);
                string name = SegmentName.FileOf(number);
                if (item.Name != name)
                {
                    // "00" beside "0": looked at here, since a search from the end may never come to what is in it.
                    throw new MisplacedSegmentException(path, System.IO.Path.Combine(directory, name));
                }

                found.Add((number, path));
            }
        }

        found.Sort((x, y) => descending ? y.Number.CompareTo(x.Number) : x.Number.CompareTo(y.Number));
        return found;
    }
}
