using System.Globalization;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Hints;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Index;

/// <summary>
/// The files that a repository keeps besides its log, for each transaction T: index.T, hints.T and integrity.T. All of them
/// can be rebuilt from the log. Here they are found, loaded with suspicion, and saved as one generation.
/// </summary>
/// <remarks>
/// Files that cannot be used are told by <see cref="IndexCorruptException"/> and <see cref="HintsCorruptException"/>, after
/// which a rebuild is in order. Failures of the file system itself (no permission, a folder of that name) pass as they are:
/// a rebuild would only hide them.
/// </remarks>
public sealed class IndexStore
{
    private readonly RepositoryServices _services;
    private readonly string _repositoryPath;
    private readonly int _workers;

    /// <summary>Works on a repository's folder.</summary>
    /// <param name="services">File system, environment, messages.</param>
    /// <param name="repositoryPath">The folder.</param>
    /// <param name="workers">Threads that read, or sum, a large index, at most.</param>
    public IndexStore(RepositoryServices services, string repositoryPath, int workers = 1)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(repositoryPath);
        _services = services;
        _repositoryPath = repositoryPath;
        _workers = workers;
    }

    /// <summary>The highest transaction that has an index; null if none has. It need not be usable.</summary>
    /// <remarks>
    /// Empty files do not count: borg 1.0 does not sync the index, so after a power cut it may be there without content.
    /// Nor do names that are no plain number, such as index.tmp and index.5.tmp of an interrupted save.
    /// </remarks>
    public uint? FindLatest()
    {
        uint? latest = null;
        foreach (DirectoryItem item in _services.FileSystem.List(_repositoryPath))
        {
            if (GenerationFile.TryParse(item.Name, GenerationFile.Index, out uint transaction) && (latest is null || transaction > latest)
                && (item.Kind != PathKind.File || _services.FileSystem.GetInfo(PathOf(item.Name)).Length > 0))
            {
                latest = transaction;
            }
        }

        return latest;
    }

    /// <summary>Loads and verifies the index of a transaction.</summary>
    /// <exception cref="IndexCorruptException">It is missing, damaged, or its integrity file says that it should be another.</exception>
    public HashIndex LoadIndex(uint transaction)
    {
        string name = GenerationFile.Name(GenerationFile.Index, transaction);
        try
        {
            using IFile file = OpenExisting(name);
            ExpectedDigests? digests = ReadExpectedDigests(transaction, name, record => record.Index);
            HashIndex index = IndexFile.Read(file, name, digests, _workers, out string? contradiction);
            if (contradiction is null)
            {
                return index;
            }

            index.Dispose();
            throw new IndexCorruptException(PathOf(name), contradiction) { IsMisleading = true };
        }
        catch (InvalidDataException error)
        {
            throw new IndexCorruptException(PathOf(name), error.Message, error);
        }
    }

    /// <summary>Loads and verifies the hints of a transaction.</summary>
    /// <remarks>
    /// Those of borg 1.0 say only which segments are compactable: see <see cref="SegmentUsage.SegmentsToMeasure"/>.
    /// </remarks>
    /// <exception cref="HintsCorruptException">They are missing, damaged, of an unknown version, or their integrity file says that they should be others.</exception>
    public SegmentUsage LoadHints(uint transaction)
    {
        string name = GenerationFile.Name(GenerationFile.Hints, transaction);
        try
        {
            using IFile file = OpenExisting(name);
            byte[] content = ReadAll(file);
            Verify(content, name, ReadExpectedDigests(transaction, name, record => record.Hints));
            SegmentUsage usage = new();
            usage.HintsVersion = HintsFormat.Read(content, usage);
            usage.DropShadowsAbove(transaction);
            return usage;
        }
        catch (InvalidDataException error)
        {
            throw new HintsCorruptException(PathOf(name), error.Message, error);
        }
    }

    /// <summary>Makes index and hints durable as those of a transaction, and removes all other generations.</summary>
    /// <remarks>
    /// When this returns they are on the disk; when it fails, or the machine does, either the former generation is still
    /// there or the new one already, or an incomplete one that is noticed and rebuilt. Room that the index was given and did
    /// not use is trimmed.
    /// </remarks>
    /// <param name="transaction">The transaction whose state they are; its COMMIT must be durable.</param>
    /// <param name="index">The index.</param>
    /// <param name="usage">The usage.</param>
    /// <param name="format">Which release's files to write.</param>
    public void Save(uint transaction, HashIndex index, SegmentUsage usage, WriteFormat format)
    {
        ArgumentNullException.ThrowIfNull(index);
        ArgumentNullException.ThrowIfNull(usage);
        index.Trim();
        GenerationWriter writer = new(_services, _repositoryPath, transaction, _workers);
        if (format == WriteFormat.Borg10)
        {
            writer.WriteAsBorg10(index, usage);
        }
        else
        {
            writer.WriteAsBorg14(index, usage);
        }

        writer.RemoveOthers();
    }

    /// <summary>True if there is a hints file of a transaction, whatever is in it.</summary>
    public bool HasHints(uint transaction) =>
        _services.FileSystem.GetInfo(PathOf(GenerationFile.Name(GenerationFile.Hints, transaction))).Kind == PathKind.File;

    /// <summary>Moves an index out of the way under a name that no borg looks at, because it is the last trace of what was there.</summary>
    public void SetAside(uint transaction)
    {
        string name = GenerationFile.Name(GenerationFile.Index, transaction);
        _services.FileSystem.Replace(PathOf(name), PathOf("beforerecover." + name));
    }

    /// <summary>Removes the index of a transaction, so that it is rebuilt; a missing one is no error.</summary>
    public void DeleteIndex(uint transaction) =>
        _services.FileSystem.DeleteFile(PathOf(GenerationFile.Name(GenerationFile.Index, transaction)));

    /// <summary>Removes the hints of a transaction; missing ones are no error.</summary>
    public void DeleteHints(uint transaction) =>
        _services.FileSystem.DeleteFile(PathOf(GenerationFile.Name(GenerationFile.Hints, transaction)));

    private static void Verify(ReadOnlySpan<byte> content, string name, ExpectedDigests? expected)
    {
        if (expected is not null)
        {
            using FileDigest digest = new(expected.Algorithm, name);
            digest.Append(content);
            expected.Verify(IntegrityFormat.FinalPart, digest.EndPart(IntegrityFormat.FinalPart));
        }
    }

    private static byte[] ReadAll(IFile file)
    {
        long length = file.Length;
        if (length > Array.MaxLength)
        {
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"it has {length} bytes, which is beyond reason"));
        }

        byte[] content = GC.AllocateUninitializedArray<byte>((int)length);
        return file.Read(content, 0) == content.Length ? content : throw new InvalidDataException("it became shorter while it was read");
    }

    /// <summary>What the integrity file says of a file; null, after a warning where it is due, if nothing vouches for it.</summary>
    /// <exception cref="InvalidDataException">It says something, but that cannot be understood: the file counts as damaged.</exception>
    private ExpectedDigests? ReadExpectedDigests(uint transaction, string name, Func<IntegrityRecord, ReadOnlyMemory<byte>?> select)
    {
        if (ReadIntegrity(transaction, name) is not { } record)
        {
            return null;
        }

        if (record.Version != IntegrityFormat.Version)
        {
            Warn(name, string.Create(CultureInfo.InvariantCulture, $"its integrity file has the unknown version {record.Version}"));
            return null;
        }

        if (select(record) is not { } json)
        {
            Warn(name, "its integrity file does not mention it");
            return null;
        }

        ExpectedDigests? expected = IntegrityFormat.ReadDigests(json, out string algorithm);
        if (expected is null)
        {
            Warn(name, $"its integrity file uses the unknown algorithm {algorithm}");
        }

        return expected;
    }

    private IntegrityRecord? ReadIntegrity(uint transaction, string name)
    {
        try
        {
            using IFile file = _services.FileSystem.Open(PathOf(GenerationFile.Name(GenerationFile.Integrity, transaction)), FileOpenKind.Read);
            return file.Length <= IntegrityFormat.MaxFileSize
                ? IntegrityFormat.Read(ReadAll(file))
                : throw new InvalidDataException("it is far too long");
        }
        catch (FileNotFoundException)
        {
            // Normal after borg 1.0, which does not know such files.
            return null;
        }
        catch (InvalidDataException error)
        {
            // borg 1.1 and later end with a stack trace here; the data has done nothing to deserve that.
            Warn(name, $"its integrity file is garbage: {error.Message}");
            return null;
        }
    }

    private IFile OpenExisting(string name)
    {
        try
        {
            return _services.FileSystem.Open(PathOf(name), FileOpenKind.Read);
        }
        catch (FileNotFoundException error)
        {
            throw new InvalidDataException("it is missing", error);
        }
    }

    private void Warn(string name, string reason) =>
        _services.Notify(NoticeLevel.Warning, $"{PathOf(name)} is used without verification: {reason}.");

    private string PathOf(string name) => Path.Combine(_repositoryPath, name);
}
