using System.Globalization;
using BorgRepo.Core.Checking;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Simulation;
using Xunit;

namespace BorgRepo.Core.Tests.Durability;

/// <summary>
/// A repository that is damaged in one way after the other. Each time: check finds it, repair keeps whatever is still there,
/// and the objects it calls lost are exactly those that are.
/// </summary>
internal sealed class DamageSurvey
{
    private const string Path = ScriptRun.RepositoryPath;
    private const int Small = 1500;

    private readonly DiskContents _disk;
    private readonly SortedDictionary<uint, (string Path, byte[] Content)> _segments = [];
    private readonly PlainEntry[] _entries;
    private readonly Dictionary<ObjectId, PlainEntry> _current;
    private readonly uint _last;

    /// <summary>Makes the repository.</summary>
    /// <param name="objects">About how many objects.</param>
    /// <param name="maxSegmentSize">Size of its segments.</param>
    /// <param name="format">COMMITs in segments of their own, or with the data.</param>
    public DamageSurvey(int objects, int maxSegmentSize, WriteFormat format)
    {
        SimulatedTime time = new();
        MemoryFileSystem files = new MemoryFileSystem(time).AddDirectory("/backups");
        RepositoryServices services = new(files, new SimulatedEnvironment(time));
        Repository.Create(Path, new CreateOptions { MaxSegmentSize = maxSegmentSize, SegmentsPerDirectory = 10, WriteFormat = format }, services);
        using (Repository writer = Repository.Open(Path, new OpenOptions { Access = SessionAccess.Write, WriteFormat = format }, services))
        {
            Fill(writer, objects);
        }

        for (int i = 0; i < 2; i++)
        {
            using Repository writer = Repository.Open(Path, new OpenOptions { Access = SessionAccess.Write, WriteFormat = format }, services);
            AddSmall(writer, new Random(i), objects);
        }

        _disk = DiskContents.Of(files);
        foreach ((string path, byte[]? content) in _disk.Entries)
        {
            if (content is not null && path.StartsWith(Path + "/data/", StringComparison.Ordinal))
            {
                _segments.Add(uint.Parse(path[(path.LastIndexOf('/') + 1)..], CultureInfo.InvariantCulture), (path, content));
            }
        }

        _entries = [.. _segments.SelectMany(segment => PlainLog.Parse(segment.Key, segment.Value.Content))];
        _current = PlainLog.Replay(_entries);
        _last = _segments.Keys.Max();
    }

    public int Objects => _current.Count;

    public IReadOnlyCollection<uint> Segments => _segments.Keys;

    /// <summary>Of the small segments the one with the most kinds of entries (current ones, superseded ones, DELETEs): it is hit in each bit.</summary>
    public uint Mixed => _segments.Keys.MinBy(number => (LengthOf(number) > Small, -Of(number).Select(Kind).Distinct().Count()));

    /// <summary>Of the others with several current objects the smallest.</summary>
    public uint Other => _segments.Keys.Where(number => number != Mixed && Of(number).Count(entry => Kind(entry) == "current") > 1).MinBy(LengthOf);

    public int LengthOf(uint segment) => _segments[segment].Content.Length;

    /// <summary>One bit of a segment is wrong.</summary>
    public void Flip(uint segment, int bit)
    {
        byte[] content = [.. _segments[segment].Content];
        content[bit / 8] ^= (byte)(1 << (bit % 8));
        PlainEntry? hit = Of(segment).FirstOrDefault(entry => bit / 8 >= entry.Offset && bit / 8 < entry.End);
        Verify($"bit {bit} of segment {segment}", [(segment, content)], _entries.Where(entry => entry != hit), thorough: bit % 16 == 0, mustFail: true);
    }

    /// <summary>A segment ends too early.</summary>
    /// <remarks>Between two entries nothing tells of a cut but what was lost by it; without content a segment counts as deleted.</remarks>
    public void Truncate(uint segment, int length) => Verify(
        $"segment {segment} cut to {length} bytes",
        [(segment, _segments[segment].Content[..length])],
        _entries.Where(entry => entry.Segment != segment || entry.End <= length),
        mustFail: length is not (0 or LogEntry.MagicSize) && !Of(segment).Any(entry => entry.End == length));

