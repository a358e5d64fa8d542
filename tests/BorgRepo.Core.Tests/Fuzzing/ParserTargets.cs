using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using BorgRepo.Core.Copying;
using BorgRepo.Core.Format;
using BorgRepo.Core.Hints;
using BorgRepo.Core.Index;
using BorgRepo.Core.Locking;
using BorgRepo.Core.Remote;
using BorgRepo.Core.Segments;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Index;
using BorgRepo.Core.Tests.Remote;
using BorgRepo.Core.Tests.Simulation;
using BorgRepo.Core.Tests.Traps;

namespace BorgRepo.Core.Tests.Fuzzing;

/// <summary>Everything that takes bytes from a disk, a client, a server or another program.</summary>
internal static class ParserTargets
{
    private const string Folder = "/repo";

    private static readonly ObjectId s_id = SegmentScript.Key(1);

    public static IReadOnlyList<ParserTarget> All { get; } =
    [
        new("entry", Segments(), ReadSegment),
        new("salvage", Segments(), Salvage, RefusesNothing: true),
        new("index", [Table(7, 3), Table(1, 1), Table(13, 0), Table(5, 5)], ReadIndex),
        new("hints", Hints(), bytes => HintsFormat.Read(bytes, new SegmentUsage())),
        new("integrity", Integrities(), ReadIntegrity),
        new("config", Configs(), ReadConfig),
        new("roster", Texts(
            """{"shared": [["vm@3281355014145", 10908, 0]], "exclusive": []}""",
            """{"later": {"x": [1, "\u00e4"]}, "shared": [["other@2", 5, 0], ["h@1", 7, 3]], "exclusive": [["h@1", 7, 3]], "more": 1e3}"""), ReadRoster, RefusesNothing: true),
        new("request", Requests(), ReadRequest),
        new("reply", Replies(), ReadReply),
        new("manifest", Manifests(), bytes => _ = CopyManifest.Parse(bytes)?.ToBytes() ?? throw new InvalidDataException()),
        new("rclone", Texts(
            """{"level":"error","msg":"Failed to copy: no space","source":"x.go:1"}""",
            """{"level":"info","msg":"","stats":{"bytes":17,"errors":0,"speed":1.5}}"""), ReadRclone, RefusesNothing: true),
        new("nonce", Texts("00000000000012ab", "ffffffffffffffff\n"), bytes => NonceFile.Parse(bytes, Folder)),
    ];

    private static byte[][] Texts(params string[] texts) => [.. texts.Select(Encoding.UTF8.GetBytes)];

    private static byte[][] Segments() =>
    [
        SegmentScript.Segment("""P(k1,"one") P(k2,"two") D(k1) C"""),
        SegmentScript.Segment("C"),
        SegmentScript.Segment("""P(k1,"") P(k1,"a longer value that is long enough to hold some more") D(k2)"""),
    ];

    private static MemoryFileSystem FileSystem(string name, byte[] content) => new MemoryFileSystem().WriteAllBytes($"{Folder}/{name}", content);

