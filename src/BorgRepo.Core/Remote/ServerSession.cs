using BorgRepo.Core.Segments;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Remote;

/// <summary>The repository that a client has opened, and what it may be asked.</summary>
/// <remarks>Requests come from one thread; <see cref="Close"/> may come from another one, to stop everything.</remarks>
internal sealed partial class ServerSession(ServerOptions options, RepositoryServices services, ServerLog log, CancellationToken stopping) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly PathPolicy _paths = new(options, services.FileSystem);
    private readonly ObjectBuffer _buffer = new();
    private Repository? _repository;
    private OpenOptions _openOptions = new();
    private bool _isClosed;

    /// <summary>Answers a request.</summary>
    public RpcResult Invoke(in RpcRequest request)
    {
        RpcArguments arguments = request.Arguments;
        switch (request.Method)
        {
            case RpcMethod.Negotiate:
                return Negotiate(request);
            case RpcMethod.Open:
                return Open(arguments);
            case RpcMethod.BreakLock:
                Repository.BreakLock(Require(request).Path, services);
                return RpcResult.Nil;
            case RpcMethod.Put:
                Require(request).Put(arguments.GetId("id", 0), arguments.GetBytes("data", 1));
                return RpcResult.Nil;
            case RpcMethod.Get:
                Require(request).Get(arguments.GetId("id", 0), _buffer);
                return RpcResult.FromBytes(_buffer.ValueMemory);
            case RpcMethod.Delete:
                Require(request).Delete(arguments.GetId("id", 0));
                return RpcResult.Nil;
            case RpcMethod.List:
                return List(Require(request), arguments, isDiskOrder: false);
            case RpcMethod.Scan:
                return List(Require(request), arguments, isDiskOrder: true);
            case RpcMethod.Count:
                return RpcResult.FromNumber((ulong)Require(request).Count);
            case RpcMethod.Commit:
                return Commit(Require(request), arguments);
            case RpcMethod.Rollback:
                Require(request).Rollback();
                return RpcResult.Nil;
            case RpcMethod.Destroy:
                return Destroy(Require(request));
            default:
                return InvokeRare(request);
        }
    }

    /// <summary>Closes the repository as borg does at the end of a connection: the lock is released, nothing is committed or removed.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            _repository?.Abandon();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Close();
        _buffer.Dispose();
    }

    private RpcResult InvokeRare(in RpcRequest request)
    {
        RpcArguments arguments = request.Arguments;
        switch (request.Method)
        {
            case RpcMethod.Check:
                return Check(Require(request), arguments);
            case RpcMethod.LoadKey:
                return RpcResult.FromBytes(System.Text.Encoding.UTF8.GetBytes(Require(request).LoadKey()));
            case RpcMethod.SaveKey:
                Require(request);
                string key = arguments.GetText("keydata", 0);
                WithWriteAccess(repository => repository.SaveKey(key));
                return RpcResult.Nil;
            case RpcMethod.GetFreeNonce:
                return RpcResult.FromNumber(RequireExclusive(request).GetFreeNonce());
            case RpcMethod.CommitNonceReservation:
                RequireExclusive(request);
                ulong next = arguments.GetUnsignedOrNil("next_unreserved", 0)
                    ?? throw new RpcArgumentException("TypeError", "missing argument: 'next_unreserved'");
                ulong? start = arguments.GetUnsignedOrNil("start_nonce", 1);
                WithWriteAccess(repository => repository.CommitNonceReservation(next, start));
                return RpcResult.Nil;
            case RpcMethod.InjectException:
                throw new RpcErrorException(RpcError.Injected(arguments.GetText("kind", 0)));
            default:
                throw new RpcErrorException(RpcError.InvalidMethod(request.MethodName));
        }
    }

    private RpcResult Negotiate(in RpcRequest request)
    {
        // Clients since 1.1 send a map, and read JSON lines from now on; those of 1.0 send the number of the protocol.
        bool isMap = request.Arguments.IsMap("client_data", 0);
        bool isOld = !isMap && request.Arguments.GetIntegerOrNil("client_data", 0) == RpcProtocol.Version;
        log.UseJson |= isMap;
        return RpcResult.Negotiated(withVersion: !isOld);
    }

    /// <summary>
    /// Changes something besides the objects. Clients do that in sessions that were opened for reading too, some without any
    /// lock; here it takes the exclusive lock all the same, for as long as it lasts.
    /// </summary>
    private void WithWriteAccess(Action<Repository> change)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            Repository session = _repository!;
            if (session.Access is SessionAccess.Write or SessionAccess.Undeclared)
            {
                change(session);
                return;
            }

            // The session's own shared lock would be in the way.
            session.Close();
            try
            {
                using Repository writer = Repository.Open(session.Path, _openOptions with { Access = SessionAccess.Write }, services, stopping);
                change(writer);
            }
            finally
            {
                _repository = null;
                _repository = Repository.Open(session.Path, _openOptions, services, stopping);
            }
        }
    }

    // Nonces are handed out under the lock or not at all.
    private Repository RequireExclusive(in RpcRequest request)
    {
        Repository repository = Require(request);
        return repository.HoldsExclusiveLock || repository.Access == SessionAccess.ReadNoLock
            ? repository
            : throw new RpcErrorException(RpcError.NotExclusive(request.MethodName));
    }

    private Repository Require(in RpcRequest request) =>
        _repository ?? throw new RpcErrorException(RpcError.NotOpen(request.MethodName));
}
