using System.Buffers;
using BorgRepo.Core.Format;
using BorgRepo.Core.Hints;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Index;

/// <summary>
/// Saves one generation of index, hints and integrity. The order of the steps is what makes a crash between any two of them
/// harmless (docs/durability.md):
/// 1. all files are written under temporary names and synced: nothing that is in use has changed yet;
/// 2. integrity and hints take their places first: without their index they are ignored, but an index never comes without
///    its integrity, and real borg stumbles over one without hints;
/// 3. the folder is synced, and only then the index takes its place: its name is what makes the generation the current one;
/// 4. the folder is synced, and only then other generations are removed.
/// </summary>
internal sealed class GenerationWriter
{
    private const string TemporarySuffix = ".tmp";

    private readonly RepositoryServices _services;
    private readonly string _repositoryPath;
    private readonly uint _transaction;
    private readonly int _workers;
    private readonly string _index;
    private readonly string _hints;
    private readonly string _integrity;

    public GenerationWriter(RepositoryServices services, string repositoryPath, uint transaction, int workers)
    {
        _services = services;
        _repositoryPath = repositoryPath;
        _transaction = transaction;
        _workers = workers;
        _index = GenerationFile.Name(GenerationFile.Index, transaction);
        _hints = GenerationFile.Name(GenerationFile.Hints, transaction);
        _integrity = GenerationFile.Name(GenerationFile.Integrity, transaction);
    }

    private IFileSystem Files => _services.FileSystem;

    /// <summary>As borg 1.1 and later: hints of version 2, with an integrity file.</summary>
    public void WriteAsBorg14(HashIndex index, SegmentUsage usage)
    {
        string hintsTemporary = PathOf(_hints + TemporarySuffix);
        string indexTemporary = PathOf(_index + TemporarySuffix);
        string integrityTemporary = PathOf(_integrity + TemporarySuffix);
        RemovingOnFailure([hintsTemporary, indexTemporary, integrityTemporary], () =>
        {
            string hintsFinal = WriteHints(hintsTemporary, usage, WriteFormat.Borg14);
            (string indexHeader, string indexFinal) = WriteIndex(indexTemporary, index, WriteFormat.Borg14);
            WriteIntegrity(integrityTemporary, hintsFinal, indexHeader, indexFinal);

            Files.Replace(integrityTemporary, PathOf(_integrity));
            Files.Replace(hintsTemporary, PathOf(_hints));
            Files.SyncDirectory(_repositoryPath);
            Files.Replace(indexTemporary, PathOf(_index));
            Files.SyncDirectory(_repositoryPath);
        });
    }

    /// <summary>As borg 1.0: hints of version 1, no integrity file. Unlike it, the index is synced before it takes its name.</summary>
    public void WriteAsBorg10(HashIndex index, SegmentUsage usage)
    {
        string hintsTemporary = PathOf(_hints + TemporarySuffix);
        string indexTemporary = PathOf(GenerationFile.Index + TemporarySuffix);
        RemovingOnFailure([hintsTemporary, indexTemporary], () =>
        {
            WriteHints(hintsTemporary, usage, WriteFormat.Borg10);

            // A stale one of this transaction would make borg 1.1 and later take the new files for damaged.
            Files.DeleteFile(PathOf(_integrity));
            Files.Replace(hintsTemporary, PathOf(_hints));
            WriteIndex(indexTemporary, index, WriteFormat.Borg10);
            Files.SyncDirectory(_repositoryPath);
            Files.Replace(indexTemporary, PathOf(_index));
            Files.SyncDirectory(_repositoryPath);
        });
    }

    /// <summary>
    /// Removes the files of all other generations and whatever interrupted saves left. What cannot be removed, say because
    /// another program has it open, is no reason to call the save failed: it is older, so nobody uses it, and the next save
    /// tries again.
    /// </summary>
    public void RemoveOthers() => Tolerate(() =>
    {
        foreach (DirectoryItem item in Files.List(_repositoryPath))
        {
            if (item.Kind != PathKind.Directory && GenerationFile.IsOfAnother(item.Name, _transaction))
            {
                Tolerate(() => Files.DeleteFile(PathOf(item.Name)));
            }
        }
    });

    private string WriteHints(string path, SegmentUsage usage, WriteFormat format)
    {
        using IFile file = Files.Open(path, FileOpenKind.Overwrite);
        using FileDigest digest = new(DigestAlgorithm.XxHash64, _hints);
        using DigestedFileWriter writer = new(file, digest);
        if (format == WriteFormat.Borg10)
        {
            HintsFormat.WriteVersion1(writer, usage);
        }
        else
        {
            HintsFormat.WriteVersion2(writer, usage);
        }

        writer.Flush();
        file.Sync();
        return digest.EndPart(IntegrityFormat.FinalPart);
    }

    private (string Header, string Final) WriteIndex(string path, HashIndex index, WriteFormat format)
    {
        using IFile file = Files.Open(path, FileOpenKind.Overwrite);
        using FileDigest? digest = format == WriteFormat.Borg10 ? null : new FileDigest(DigestAlgorithm.XxHash64, _index);
        (string Header, string Final) digests = IndexFile.Write(file, index, digest, _workers);
        file.Sync();
        return digests;
    }

    private void WriteIntegrity(string path, string hintsFinal, string indexHeader, string indexFinal)
    {
        ArrayBufferWriter<byte> content = new();
        IntegrityFormat.Write(content, hintsFinal, indexHeader, indexFinal);
        using IFile file = Files.Open(path, FileOpenKind.Overwrite);
        file.Write(content.WrittenSpan, 0);
        file.Sync();
    }

    /// <summary>
    /// Does the steps; when one fails, removes the temporary files, as far as that works: on a full disk their room is
    /// needed. The error that is passed on is that of the step.
    /// </summary>
    private void RemovingOnFailure(ReadOnlySpan<string> temporaries, Action steps)
    {
        bool isDone = false;
        try
        {
            steps();
            isDone = true;
        }
        finally
        {
            foreach (string path in isDone ? [] : temporaries)
            {
                Tolerate(() => Files.DeleteFile(path));
            }
        }
    }

    private void Tolerate(Action removal)
    {
        try
        {
            removal();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _services.Notify(NoticeLevel.Warning, $"A file that is no longer needed stays in {_repositoryPath}: {error.Message}");
        }
    }

    private string PathOf(string name) => Path.Combine(_repositoryPath, name);
}
