using BorgRepo.Core.Format;

namespace BorgRepo.Core.Remote;

/// <summary>What a method gives back: one of the few kinds that the protocol has. Bytes are not copied.</summary>
internal readonly struct RpcResult
{
    private RpcResult(RpcResultKind kind) => Kind = kind;

    /// <summary>Success and nothing else.</summary>
    public static RpcResult Nil => new(RpcResultKind.Nil);

    /// <summary>Which kind it is.</summary>
    public RpcResultKind Kind { get; }

    /// <summary>The number, or the flag as 1 or 0.</summary>
    public ulong Number { get; private init; }

    /// <summary>The bytes, or the bytes of the id.</summary>
    public ReadOnlyMemory<byte> Bytes { get; private init; }

    /// <summary>The ids.</summary>
    public List<ObjectId>? Ids { get; private init; }

    /// <summary>A flag.</summary>
    public static RpcResult FromFlag(bool flag) => new(RpcResultKind.Flag) { Number = flag ? 1UL : 0 };

    /// <summary>A number, or nil.</summary>
    public static RpcResult FromNumber(ulong? number) => number is { } value ? new(RpcResultKind.Number) { Number = value } : Nil;

    /// <summary>Bytes that stay as they are until the answer is written.</summary>
    public static RpcResult FromBytes(ReadOnlyMemory<byte> bytes) => new(RpcResultKind.Bytes) { Bytes = bytes };

    /// <summary>A list of ids.</summary>
    public static RpcResult FromIds(List<ObjectId> ids) => new(RpcResultKind.Ids) { Ids = ids };

    /// <summary>The answer to the opening of a connection.</summary>
    /// <param name="withVersion">True for clients since 1.1, which are told a release; false for those that know a number.</param>
    public static RpcResult Negotiated(bool withVersion) => withVersion ? new(RpcResultKind.ServerVersion) : FromNumber(RpcProtocol.Version);
}
