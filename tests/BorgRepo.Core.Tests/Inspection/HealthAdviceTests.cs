using BorgRepo.Core.Inspection;
using BorgRepo.Core.Locking;
using Xunit;

namespace BorgRepo.Core.Tests.Inspection;

/// <summary>Which measurement gives which warning, and which does not.</summary>
public sealed class HealthAdviceTests
{
    private const long SegmentSize = 500_000_000;

    private static readonly RepositoryHealth s_sound = new()
    {
        Path = "/repo",
        Id = default,
        MeasuredUtc = DateTime.UnixEpoch,
        TransactionId = 7,
        TransactionUtc = DateTime.UnixEpoch,
        ObjectCount = 100,
        SegmentCount = 8,
        UncommittedSegmentCount = 0,
        CommitOnlySegmentCount = 100,
        TinySegmentCount = 1000,
        DamagedSegmentCount = 0,
        SegmentBytes = 1_000_000,
        LiveBytes = 800_000,
        ReclaimableBytes = 200_000,
        LargestSegmentBytes = 500_000,
        OldestSegmentUtc = DateTime.UnixEpoch,
        NewestSegmentUtc = DateTime.UnixEpoch,
        StorageQuota = 1_000_000,
        QuotaUse = 900_000,
        FreeVolumeBytes = 10_000_000_000,
        AppendOnly = false,
        LastSegmentChecked = null,
        Locks = [Holder(true), Holder(null)],
        Warnings = [],
    };

    public static TheoryData<string, string> Cases { get; } = new()
    {
        { "sound", "" },
        { "nothing measured", "" },
        { "damaged", "DamagedSegments" },
        { "no transaction", "NoTransaction" },
        { "uncommitted", "UncommittedSegments" },
        { "uncommitted, and somebody is at work", "" },
        { "stale lock", "StaleLock" },
        { "sparse", "Reclaimable" },
        { "many commits", "CommitOnlySegments" },
        { "many tiny", "TinySegments" },
        { "quota", "QuotaNearlyUsed" },
        { "use without a quota", "" },
        { "full volume", "LittleFreeSpace" },
        { "full volume, append-only", "" },
        { "full volume, large index, append-only", "LittleFreeSpace" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Each_measurement_gives_its_warning_and_no_other(string what, string expected)
    {
        RepositoryHealth health = what switch
        {
            "sound" => s_sound,
            "nothing measured" => s_sound with { ReclaimableBytes = null, QuotaUse = null, FreeVolumeBytes = null },
            "damaged" => s_sound with { DamagedSegmentCount = 1 },
            "no transaction" => s_sound with { TransactionId = null },
            "uncommitted" => s_sound with { UncommittedSegmentCount = 2, Locks = [] },
            "uncommitted, and somebody is at work" => s_sound with { UncommittedSegmentCount = 2 },
            "stale lock" => s_sound with { Locks = [Holder(false)] },
            "sparse" => s_sound with { ReclaimableBytes = 200_001 },
            "many commits" => s_sound with { CommitOnlySegmentCount = 101 },
            "many tiny" => s_sound with { TinySegmentCount = 1001 },
            "quota" => s_sound with { QuotaUse = 900_001 },
            "use without a quota" => s_sound with { StorageQuota = 0, QuotaUse = 5_000_000 },
            "full volume" => s_sound with { FreeVolumeBytes = SegmentSize },
            "full volume, append-only" => s_sound with { FreeVolumeBytes = SegmentSize, AppendOnly = true },
            _ => s_sound with { FreeVolumeBytes = 3_999, AppendOnly = true },
        };
        IReadOnlyList<HealthWarning> warnings = HealthAdvice.For(health, indexBytes: 1000, SegmentSize);
        Assert.Equal(expected, string.Join(' ', warnings.Select(warning => warning.Code)));
        Assert.All(warnings, warning => Assert.EndsWith(".", warning.Message, StringComparison.Ordinal));
    }

    private static LockHolder Holder(bool? isAlive) => new(new LockIdentity("host", 1, 0), true, isAlive, null, "/repo/lock");
}
