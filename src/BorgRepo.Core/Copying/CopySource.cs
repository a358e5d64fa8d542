using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Index;
using BorgRepo.Core.Segments;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Transactions;

namespace BorgRepo.Core.Copying;

/// <summary>
/// The repository that is copied, at the moment of its last transaction. Its lock is held, so nothing of it changes: segments
/// are never written again, and only a holder of the exclusive lock removes any.
/// </summary>
internal sealed class CopySource
{
    private readonly LogContext _context;

    public CopySource(LogContext context, RepositoryConfig config, CommittedState state)
    {
        _context = context;
        Config = config;
        State = state;
        Segments = ListSegments();
    }

    /// <summary>Its settings.</summary>
    public RepositoryConfig Config { get; }

    /// <summary>Its index.</summary>
    public CommittedState State { get; }

    /// <summary>Its last transaction; null if there was none yet.</summary>
    public uint? TransactionId => State.TransactionId;

    /// <summary>Its segments up to the last transaction. Without files of zero length, which mean "deleted".</summary>
    public SortedDictionary<uint, SourceSegment> Segments { get; }

    public RepositoryServices Services => _context.Services;

    /// <summary>Name of a segment's file, relative to the repository.</summary>
    public string NameOf(uint segment) =>
        $"data/{SegmentName.FolderOf(segment, Config.SegmentsPerDirectory)}/{SegmentName.FileOf(segment)}";

    /// <summary>Full path of a file.</summary>
    public string PathOf(string name) => Path.Combine(_context.Path, name);

    /// <summary>Reads what has to be known of a segment.</summary>
    public SegmentShape ReadShape(in SourceSegment segment, CancellationToken cancellationToken) =>
        SegmentShape.Read(_context.Services.FileSystem, new SegmentFile(segment.Number, segment.Path), cancellationToken);

    /// <summary>All of a file of the source.</summary>
    /// <returns>Null if there is none.</returns>
    public CopyItem? Find(string name)
    {
        PathInfo info = _context.Services.FileSystem.GetInfo(PathOf(name));
        return info.Kind == PathKind.File ? new CopyItem(name, PathOf(name), info.Length) : null;
    }

    /// <summary>Integrity, hints and index of the last transaction, in the order in which they have to take their names.</summary>
    /// <exception cref="CheckNeededException">There is no index, and it cannot be saved without a lock.</exception>
    public IReadOnlyList<CopyItem> FindGeneration()
    {
        if (TransactionId is not { } transaction)
        {
            return [];
        }

        CopyItem? index = Find(GenerationFile.Name(GenerationFile.Index, transaction));
        CopyItem? hints = Find(GenerationFile.Name(GenerationFile.Hints, transaction));
        if (index is null || hints is null || _context.Indexes.FindLatest() != transaction)
        {
            throw new CheckNeededException(_context.Path, $"The index of transaction {transaction} is not saved. Opening it under its lock saves it.");
        }

        return Find(GenerationFile.Name(GenerationFile.Integrity, transaction)) is { } integrity
            ? [integrity, hints.Value, index.Value]
            : [hints.Value, index.Value];
    }

    /// <summary>The next free nonce; null if none was reserved yet.</summary>
    public ulong? ReadNonce() => new NonceFile(_context.Services, _context.Path).Read();

    /// <summary>True if nobody changed it, with or without a right to.</summary>
    public bool IsUnchanged(CancellationToken cancellationToken) =>
        _context.Store.FindLatestCommitted(cancellationToken) == TransactionId
        && ListSegments().SequenceEqual(Segments);

    private SortedDictionary<uint, SourceSegment> ListSegments()
    {
        SortedDictionary<uint, SourceSegment> segments = [];
        foreach (SegmentFile file in _context.Store.Enumerate())
        {
            PathInfo info = _context.Services.FileSystem.GetInfo(file.Path);
            if (file.Number <= TransactionId && info.Length > 0)
            {
                segments.Add(file.Number, new SourceSegment(file.Number, file.Path, info.Length, info.LastWriteUtc));
            }
        }

        return segments;
    }
}
