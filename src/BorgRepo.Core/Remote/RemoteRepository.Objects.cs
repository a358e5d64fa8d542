using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;

namespace BorgRepo.Core.Remote;

/// <content>Objects, transactions and the key.</content>
public sealed partial class RemoteRepository
{
    private const int PageLength = 10_000;
    private const int LeastWindow = 2;
    private const long WindowBytes = 32 * 1024 * 1024;

    /// <inheritdoc/>
    public int Count => checked((int)Invoke("__len__").ToNumber().GetValueOrDefault());

    /// <inheritdoc/>
    /// <remarks>The protocol has no such question: the value is fetched.</remarks>
    public bool Contains(in ObjectId id)
    {
        try
        {
            GetValue(id);
            return true;
        }
        catch (ObjectNotFoundException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public byte[] GetValue(in ObjectId id)
    {
        ThrowIfClosed();
        return _client.Invoke("get", CancellationToken.None, new RpcArgument("id", id)).ToBytes();
    }

    /// <inheritdoc/>
    public IEnumerable<ObjectReading> ReadMany(IEnumerable<ObjectId> ids)
    {
        ThrowIfClosed();
        Queue<(ObjectId Id, RpcCall Call)> sent = new();
        long average = WindowBytes / LeastWindow;
        try
        {
            foreach (ObjectId id in ids)
            {
                // As many at once as their usual size allows: small ones hide the way to the server, large ones fill memory.
                while (sent.Count >= Math.Clamp(WindowBytes / Math.Max(average, 1), LeastWindow, RpcProtocol.MostInFlight))
                {
                    yield return Receive(sent.Dequeue(), ref average);
                }

                sent.Enqueue((id, _client.Send("get", new RpcArgument("id", id))));
            }

            while (sent.Count > 0)
            {
                yield return Receive(sent.Dequeue(), ref average);
            }
        }
        finally
        {
            foreach ((_, RpcCall call) in sent)
            {
                _client.Abandon(call);
            }
        }
    }

    /// <inheritdoc/>
    public IEnumerable<ObjectId> List(int? limit = null, ObjectId? after = null) =>
        ListPages("list", limit, after, CancellationToken.None);

    /// <inheritdoc/>
    public IEnumerable<ObjectId> ListInDiskOrder(int? limit = null, ObjectId? after = null, CancellationToken cancellationToken = default) =>
        ListPages("scan", limit, after, cancellationToken);

    /// <inheritdoc/>
    public void Put(in ObjectId id, ReadOnlySpan<byte> value)
    {
        RequireWritable();
        if (value.Length > LogEntry.MaxValueSize)
        {
            throw new ValueTooLargeException(value.Length);
        }

        _inTransaction = true;
        _client.Post("put", new RpcArgument("id", id), value);
    }

    /// <inheritdoc/>
    public void Delete(in ObjectId id)
    {
        RequireWritable();

        // Waited for: a caller must hear at once that there is none, and go on with the next.
        _client.Invoke("delete", CancellationToken.None, new RpcArgument("id", id));
        _inTransaction = true;
    }

    /// <inheritdoc/>
    public uint? Commit(CommitOptions? options = null, CancellationToken cancellationToken = default)
    {
        ThrowIfClosed();
        if (!_inTransaction)
        {
            return null;
        }

        // Nothing is committed before it is certain that everything arrived.
        _client.Settle(cancellationToken);
        CommitOptions commit = options ?? new CommitOptions();
        _isCommitting = true;
        try
        {
            // From here on not to be cancelled: nobody could tell what became of it.
            _client.Invoke(
                "commit",
                CancellationToken.None,
                new RpcArgument("save_space", commit.SaveSpace),
                new RpcArgument("compact", commit.Compact, Since10: false),
                new RpcArgument("threshold", commit.Threshold, Since10: false),
                new RpcArgument("cleanup_commits", commit.RemoveEmptyCommits, Since10: false));
        }
        catch (RemoteConnectionException error)
        {
            throw new RemoteConnectionException(Path, $"it is not known whether the commit took place. {error.Reason}", error);
        }
        finally
        {
            _isCommitting = false;
        }

        _inTransaction = false;
        return null;
    }

    /// <inheritdoc/>
    public void Rollback()
    {
        ThrowIfClosed();
        if (_inTransaction)
        {
            Invoke("rollback");
            _client.ForgetFailure();
            _inTransaction = false;
        }
    }

    /// <summary>
    /// Lets the server compact. That is a part of a commit there, and a commit needs a change: an object is stored again as it
    /// is, the manifest if there is one. In an empty repository there is nothing to do.
    /// </summary>
    /// <param name="threshold">Share of a segment that must be freeable for it to be compacted, 0 - 1.</param>
    /// <param name="removeEmptyCommits">Remove segments that hold nothing but an old COMMIT.</param>
    /// <param name="saveSpace">Free old segments as early as possible.</param>
    /// <param name="cancellationToken">Checked before the commit.</param>
    /// <exception cref="InvalidTransactionStateException">A transaction is under way.</exception>
    public void Compact(double threshold, bool removeEmptyCommits, bool saveSpace, CancellationToken cancellationToken = default)
    {
        RequireWritable();
        if (_inTransaction)
        {
            throw new InvalidTransactionStateException("Cannot compact while a transaction is under way: commit or roll back first.");
        }

        foreach (ObjectReading reading in ReadMany([ObjectId.Manifest, .. List(1)]))
        {
            if (reading.IsRead)
            {
                Put(reading.Id, reading.Value);
                Commit(new CommitOptions { Compact = true, Threshold = threshold, RemoveEmptyCommits = removeEmptyCommits, SaveSpace = saveSpace }, cancellationToken);
                return;
            }
        }
    }

    /// <summary>Verifies the repository, and repairs it if asked to. The server's findings come as messages.</summary>
    /// <param name="repair">Repair what is found.</param>
    /// <param name="maxDuration">Stop after this time; null for a whole check.</param>
    /// <param name="cancellationToken">Interrupts the waiting, not the server.</param>
    /// <returns>True if no error was found, or all were repaired.</returns>
    public bool Check(bool repair, TimeSpan? maxDuration, CancellationToken cancellationToken = default)
    {
        ThrowIfClosed();
        List<RpcArgument> arguments = [new("repair", repair), new("save_space", false)];
        if (maxDuration is { } limit)
        {
            arguments.Add(new RpcArgument("max_duration", (int)Math.Ceiling(limit.TotalSeconds), Since10: false));
        }

        return _client.Invoke("check", cancellationToken, [.. arguments]).ToFlag();
    }

    /// <inheritdoc/>
    public string LoadKey()
    {
        try
        {
            return Invoke("load_key").ToText();
        }
        catch (RemoteServerException error) when (error.ClassName == "NoOptionError")
        {
            // How servers of 1.0 say that there is none.
            return string.Empty;
        }
    }

    /// <inheritdoc/>
    public void SaveKey(string text)
    {
        RequireWritable();
        _client.Invoke("save_key", CancellationToken.None, new RpcArgument("keydata", text));
    }

    /// <inheritdoc/>
    public void Destroy()
    {
        RequireWritable();
        Invoke("destroy");
        _inTransaction = false;
        Close();
    }

    private ObjectReading Receive((ObjectId Id, RpcCall Call) sent, ref long average)
    {
        try
        {
            byte[] value = _client.Wait(sent.Call, CancellationToken.None).ToBytes();
            average = (average + value.Length) / 2;
            return new ObjectReading(sent.Id, value, null);
        }
        catch (BorgRepositoryException error) when (ConcernsOneObject(error))
        {
            return new ObjectReading(sent.Id, null, error);
        }
    }

    // A segment that is missing there is an error of its operating system.
    private static bool ConcernsOneObject(BorgRepositoryException error) =>
        ObjectReading.ConcernsOneObject(error) || error is RemoteServerException { ClassName: "FileNotFoundError" or "OSError" or "IntegrityError" };

    private IEnumerable<ObjectId> ListPages(string method, int? limit, ObjectId? after, CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        int left = limit ?? int.MaxValue;
        while (left > 0)
        {
            int page = Math.Min(left, PageLength);
            ObjectId[] ids = _client.Invoke(
                method, cancellationToken, new RpcArgument("limit", page), new RpcArgument("marker", after)).ToIds();
            foreach (ObjectId id in ids)
            {
                yield return id;
            }

            left = ids.Length < page ? 0 : left - ids.Length;
            after = ids is [.., var last] ? last : after;
        }
    }

    private RpcReply Invoke(string method)
    {
        ThrowIfClosed();
        return _client.Invoke(method, CancellationToken.None);
    }

    private void RequireWritable()
    {
        ThrowIfClosed();
        if (Access is SessionAccess.Read or SessionAccess.ReadNoLock)
        {
            throw new InvalidTransactionStateException($"{Path} was opened for reading only.");
        }
    }
}
