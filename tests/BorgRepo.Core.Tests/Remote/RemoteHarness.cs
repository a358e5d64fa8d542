using System.Collections.Concurrent;
using BorgRepo.Core.Remote;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Tests.Remote;

/// <summary>Client and server in one process, with two pipes between them.</summary>
internal sealed class RemoteHarness(int pipeCapacity = 64 * 1024)
{
    public const string Location = "ssh://test.invalid/backup/repo";

    public ServerHarness Server { get; } = new();

    public ConcurrentQueue<RepositoryNotice> Notices { get; } = new();

    public RepositoryServices ClientServices => new(LocalFileSystem.Instance, Server.Environment, Notices.Enqueue);

    public RemoteRepository Open(SessionAccess access = SessionAccess.Write) => Open(StartServer(), access);

    public RemoteRepository Open(IServerConnection connection, SessionAccess access = SessionAccess.Write) =>
        RemoteRepository.Open(connection, ServerHarness.Path, Location, new OpenOptions { Access = access }, ClientServices);

    public InProcessConnection StartServer()
    {
        InProcessConnection connection = new(pipeCapacity);
        connection.Run(() =>
        {
            using RepositoryServer server = Server.CreateServer(connection.ServerMessages);
            server.Run(connection.ServerInput, connection.ServerOutput);
        });
        return connection;
    }
}
