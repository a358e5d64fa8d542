using System.Buffers.Binary;
using System.IO.Hashing;
using BorgRepo.Core.Checking;
using BorgRepo.Core.Compaction;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Tests.Durability;
using BorgRepo.Core.Tests.Vectors;

namespace BorgRepo.Core.Tests.Fuzzing;

/// <summary>
/// Everything that people do to a repository, done to a damaged one: look, read, check, write, compact, repair, and again.
/// Only typed errors; no value whose sum is wrong; what could be read before can be read after; a repaired one is sound.
/// </summary>
internal sealed class MutatedRepository(MemoryVector vector)
{
    // What index, hints and buffers of a dozen sessions need, whatever numbers the files claim.
    private const long BytesAtMost = 200L << 20;

    private static readonly ObjectId s_new = ScriptRun.Id(12345);

    private BorgRepositoryException? _last;

    /// <summary>Does all of it.</summary>
    /// <returns>True if it was sound, or could be repaired.</returns>
    public bool Run()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Dictionary<ObjectId, byte[]> readable = ReadAll(SessionAccess.ReadNoLock, out _);
        Try(() => Repository.GetLockHolders(vector.Path, vector.Services));
        Try(() =>
        {
            using Repository session = Open(SessionAccess.ReadNoLock);
            _ = session.GetTransactions();
            _ = session.Measure();
            _ = session.PlanCompaction(new CompactionOptions { All = true });
        });
        Check(SessionAccess.ReadNoLock, new CheckOptions());
        Check(SessionAccess.ReadNoLock, new CheckOptions { Repair = true, PlanOnly = true });
        Try(() => Repository.BreakLock(vector.Path, vector.Services));
        Write(readable);
        CheckResult? repair = Check(SessionAccess.Write, new CheckOptions { Repair = true });
        bool isSound = repair?.Conclusion is CheckConclusion.Repaired or CheckConclusion.Sound;
        if (isSound)
        {
            RequireSound("after the repair");
            Require(Write(ReadAll(SessionAccess.Write, out bool isComplete)) && isComplete, $"a repaired {vector.Name} cannot be read or written: {_last}");
            RequireSound("after the next commit");
        }

        Require(vector.Files("lock.").Count == 0, "a lock stayed");
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Require(allocated <= BytesAtMost, $"{allocated} bytes of memory");
        return isSound;
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new InvalidOperationException(message);
        }
    }

    private bool Try(Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (BorgRepositoryException error)
        {
            _last = error;
            return false;
        }
    }

    private Repository Open(SessionAccess access) =>
        Repository.Open(vector.Path, new OpenOptions { Access = access, LockWait = TimeSpan.Zero }, vector.Services);

    private Dictionary<ObjectId, byte[]> ReadAll(SessionAccess access, out bool isComplete)
    {
        Dictionary<ObjectId, byte[]> objects = [];
        bool all = true;
        isComplete = Try(() =>
        {
            using Repository session = Open(access);
            foreach (ObjectId id in session.List())
            {
                all &= Try(() => objects.Add(id, Read(session, id)));
            }
        }) && all;
        return objects;
    }

    // The bytes in the file vouch for a value, not the engine that read it.
    private byte[] Read(Repository session, ObjectId id)
    {
        byte[] value = session.Get(id);
        ObjectInfo info = session.Find(id);
        string path = System.IO.Path.Combine(vector.Path, "data", $"{info.Location.Segment / session.SegmentsPerDirectory}", $"{info.Location.Segment}");
        ReadOnlySpan<byte> entry = vector.FileSystem.ReadAllBytes(path).AsSpan((int)info.Location.Offset, info.Size + 41);
        Require(
            Crc32.HashToUInt32(entry[4..]) == BinaryPrimitives.ReadUInt32LittleEndian(entry) && new ObjectId(entry[9..41]) == id && value.AsSpan().SequenceEqual(entry[41..]),
            $"the value of {id} is not what the segment vouches for");
        return value;
    }

    private bool Write(Dictionary<ObjectId, byte[]> readable)
    {
        bool isWritten = Try(() =>
        {
            using Repository session = Open(SessionAccess.Write);
            session.Put(s_new, [1, 2, 3]);
            session.Commit(new CommitOptions { Compact = !session.AppendOnly, Threshold = 0 });
        });

        // Who looks without a lock is told less: a misplaced segment stops all the others until somebody has moved it.
        BorgRepositoryException? reason = _last;
        Dictionary<ObjectId, byte[]> after = ReadAll(isWritten ? SessionAccess.Read : SessionAccess.ReadNoLock, out _);
        foreach ((ObjectId id, byte[] value) in readable.Where(item => item.Key != s_new))
        {
            Require(after.TryGetValue(id, out byte[]? now) && now.AsSpan().SequenceEqual(value), $"{id} could be read before, and not after the {(isWritten ? "commit" : "failed commit")} in {vector.Name}; its error was {(isWritten ? null : reason)}, the last one {_last?.Message}");
        }

        // A quota that the damage has lowered is none of a repair's business.
        return isWritten || reason is StorageQuotaExceededException;
    }

    private CheckResult? Check(SessionAccess access, CheckOptions options)
    {
        CheckResult? result = null;
        Try(() =>
        {
            using Repository session = Open(access);
            result = session.Check(options, _ => { });
        });
        return result;
    }

    private void RequireSound(string when)
    {
        List<Finding> findings = [];
        using Repository session = Open(SessionAccess.ReadNoLock);
        CheckResult result = session.Check(new CheckOptions(), findings.Add);
        Require(result.Conclusion == CheckConclusion.Sound, $"{when}: {string.Join("; ", findings.Select(finding => $"{finding.Kind}: {finding.Message}"))}");
    }
}
