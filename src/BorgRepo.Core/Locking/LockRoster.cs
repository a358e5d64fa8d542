using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Locking;

/// <summary>
/// The list of holders, a JSON object with the lists <c>shared</c> (decides whether there are readers) and
/// <c>exclusive</c> (for information only: the lock folder decides).
/// </summary>
/// <remarks>Read and changed only while the lock folder is held. Entries of others and unknown keys are kept.</remarks>
internal sealed class LockRoster(RepositoryServices services, string repositoryPath, LockIdentity own)
{
    private const string SharedKey = "shared";
    private const string ExclusiveKey = "exclusive";
    private const int EntryLength = 3;

    // Far more than any number of readers needs; a larger file is no roster.
    private const int LongestFile = 1 << 24;

    private JsonObject _document = [];
    private List<LockIdentity> _shared = [];
    private List<LockIdentity> _exclusive = [];
    private bool _isNew;

    /// <summary>Path of the file.</summary>
    public string FilePath { get; } = LockPaths.Roster(repositoryPath);

    /// <summary>The readers.</summary>
    public IReadOnlyList<LockIdentity> Shared => _shared;

    /// <summary>True if nobody is listed.</summary>
    public bool IsEmpty => _shared.Count == 0 && _exclusive.Count == 0;

    /// <summary>Reads the file. A missing, empty or damaged one is an empty roster.</summary>
    public void Load()
    {
        (_document, _shared, _exclusive) = TryParse(ReadFile()) ?? ([], [], []);
    }

    /// <summary>Drops entries whose process is gone.</summary>
    /// <param name="isReader">False if no session of this process reads: an entry of its own is a leftover then.</param>
    /// <param name="isWriter">False if no session of this process writes: the same.</param>
    /// <returns>True if there were any.</returns>
    public bool DropDead(bool isReader, bool isWriter) =>
        DropDead(_shared, SharedKey, isReader) | DropDead(_exclusive, ExclusiveKey, isWriter);

    /// <summary>Lists this process as a reader or not.</summary>
    public void SetShared(bool isListed) => Set(_shared, isListed);

    /// <summary>Lists this process as the writer or not.</summary>
    public void SetExclusive(bool isListed) => Set(_exclusive, isListed);

    /// <summary>Writes the file in place, without syncing, as borg does.</summary>
    public void Save()
    {
        WriteList(SharedKey, _shared);
        WriteList(ExclusiveKey, _exclusive);
        try
        {
            WriteInPlace(Encoding.ASCII.GetBytes(PythonJson.Write(_document)));
            _isNew = false;
        }
        catch (IOException) when (_isNew)
        {
            services.FileSystem.DeleteFile(FilePath);
            throw;
        }
    }

    /// <summary>Writes the file, or removes it if nobody is listed.</summary>
    public void SaveOrDelete()
    {
        if (IsEmpty)
        {
            services.FileSystem.DeleteFile(FilePath);
        }
        else
        {
            Save();
        }
    }

    private static (JsonObject Document, List<LockIdentity> Shared, List<LockIdentity> Exclusive)? TryParse(byte[]? content)
    {
        if (content is null)
        {
            return null;
        }
        try
        {
            return JsonNode.Parse(content, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) is JsonObject document
                && TryParseList(document[SharedKey]) is { } shared
                && TryParseList(document[ExclusiveKey]) is { } exclusive
                && PythonJson.Write(document).Length > 0
                ? (document, shared, exclusive)
                : null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: half of a surrogate pair, or bytes that are no UTF-8, in a text. Those that nobody looks
            // at show only in writing, when it would be too late.
            return null;
        }
    }

    // As with borg, one malformed entry makes the whole roster count as empty.
    private static List<LockIdentity>? TryParseList(JsonNode? node)
    {
        if (node is null)
        {
            return [];
        }
        if (node is not JsonArray entries)
        {
            return null;
        }
        List<LockIdentity> list = new(entries.Count);
        foreach (JsonNode? item in entries)
        {
            if (item is not JsonArray { Count: EntryLength } entry
                || entry[0]?.GetValueKind() != JsonValueKind.String
                || entry[1] is not JsonValue pid || !pid.TryGetValue(out int processId)
                || entry[2] is not JsonValue tid || !tid.TryGetValue(out long thread))
            {
                return null;
            }
            LockIdentity identity = new(entry[0]!.GetValue<string>(), processId, thread);
            if (!list.Contains(identity))
            {
                list.Add(identity);
            }
        }
        return list;
    }

    private void WriteInPlace(ReadOnlySpan<byte> content)
    {
        using IFile file = services.FileSystem.Open(FilePath, FileOpenKind.Update);
        int old = (int)Math.Min(file.Length, content.Length);
        if (content.Length > old)
        {
            // What needs new space goes first: on a full disk the old list stays whole, and a shorter one always fits.
            try
            {
                file.Write(content[old..], old);
            }
            catch (IOException)
            {
                file.SetLength(old);
                throw;
            }
        }
        file.Write(content[..old], 0);
        file.SetLength(content.Length);
    }

    private byte[]? ReadFile()
    {
        _isNew = false;
        try
        {
            using IFile file = services.FileSystem.Open(FilePath, FileOpenKind.Read);
            long length = file.Length;
            if (length > LongestFile)
            {
                return null;
            }
            byte[] content = new byte[length];
            int count = file.Read(content, 0);
            return content.AsSpan(0, count).ToArray();
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            _isNew = true;
            return null;
        }
    }

    private bool DropDead(List<LockIdentity> list, string name, bool isOwnEntryReal)
    {
        return list.RemoveAll(holder =>
        {
            bool isDead = holder == own ? !isOwnEntryReal : LockLiveness.IsDead(holder, services.Environment);
            if (isDead)
            {
                services.Notify(NoticeLevel.Warning, $"Removed the stale {name} entry of process {holder.ProcessId} on {holder.Host} from {FilePath}: the process is gone.");
            }
            return isDead;
        }) > 0;
    }

    private void Set(List<LockIdentity> list, bool isListed)
    {
        list.Remove(own);
        if (isListed)
        {
            list.Add(own);
        }
    }

    private void WriteList(string name, List<LockIdentity> list)
    {
        // A key that was not there appears with its first entry, as with borg.
        if (list.Count > 0 || _document.ContainsKey(name))
        {
            _document[name] = new JsonArray([.. list.Select(h => (JsonNode)new JsonArray(h.Host, h.ProcessId, h.Thread))]);
        }
    }
}
