using BorgRepo.Core.Format;
using BorgRepo.Core.Index;

namespace BorgRepo.Core.Copying;

/// <summary>
/// A place that a repository is copied to. It knows files, <see cref="CopyRun"/> knows what they mean and in which order they
/// may come: everything before a <see cref="Settle"/> is durable before anything after it. Names are relative to the
/// repository, with slashes. Each file takes its name as a whole: under it is the former content or the new one.
/// </summary>
public interface ICopyDestination : IDisposable
{
    /// <summary>Path or location, for messages.</summary>
    string Name { get; }

    /// <summary>Bytes that can still be written; null if unknown.</summary>
    long? AvailableBytes { get; }

    /// <summary>Makes the folder if it is not there, and nothing above it.</summary>
    void Create(CancellationToken cancellationToken);

    /// <summary>Keeps everybody else from writing.</summary>
    /// <param name="wait">How long to wait at most; null waits for ever.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    void Lock(TimeSpan? wait, CancellationToken cancellationToken);

    /// <summary>Asks whether the lock is still there.</summary>
    /// <exception cref="Errors.LockLostException">Somebody broke it.</exception>
    void RequireLock(CancellationToken cancellationToken);

    /// <summary>Gives the lock back, and takes a folder away that was made and stayed empty. Never throws.</summary>
    void Unlock();

    /// <summary>Names and lengths of all files that may belong to a repository; empty if nothing is there.</summary>
    IReadOnlyDictionary<string, long> List(CancellationToken cancellationToken);

    /// <summary>The content of a small file; null if there is none.</summary>
    byte[]? Read(string name, CancellationToken cancellationToken);

    /// <summary>The highest committed segment; null if none is.</summary>
    uint? FindLatestCommitted(RepositoryConfig config, CopyManifest manifest, CancellationToken cancellationToken);

    /// <summary>The index of the destination's last transaction; null if it cannot be had.</summary>
    HashIndex? LoadIndex(RepositoryConfig config, uint transactionId, CancellationToken cancellationToken);

    /// <summary>Whether a segment can be read without an error; null if this place cannot tell.</summary>
    bool? IsSound(string name, uint segment, CancellationToken cancellationToken);

    /// <summary>Which of the items differ from the files of their names. Reads both.</summary>
    IReadOnlySet<string> FindDifferent(IReadOnlyList<CopyItem> items, TransferMonitor monitor);

    /// <summary>Copies items, in any order among them, each verified before it takes its name. One that is there already stays.</summary>
    void Put(IReadOnlyList<CopyItem> items, TransferMonitor monitor);

    /// <summary>Writes a small file.</summary>
    void Write(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>Writes the config. A former one is replaced as a whole, and a key in it erased where that is possible.</summary>
    void WriteConfig(RepositoryConfig config, CancellationToken cancellationToken);

    /// <summary>Copies a file within the destination.</summary>
    void Duplicate(string name, string newName, TransferMonitor monitor);

    /// <summary>Gives a file another name.</summary>
    void Rename(string name, string newName, CancellationToken cancellationToken);

    /// <summary>Removes a file; a missing one is no error.</summary>
    void Delete(string name, CancellationToken cancellationToken);

    /// <summary>Makes everything durable that was done so far.</summary>
    void Settle(CancellationToken cancellationToken);

    /// <summary>Removes what transfers left, and folders of segments that became empty.</summary>
    void Finish(CancellationToken cancellationToken);
}
