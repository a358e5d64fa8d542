using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using BorgRepo.Core.Copying;
using Xunit;

namespace BorgRepo.Core.Tests.Copying;

/// <summary>rclone as it is installed on this computer; without one the test is skipped and says so.</summary>
internal sealed class InstalledRclone : IRcloneProgram
{
    private static readonly string Path = Environment.GetEnvironmentVariable("BORGREPO_RCLONE") is { Length: > 0 } named ? named : "rclone";
    private static readonly Lazy<bool> IsInstalled = new(Find);

    private readonly RcloneProgram _program = new(Path);

    /// <summary>Decides by the number of a call, from 0 on, whether it fails before it begins, or after it was done.</summary>
    public Func<int, bool>? FailsBefore { get; set; }

    public Func<int, bool>? FailsAfter { get; set; }

    public int Calls { get; private set; }

    public List<string> Log { get; } = [];

    public static InstalledRclone FindOrSkip()
    {
        Assert.SkipUnless(IsInstalled.Value, "rclone is not installed (name it with BORGREPO_RCLONE).");
        return new InstalledRclone();
    }

    public RcloneResult Run(RcloneCommand command, CancellationToken cancellationToken)
    {
        int number = Calls++;
        Log.Add(string.Join(' ', command.Arguments));
        if (FailsBefore?.Invoke(number) == true)
        {
            return new RcloneResult(1, [], ["""{"level":"error","msg":"connection refused"}"""]);
        }

        RcloneResult result = _program.Run(command, cancellationToken);
        return FailsAfter?.Invoke(number) == true ? new RcloneResult(1, [], ["""{"level":"error","msg":"connection lost"}"""]) : result;
    }

    /// <summary>Serves a folder on the loopback interface until it is disposed.</summary>
    public static Server Serve(string protocol, string folder, params string[] options)
    {
        int port = FreePort();
        ProcessStartInfo start = new(Path, ["serve", protocol, "--addr", $"127.0.0.1:{port}", .. options, folder])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        Process process = Process.Start(start)!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        Server server = new(process, port);
        for (int i = 0; i < 200 && !server.Answers(); i++)
        {
            Assert.False(process.HasExited, $"rclone serve {protocol} ended at once.");
            process.WaitForExit(50);
        }

        return server;
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static bool Find()
    {
        try
        {
            return new RcloneProgram(Path).Run(new RcloneCommand("version"), CancellationToken.None).ExitCode == 0;
        }
        catch (Core.Errors.RcloneException)
        {
            return false;
        }
    }

    internal sealed class Server(Process process, int port) : IDisposable
    {
        public int Port { get; } = port;

        public bool Answers()
        {
            try
            {
                using TcpClient client = new();
                client.Connect(IPAddress.Loopback, Port);
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        }

        public void Dispose()
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }
    }
}
