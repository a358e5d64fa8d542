using System.Text;
using BorgRepo.Core.Remote;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Simulation;

namespace BorgRepo.Core.Tests.Remote;

/// <summary>A server over folders in memory, and what it answers to a whole conversation.</summary>
internal sealed class ServerHarness
{
    public const string Path = "/backup/repo";

    public ServerHarness()
    {
        Environment = new SimulatedEnvironment();
        Files = new MemoryFileSystem(Environment.Clock);
        Files.AddDirectory("/backup");
        Files.AddDirectory("/home/me");
    }

    public SimulatedEnvironment Environment { get; }

    public MemoryFileSystem Files { get; }

    public ServerOptions Options { get; set; } = new() { HomeDirectory = "/home/me", WorkingDirectory = "/backup" };

    public RepositoryServices Services => new(Files, Environment);

    public string Log { get; private set; } = string.Empty;

    public bool IsLocked => Files.GetInfo(Path + "/lock.exclusive").Kind != PathKind.Missing
        || Repository.GetLockHolders(Path, Services).Count > 0;

    public RepositoryServer CreateServer(Stream log) => new(Options, Files, Environment, log);

    /// <summary>Lets a server read all frames at once and gives the answers.</summary>
    public List<object?> Converse(params byte[][] frames) => Converse(RepositoryServer.Ended, frames);

    public List<object?> Converse(int expectedEnd, params byte[][] frames)
    {
        using MemoryStream input = new([.. frames.SelectMany(frame => frame)]);
        using MemoryStream output = new();
        using MemoryStream log = new();
        using RepositoryServer server = CreateServer(log);
        int end = server.Run(input, output);
        Log = Encoding.UTF8.GetString(log.ToArray());
        Xunit.Assert.Equal(expectedEnd, end);
        return Frame.UnpackAll(output.ToArray());
    }

    /// <summary>A conversation of a client since 1.1 on an existing repository: the answers after those to negotiation and open.</summary>
    public List<Dictionary<string, object?>> Ask(bool exclusive, params byte[][] frames) =>
        [.. Converse([Frame.Negotiate(), Open(exclusive: exclusive), .. frames]).Skip(2).Cast<Dictionary<string, object?>>()];

    public void CreateRepository(CreateOptions? options = null) => Repository.Create(Path, options ?? new CreateOptions(), Services);

    public Repository OpenRepository(SessionAccess access = SessionAccess.Read) =>
        Repository.Open(Path, new OpenOptions { Access = access }, Services);

    public static byte[] Open(bool? exclusive = true, bool create = false, string path = Path, object? lockWait = null) => Frame.Map(
        2, "open", ("path", path), ("create", create), ("lock_wait", lockWait ?? 1), ("lock", true), ("exclusive", exclusive));
}