    public void Delete(uint segment) => Verify($"segment {segment} deleted", [(segment, null)], _entries.Where(entry => entry.Segment != segment));

    /// <summary>Two segments stand in each other's place.</summary>
    public void Swap(uint one, uint other) => Verify(
        $"segments {one} and {other} swapped",
        [(one, _segments[other].Content), (other, _segments[one].Content)],
        [.. _entries.Where(entry => entry.Segment != one && entry.Segment != other), .. At(one, other), .. At(other, one)],
        isMoved: true);

    /// <summary>A segment stands in another's place too.</summary>
    public void Duplicate(uint segment, uint over) => Verify(
        $"segment {segment} copied over {over}",
        [(over, _segments[segment].Content)],
        [.. _entries.Where(entry => entry.Segment != over), .. At(over, segment)],
        isMoved: true);

    /// <summary>A copy of a segment stands behind the log.</summary>
    public void Append(uint segment)
    {
        // Without a COMMIT it does not count; with one it is a transaction like any other.
        bool counts = Of(segment)[^1].Tag == EntryTag.Commit;
        Verify($"segment {segment} copied to the end", [(_last + 1, _segments[segment].Content)], counts ? [.. _entries, .. At(_last + 1, segment)] : _entries, isAppended: true);
    }

    private static void Fill(Repository writer, int objects)
    {
        Random random = new(objects);
        for (int round = 0; round < 4; round++)
        {
            for (int i = 0; i < objects; i++)
            {
                if (round == 0 || random.Next(8) == 0)
                {
                    byte[] value = new byte[random.Next(60)];
                    random.NextBytes(value);
                    writer.Put(ScriptRun.Id(i), value);
                }
                else if (random.Next(20) == 0 && writer.Contains(ScriptRun.Id(i)))
                {
                    writer.Delete(ScriptRun.Id(i));
                }
            }

            writer.Commit();
        }
    }

    // Small ones at the end, which can be hit in each place however large the others are.
    private static void AddSmall(Repository writer, Random random, int objects)
    {
        for (int i = 0; i < 8; i++)
        {
            ObjectId id = ScriptRun.Id(random.Next(objects));
            writer.Put(id, new byte[random.Next(40)]);
            if (i % 4 == 1)
            {
                writer.Delete(id);
            }
            else if (i % 4 == 2)
            {
                writer.Put(id, new byte[random.Next(40)]);
            }
        }

        writer.Commit();
    }

    private PlainEntry[] Of(uint segment) => [.. _entries.Where(entry => entry.Segment == segment)];

    private IEnumerable<PlainEntry> At(uint place, uint segment) => Of(segment).Select(entry => entry with { Segment = place });

    private string Kind(PlainEntry entry) =>
        entry.Tag != EntryTag.Put ? entry.Tag.ToString() : _current.GetValueOrDefault(entry.Id) == entry ? "current" : "superseded";

    private void Verify(
        string name,
        (uint Segment, byte[]? Content)[] changes,
        IEnumerable<PlainEntry> left,
        bool thorough = true,
        bool mustFail = false,
        bool isMoved = false,
        bool isAppended = false)
    {
        List<Finding> findings = [];
        try
        {
            Dictionary<ObjectId, PlainEntry> expected = PlainLog.Replay(left);
            RepositoryServices services = Damaged(changes);
            bool isChanged = mustFail || !IsSame(expected, isAppended);
            if (thorough)
            {
                CheckResult check = Run(services, SessionAccess.ReadNoLock, new CheckOptions(), []);
                RequireVerdict(check, isChanged && !isAppended);
            }

            CheckResult repair = Run(services, SessionAccess.Write, new CheckOptions { Repair = true }, findings);
            RequireVerdict(repair, isChanged && !isAppended);
            Assert.True(repair.Passed, $"repair says {repair.Conclusion}");
            Assert.True(!isChanged || findings.Count > 0, "nothing was found");
            RequireLost(expected, repair, findings, isMoved || isAppended);
            using (Repository session = Repository.Open(Path, new OpenOptions { Access = SessionAccess.Read }, services))
            {
                Assert.Equal(new RepositoryContents(expected.Select(pair => KeyValuePair.Create(pair.Key, pair.Value.Value!))), RepositoryContents.Read(session));
            }

            if (thorough)
            {
                List<Finding> after = [];
                Assert.Equal(CheckConclusion.Sound, Run(services, SessionAccess.ReadNoLock, new CheckOptions(), after).Conclusion);
                Assert.DoesNotContain(after, finding => finding.Severity != FindingSeverity.Information);
            }
        }
        catch (Exception error)
        {
            string found = string.Join('\n', findings.Select(finding => $"  {finding.Severity} {finding.Kind}: {finding.Message}"));
            throw new InvalidOperationException($"{name}: {error.Message}\n{found}", error);
        }
    }

