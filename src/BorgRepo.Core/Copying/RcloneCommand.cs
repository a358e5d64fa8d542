namespace BorgRepo.Core.Copying;

/// <summary>One call of rclone.</summary>
/// <param name="Arguments">Its arguments; no shell looks at them.</param>
public sealed record RcloneCommand(params IReadOnlyList<string> Arguments)
{
    /// <summary>Writes what rclone reads from its standard input; null for nothing.</summary>
    public Action<Stream>? WriteInput { get; init; }

    /// <summary>Receives what rclone writes to its standard output, piece by piece; null to collect it.</summary>
    public Action<ReadOnlySpan<byte>>? OnOutput { get; init; }

    /// <summary>Receives each line that rclone says besides.</summary>
    public Action<string>? OnMessage { get; init; }
}
