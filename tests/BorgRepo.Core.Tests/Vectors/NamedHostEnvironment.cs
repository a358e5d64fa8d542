using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Tests.Vectors;

/// <summary>
/// The system's environment under another host name: locks in the vectors belong to "fixture-host", and a variable of
/// the whole process (BORG_HOST_ID) would change what tests running beside this one see.
/// </summary>
internal sealed class NamedHostEnvironment(string hostId, int? processId = null) : RepositoryEnvironment
{
    public const string FixtureHost = "fixture-host";

    public override TimeProvider Time => SystemEnvironment.Instance.Time;

    public override string HostId { get; } = hostId;

    public override int ProcessId => processId ?? SystemEnvironment.Instance.ProcessId;

    public override bool IsProcessAlive(int processId) => SystemEnvironment.Instance.IsProcessAlive(processId);

    public override void FillRandom(Span<byte> bytes) => SystemEnvironment.Instance.FillRandom(bytes);

    public override void Wait(TimeSpan duration, CancellationToken cancellationToken) =>
        SystemEnvironment.Instance.Wait(duration, cancellationToken);
}