    // An error where nothing changed is right too: a superseded entry may be the damaged one.
    private static void RequireVerdict(CheckResult result, bool hasErrors) =>
        Assert.True(result.ErrorCount > 0 || !hasErrors, $"no error was found, but the state is another: {result.Conclusion}");

    // Lost: the entry that the index had is not there any more. What only stands elsewhere, or where its order is another
    // one, may also be told as a wrong entry of the index.
    private void RequireLost(Dictionary<ObjectId, PlainEntry> expected, CheckResult repair, List<Finding> findings, bool isMoved)
    {
        HashSet<ObjectId> lost = [.. _current.Where(pair => !IsKept(expected, pair.Value)).Select(pair => pair.Key)];
        HashSet<ObjectId> named = [.. repair.LostObjects];
        Assert.Equal(repair.LostObjects.Count, named.Count);

        // One that stands before its old place now cannot be told from an older value of it.
        bool MayBeLost(ObjectId id) => lost.Contains(id) || (isMoved && !IsInPlace(expected[id]));
        Assert.True(named.All(MayBeLost), $"not lost: {string.Join(' ', named.Where(id => !MayBeLost(id)))}");
        if (isMoved)
        {
            // Another PUT of the same object in the very same place: nothing but the value tells them apart.
            lost.RemoveWhere(id => expected.TryGetValue(id, out PlainEntry? found) && IsInPlace(found));
            named.UnionWith(findings
                .Where(finding => finding.Kind is FindingKind.IndexEntrySuperfluous or FindingKind.IndexEntryMismatch)
                .Select(finding => finding.Id!.Value));
        }

        Assert.True(named.IsSupersetOf(lost), $"not named: {string.Join(' ', lost.Except(named))}");
    }

    private static bool IsKept(Dictionary<ObjectId, PlainEntry> expected, PlainEntry entry) =>
        expected.TryGetValue(entry.Id, out PlainEntry? found) && found.Value.AsSpan().SequenceEqual(entry.Value);

    private bool IsSame(Dictionary<ObjectId, PlainEntry> expected, bool isAppended) =>
        expected.Count == _current.Count
        && expected.Values.All(entry => isAppended ? _current.TryGetValue(entry.Id, out PlainEntry? old) && IsKept(expected, old) : IsInPlace(entry));

    private bool IsInPlace(PlainEntry entry) =>
        _current.TryGetValue(entry.Id, out PlainEntry? old) && (old.Segment, old.Offset) == (entry.Segment, entry.Offset);

    private RepositoryServices Damaged((uint Segment, byte[]? Content)[] changes)
    {
        SimulatedTime time = new();
        MemoryFileSystem files = _disk.ToFileSystem(time);
        foreach ((uint segment, byte[]? content) in changes)
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"{Path}/data/{segment / 10}/{segment}");
            if (content is null)
            {
                files.DeleteFile(path);
            }
            else
            {
                files.WriteAllBytes(path, content);
            }
        }

        return new RepositoryServices(files, new SimulatedEnvironment(time, processId: 2000));
    }

    private static CheckResult Run(RepositoryServices services, SessionAccess access, CheckOptions options, List<Finding> findings)
    {
        using Repository session = Repository.Open(Path, new OpenOptions { Access = access }, services);
        return session.Check(options, findings.Add);
    }
}
