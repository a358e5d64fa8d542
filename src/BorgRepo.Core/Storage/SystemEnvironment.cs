using System.Security.Cryptography;
using BorgRepo.Core.Storage.Platform;

namespace BorgRepo.Core.Storage;

/// <summary>The computer and the process that this code runs in.</summary>
public sealed class SystemEnvironment : RepositoryEnvironment
{
    private static readonly TimeSpan s_longestWait = TimeSpan.FromMilliseconds(int.MaxValue);

    // The name may need an answer of a name server; borg, too, asks once.
    private readonly Lazy<string> _derivedHostId = new(HostIdentity.Derive);

    private SystemEnvironment()
    {
    }

    /// <summary>The one instance.</summary>
    public static SystemEnvironment Instance { get; } = new();

    /// <inheritdoc/>
    public override TimeProvider Time => TimeProvider.System;

    /// <inheritdoc/>
    public override string HostId =>
        GetVariable("BORG_HOST_ID") ?? _derivedHostId.Value;

    /// <inheritdoc/>
    public override int ProcessId => Environment.ProcessId;

    /// <inheritdoc/>
    /// <remarks>Not by <c>Process.GetProcessById</c>: that fails for other reasons than death, too.</remarks>
    public override bool IsProcessAlive(int processId) =>
        OperatingSystem.IsWindows() ? WindowsNative.IsProcessAlive(processId) : UnixNative.IsProcessAlive(processId);

    /// <inheritdoc/>
    public override string? GetVariable(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    /// <inheritdoc/>
    public override void FillRandom(Span<byte> bytes) => RandomNumberGenerator.Fill(bytes);

    /// <inheritdoc/>
    public override void Wait(TimeSpan duration, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        cancellationToken.WaitHandle.WaitOne(duration < s_longestWait ? duration : s_longestWait);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
