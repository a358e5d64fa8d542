namespace BorgRepo.Core.Remote;

/// <summary>Kinds of results that methods of the serve protocol have.</summary>
internal enum RpcResultKind
{
    Nil,
    Flag,
    Number,
    Bytes,
    Ids,
    ServerVersion,
}
