namespace BorgRepo.Core.Remote;

/// <summary>What one frame may be at most. Checked while its bytes come in, before memory is taken for them.</summary>
internal sealed record FrameLimits
{
    /// <summary>For requests: they have few arguments, one of which may be a value.</summary>
    public static FrameLimits Requests { get; } = new() { ArrayCount = 100, MapCount = 100 };

    /// <summary>For responses: lists of ids have up to 100,000 elements.</summary>
    public static FrameLimits Responses { get; } = new() { ArrayCount = RpcProtocol.LongestIdList, MapCount = 100 };

    /// <summary>Bytes of a whole frame.</summary>
    public int FrameLength { get; init; } = 60 * 1024 * 1024;

    /// <summary>Bytes of one string: the largest entry of a segment and not a byte more.</summary>
    public int StringLength { get; init; } = 20 * 1024 * 1024;

    /// <summary>Elements of one array.</summary>
    public required int ArrayCount { get; init; }

    /// <summary>Pairs of one map.</summary>
    public required int MapCount { get; init; }

    /// <summary>Arrays and maps inside each other. Real frames need four.</summary>
    public int Depth { get; init; } = 8;
}