    // Half of the inputs get their sums set right as far as sizes allow: they come through to what is behind the sum.
    private static byte[] Resum(byte[] segment)
    {
        if (segment.Length % 2 == 0)
        {
            return segment;
        }

        byte[] bytes = [.. segment];
        for (int at = 8; at + 9 <= bytes.Length;)
        {
            long size = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 4));
            if (size < 9 || at + size > bytes.Length)
            {
                break;
            }

            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), Crc32.HashToUInt32(bytes.AsSpan(at + 4, (int)size - 4)));
            at += (int)size;
        }

        return bytes;
    }

    private static void ReadSegment(byte[] input)
    {
        byte[] bytes = Resum(input);
        using SegmentReader reader = SegmentReader.Open(FileSystem("7", bytes), new SegmentFile(7, $"{Folder}/7"), SegmentReadMode.Verify);
        while (reader.TryRead(out SegmentEntry entry))
        {
            RequireSum(bytes, entry);
            if (!reader.Load(entry).SequenceEqual(bytes.AsSpan((int)entry.Offset, entry.Size)))
            {
                throw new InvalidOperationException("other bytes than those of the file");
            }
        }
    }

    private static void Salvage(byte[] input)
    {
        byte[] bytes = Resum(input);
        using SegmentSalvage salvage = new(FileSystem("7", bytes), new SegmentFile(7, $"{Folder}/7"), (_, _) => false);
        long end = 0;
        salvage.Run(
            0,
            entry =>
            {
                RequireSum(bytes, entry);
                end = RequireOrder(end, entry.Offset, entry.Offset + entry.Size);
            },
            range => end = RequireOrder(end, range.Start, range.End),
            CancellationToken.None);
    }

    private static long RequireOrder(long before, long start, long end) => start >= before && end >= start
        ? end
        : throw new InvalidOperationException($"{start} to {end} after {before}");

    private static void RequireSum(byte[] bytes, SegmentEntry entry)
    {
        ReadOnlySpan<byte> raw = bytes.AsSpan((int)entry.Offset, entry.Size);
        if (Crc32.HashToUInt32(raw[4..]) != BinaryPrimitives.ReadUInt32LittleEndian(raw))
        {
            throw new InvalidOperationException($"an entry with a wrong sum was accepted at {entry.Offset}");
        }
    }

    private static byte[] Table(int buckets, int entries)
    {
        byte[] bytes = new byte[IndexFormat.FileSize(buckets)];
        IndexFormat.WriteHeader(bytes, entries, buckets);
        for (int i = 0; i < buckets; i++)
        {
            Span<byte> bucket = bytes.AsSpan((int)IndexFormat.FileSize(i), IndexFormat.BucketSize);
            BinaryPrimitives.WriteUInt32LittleEndian(bucket, (uint)i);
            BinaryPrimitives.WriteUInt32LittleEndian(bucket[IndexFormat.KeySize..], i < entries ? 5u : i % 2 == 0 ? IndexFormat.EmptyMarker : IndexFormat.DeletedMarker);
        }

        return bytes;
    }

    private static void ReadIndex(byte[] bytes)
    {
        MemoryFileSystem files = FileSystem("index.1", bytes);
        using HashIndex index = new IndexStore(new RepositoryServices(files, new SimulatedEnvironment()), Folder).LoadIndex(1);
        List<ObjectId> ids = [];
        using (IndexCursor cursor = index.Enumerate())
        {
            while (cursor.MoveNext(out ObjectId id, out EntryLocation _))
            {
                ids.Add(id);
            }
        }

        if (ids.Count != index.Count)
        {
            throw new InvalidOperationException($"{ids.Count} entries were walked, {index.Count} are counted");
        }

        _ = index.TryGet(s_id, out EntryLocation _);
        index.Set(s_id, new EntryLocation(1, 8));
        foreach (ObjectId id in ids)
        {
            _ = index.Remove(id, out _);
        }

        if (!index.TryGet(s_id, out EntryLocation location) && !ids.Contains(s_id))
        {
            throw new InvalidOperationException($"what was just added is not there: {location}");
        }
    }

    private static byte[][] Hints()
    {
        SegmentUsage usage = IndexStoreFixture.ExampleUsage();
        ArrayBufferWriter<byte> second = new();
        HintsFormat.WriteVersion2(second, usage);
        ArrayBufferWriter<byte> first = new();
        HintsFormat.WriteVersion1(first, usage);
        return [second.WrittenSpan.ToArray(), first.WrittenSpan.ToArray()];
    }

    private static byte[][] Integrities()
    {
        ArrayBufferWriter<byte> output = new();
        IntegrityFormat.Write(output, "1122334455667788", "99aabbccddeeff00", "0123456789abcdef");
        return [output.WrittenSpan.ToArray()];
    }

    private static void ReadIntegrity(byte[] bytes)
    {
        IntegrityRecord record = IntegrityFormat.Read(bytes);
        foreach (ReadOnlyMemory<byte> json in new[] { record.Hints, record.Index }.OfType<ReadOnlyMemory<byte>>())
        {
            _ = IntegrityFormat.ReadDigests(json, out _);
        }
    }

    private static byte[][] Configs() => Texts(
        RepositoryConfig.CreateNew(s_id, Folder).ToString() + "key = first line\n\tsecond line\n",
        "[repository]\nversion = 1\nsegments_per_dir = 10000\nmax_segment_size = 5M\nappend_only = yes\nid = "
            + s_id + "\n# a comment\n[later]\nx: 1\nlast_segment_checked = 7\n");

    private static void ReadConfig(byte[] bytes)
    {
        RepositoryConfig config = RepositoryConfig.Parse(Encoding.UTF8.GetString(bytes), Folder);
        RepositoryConfig again = RepositoryConfig.Parse(config.ToString(), Folder);
        if (again.Key != config.Key || again.Id != config.Id || again.MaxSegmentSize != config.MaxSegmentSize
            || again.LastSegmentChecked != config.LastSegmentChecked || again.StorageQuota != config.StorageQuota)
        {
            throw new InvalidOperationException("written and read again it says something else");
        }
    }

    private static void ReadRoster(byte[] bytes)
    {
        RepositoryServices services = new(FileSystem("lock.roster", bytes), new SimulatedEnvironment());
        LockRoster roster = new(services, Folder, new LockIdentity("me@1", 1, 0));
        roster.Load();
        roster.DropDead(isReader: false, isWriter: false);
        roster.SetShared(true);
        roster.Save();
        LockRoster again = new(services, Folder, new LockIdentity("me@1", 1, 0));
        again.Load();
        if (!again.Shared.SequenceEqual(roster.Shared))
        {
            throw new InvalidOperationException("written and read again it says something else");
        }
    }

    private static byte[][] Requests() =>
    [
        Frame.Negotiate(),
        Frame.Map(3, "put", ("id", s_id), ("data", "value"), ("wait", true)),
        Frame.Map(2, "open", ("path", "/backup"), ("create", false), ("lock_wait", 1.5), ("lock", true), ("exclusive", null), ("append_only", false)),
        Frame.Array(4, "list", 1000, null),
        [.. Frame.Map(5, "get", ("id", s_id)), .. Frame.Array(6, "commit", false)],
    ];

    private static void ReadRequest(byte[] bytes)
    {
        FrameReader frames = new(new MemoryStream(bytes), FrameLimits.Requests);
        while (frames.TryRead(out ReadOnlyMemory<byte> frame))
        {
            RpcRequest request = RpcRequest.Parse(frame);
            _ = request.MethodName;
            foreach (string name in (string[])["id", "data", "path", "lock_wait", "exclusive", "client_version"])
            {
                Ask(() => _ = request.Arguments.GetFlagOrNil(name, 0, null));
                Ask(() => _ = request.Arguments.GetNumberOrNil(name, 0));
                Ask(() => _ = request.Arguments.GetIntegerOrNil(name, 1));
                Ask(() => _ = request.Arguments.GetUnsignedOrNil(name, 1));
                Ask(() => _ = request.Arguments.GetText(name, 2));
                Ask(() => _ = request.Arguments.GetIdOrNil(name, 0));
                Ask(() => _ = request.Arguments.IsMap(name, 0));
            }
        }
    }

    private static void Ask(Action ask)
    {
        try
        {
            ask();
        }
        catch (RpcArgumentException)
        {
            // The client is told; the others are asked for all the same.
        }
    }

    private static byte[][] Replies() =>
    [
        Frame.Pack(new object?[] { 1, 3L, null, "some bytes" }),
        Frame.Pack(new Dictionary<string, object?> { ["i"] = 4L, ["r"] = new object?[] { s_id, s_id } }),
        Frame.Pack(new Dictionary<string, object?>
        {
            ["i"] = 5L,
            ["exception_class"] = "ObjectNotFound",
            ["exception_args"] = new object?[] { s_id, "/repo" },
            ["exception_full"] = new object?[] { "line", "line" },
            ["exception_short"] = new object?[] { "text\n" },
            ["exception_trace"] = true,
            ["sysinfo"] = "",
        }),
        Frame.Pack(new object?[] { 1, 6L, "Error", "a message" }),
        Frame.Pack(new Dictionary<string, object?> { ["i"] = 7L, ["r"] = 12345L }),
    ];

    private static void ReadReply(byte[] bytes)
    {
        FrameReader frames = new(new MemoryStream(bytes), FrameLimits.Responses);
        while (frames.TryRead(out ReadOnlyMemory<byte> frame))
        {
            RpcReply reply = RpcReply.Parse(frame);
            if (reply.Error is not null)
            {
                continue;
            }

            foreach (Action take in (Action[])[
                () => reply.ToBytes(), () => reply.ToText(), () => reply.ToId(), () => reply.ToFlag(), () => reply.ToNumber(), () => reply.ToIds(), () => reply.IsMap()])
            {
                try
                {
                    take();
                }
                catch (Core.Errors.ProtocolException)
                {
                    // Of another kind than asked for.
                }
            }
        }
    }

    private static byte[][] Manifests()
    {
        CopyManifest manifest = new() { Id = s_id };
        manifest.Segments.Add(1, new ManifestEntry(100, 90, 5_000_000, null));
        manifest.Segments.Add(7, new ManifestEntry(300, 300, 6_000_000, 12345));
        manifest.Bridges.Add(9);
        return [manifest.ToBytes()];
    }

    private static void ReadRclone(byte[] bytes)
    {
        string text = Encoding.UTF8.GetString(bytes);
        _ = RcloneMessage.Summarize(text.Split('\n'));
        _ = RcloneMessage.BytesOf(text);
    }
}
