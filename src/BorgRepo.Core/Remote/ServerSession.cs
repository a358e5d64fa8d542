using System.Globalization;
using BorgRepo.Core.Checking;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Segments;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Remote;

/// <summary>The repository that a client has opened, and what it may be asked.</summary>
/// <remarks>Requests come from one thread; <see cref="Close"/> may come from another one, to stop everything.</remarks>
internal sealed class ServerSession(ServerOptions options, RepositoryServices services, ServerLog log, CancellationToken stopping) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly PathPolicy _paths = new(options, services.FileSystem);
    private readonly ObjectBuffer _buffer = new();
    private Repository? _repository;
    private OpenOptions _openOptions = new();
    private bool _isClosed;

    /// <summary>Answers a request.</summary>
    public RpcResult Invoke(in RpcRequest request)
    {
        RpcArguments arguments = request.Arguments;
        switch (request.Method)
        {
            case RpcMethod.Negotiate:
                return Negotiate(request);
            case RpcMethod.Open:
                return Open(arguments);
            case RpcMethod.BreakLock:
                Repository.BreakLock(Require(request).Path, services);
                return RpcResult.Nil;
            case RpcMethod.Put:
                Require(request).Put(arguments.GetId("id", 0), arguments.GetBytes("data", 1));
                return RpcResult.Nil;
            case RpcMethod.Get:
                Require(request).Get(arguments.GetId("id", 0), _buffer);
                return RpcResult.FromBytes(_buffer.ValueMemory);
            case RpcMethod.Delete:
                Require(request).Delete(arguments.GetId("id", 0));
                return RpcResult.Nil;
            case RpcMethod.List:
                return List(Require(request), arguments, isDiskOrder: false);
            case RpcMethod.Scan:
                return List(Require(request), arguments, isDiskOrder: true);
            case RpcMethod.Count:
                return RpcResult.FromNumber((ulong)Require(request).Count);
            case RpcMethod.Commit:
                return Commit(Require(request), arguments);
            case RpcMethod.Rollback:
                Require(request).Rollback();
                return RpcResult.Nil;
            case RpcMethod.Destroy:
                return Destroy(Require(request));
            default:
                return InvokeRare(request);
        }
    }

    /// <summary>Closes the repository as borg does at the end of a connection: the lock is released, nothing is committed or removed.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            _repository?.Abandon();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Close();
        _buffer.Dispose();
    }

    private RpcResult InvokeRare(in RpcRequest request)
    {
        RpcArguments arguments = request.Arguments;
        switch (request.Method)
        {
            case RpcMethod.Check:
                return Check(Require(request), arguments);
            case RpcMethod.LoadKey:
                return RpcResult.FromBytes(System.Text.Encoding.UTF8.GetBytes(Require(request).LoadKey()));
            case RpcMethod.SaveKey:
                Require(request);
                string key = arguments.GetText("keydata", 0);
                WithWriteAccess(repository => repository.SaveKey(key));
                return RpcResult.Nil;
            case RpcMethod.GetFreeNonce:
                return RpcResult.FromNumber(RequireExclusive(request).GetFreeNonce());
            case RpcMethod.CommitNonceReservation:
                RequireExclusive(request);
                ulong next = arguments.GetUnsignedOrNil("next_unreserved", 0)
                    ?? throw new RpcArgumentException("TypeError", "missing argument: 'next_unreserved'");
                ulong? start = arguments.GetUnsignedOrNil("start_nonce", 1);
                WithWriteAccess(repository => repository.CommitNonceReservation(next, start));
                return RpcResult.Nil;
            case RpcMethod.InjectException:
                throw new RpcErrorException(RpcError.Injected(arguments.GetText("kind", 0)));
            default:
                throw new RpcErrorException(RpcError.InvalidMethod(request.MethodName));
        }
    }

    private RpcResult Negotiate(in RpcRequest request)
    {
        // Clients since 1.1 send a map, and read JSON lines from now on; those of 1.0 send the number of the protocol.
        bool isMap = request.Arguments.IsMap("client_data", 0);
        bool isOld = !isMap && request.Arguments.GetIntegerOrNil("client_data", 0) == RpcProtocol.Version;
        log.UseJson |= isMap;
        return RpcResult.Negotiated(withVersion: !isOld);
    }

    private RpcResult Open(in RpcArguments arguments)
    {
        string path = _paths.Resolve(arguments.GetBytes("path", 0));
        bool isNew = arguments.GetFlag("create", 1, missing: false);
        TimeSpan? wait = LimitWait(arguments.GetNumberOrNil("lock_wait", 2));
        bool takesLock = arguments.GetFlag("lock", 3, missing: true);
        bool? isExclusive = arguments.GetFlagOrNil("exclusive", 4, missing: null);
        bool appendOnly = arguments.GetFlag("append_only", 5, missing: false);
        bool createsParents = arguments.GetFlag("make_parent_dirs", 6, missing: false);

        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            _repository?.Abandon();
            _repository = null;
            if (isNew)
            {
                Repository.Create(
                    path,
                    new CreateOptions { AppendOnly = appendOnly, StorageQuota = options.StorageQuota ?? 0, CreateParents = createsParents },
                    services);
            }

            _openOptions = new OpenOptions
            {
                Access = !takesLock ? SessionAccess.ReadNoLock
                    : isExclusive switch { true => SessionAccess.Write, false => SessionAccess.Read, null => SessionAccess.Undeclared },
                LockWait = wait,
                // Creating is not held back by the server's append-only: a first commit removes nothing.
                AppendOnly = appendOnly || (options.AppendOnly && !isNew),
                StorageQuota = options.StorageQuota,
            };
            _repository = Repository.Open(path, _openOptions, services, stopping);
            return RpcResult.FromBytes(_repository.Id.ToArray());
        }
    }

    private TimeSpan? LimitWait(double? seconds)
    {
        TimeSpan? asked = seconds is { } value ? ToTime(value) : null;
        return options.LockWait is { } longest && (asked is null || asked > longest) ? longest : asked;
    }

    private static TimeSpan ToTime(double seconds) => TimeSpan.FromSeconds(Math.Clamp(seconds, 0, TimeSpan.MaxValue.TotalSeconds / 2));

    private static RpcResult List(Repository repository, in RpcArguments arguments, bool isDiskOrder)
    {
        long? limit = arguments.GetIntegerOrNil("limit", 0);
        if (limit < 0)
        {
            throw new RpcArgumentException("ValueError", "argument 'limit' is negative");
        }

        // One more than allowed is enough to know that there are too many.
        int most = (int)Math.Min(limit ?? int.MaxValue, RpcProtocol.LongestIdList + 1);
        ObjectId? marker = arguments.GetIdOrNil("marker", 1);
        List<ObjectId> ids = isDiskOrder
            ? [.. repository.Scan(most, marker).Select(static info => info.Id)]
            : [.. repository.List(most, marker)];
        return ids.Count <= RpcProtocol.LongestIdList
            ? RpcResult.FromIds(ids)
            : throw new RpcArgumentException(
                "ValueError",
                string.Create(CultureInfo.InvariantCulture, $"more than {RpcProtocol.LongestIdList} ids: ask for them in parts, with limit and marker"));
    }

    private RpcResult Commit(Repository repository, in RpcArguments arguments)
    {
        // Clients before 1.2 do not know the last three arguments: their commits always compacted, and do here.
        repository.Commit(
            new CommitOptions
            {
                SaveSpace = arguments.GetFlag("save_space", 0, missing: false),
                Compact = arguments.GetFlag("compact", -1, missing: true),
                Threshold = arguments.GetNumberOrNil("threshold", -1) ?? 0.1,
                RemoveEmptyCommits = arguments.GetFlag("cleanup_commits", -1, missing: false),
            },
            stopping);

        // Like borg's, this server reads anew after each commit what the disk has. Once in half an hour that costs nothing, and
        // a client that goes on for weeks hears of damage.
        repository.Refresh();
        return RpcResult.Nil;
    }

    private RpcResult Check(Repository repository, in RpcArguments arguments)
    {
        double seconds = arguments.GetNumberOrNil("max_duration", -1) ?? 0;
        CheckOptions check = new()
        {
            Repair = arguments.GetFlag("repair", 0, missing: false),
            MaxDuration = seconds > 0 ? ToTime(seconds) : null,
            Workers = options.CheckWorkers,
        };
        uint? last = HealCaches(repository);
        int errors = 0;
        CheckResult result = repository.Check(
            check,
            finding =>
            {
                errors += finding.Severity == FindingSeverity.Error && !IsBehindLog(finding, last) ? 1 : 0;
                services.Notify(LevelOf(finding.Severity), finding.Message);
            },
            stopping);
        if (check.IsWhole && result.ErrorCount == 0)
        {
            services.Notify(NoticeLevel.Information, $"Index object count match: {result.ObjectCount} objects. Repository check found no problems.");
        }

        return RpcResult.FromFlag(result.Passed || errors == 0);
    }

    // To borg the log ends with the last segment that is committed, whatever stands behind it. Its users are told of a lost
    // COMMIT by the message; the answer is the one that a client of borg expects.
    private static bool IsBehindLog(Finding finding, uint? last) =>
        finding.Kind is FindingKind.MissingCommit or FindingKind.DamagedCommit || (last is not null && finding.Segment > last);

    // Clients rely on it that a check brings a lost or outdated index in order first. What cannot be healed is the check's
    // business to report.
    private static uint? HealCaches(Repository repository)
    {
        try
        {
            return repository.TransactionId;
        }
        catch (BorgRepositoryException error) when (error is CheckNeededException or IntegrityException or SegmentMissingException or MisplacedSegmentException)
        {
            return null;
        }
    }

    private static NoticeLevel LevelOf(FindingSeverity severity) => severity switch
    {
        FindingSeverity.Error => NoticeLevel.Error,
        FindingSeverity.Warning => NoticeLevel.Warning,
        _ => NoticeLevel.Information,
    };

    private RpcResult Destroy(Repository repository)
    {
        repository.Destroy();
        lock (_gate)
        {
            _repository = null;
        }

        return RpcResult.Nil;
    }

    /// <summary>
    /// Changes something besides the objects. Clients do that in sessions that were opened for reading too, some without any
    /// lock; here it takes the exclusive lock all the same, for as long as it lasts.
    /// </summary>
    private void WithWriteAccess(Action<Repository> change)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            Repository session = _repository!;
            if (session.Access is SessionAccess.Write or SessionAccess.Undeclared)
            {
                change(session);
                return;
            }

            // The session's own shared lock would be in the way.
            session.Close();
            try
            {
                using Repository writer = Repository.Open(session.Path, _openOptions with { Access = SessionAccess.Write }, services, stopping);
                change(writer);
            }
            finally
            {
                _repository = null;
                _repository = Repository.Open(session.Path, _openOptions, services, stopping);
            }
        }
    }

    // Nonces are handed out under the lock or not at all.
    private Repository RequireExclusive(in RpcRequest request)
    {
        Repository repository = Require(request);
        return repository.HoldsExclusiveLock || repository.Access == SessionAccess.ReadNoLock
            ? repository
            : throw new RpcErrorException(RpcError.NotExclusive(request.MethodName));
    }

    private Repository Require(in RpcRequest request) =>
        _repository ?? throw new RpcErrorException(RpcError.NotOpen(request.MethodName));
}
