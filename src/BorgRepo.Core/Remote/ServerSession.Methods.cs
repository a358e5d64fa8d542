using System.Globalization;
using BorgRepo.Core.Checking;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Remote;

/// <content>Methods with more to them than passing arguments on.</content>
internal sealed partial class ServerSession
{
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
                Workers = options.CheckWorkers,
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
}
