using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace BorgRepo.Core.Tests.Remote;

/// <summary>
/// A real sshd on the loopback address, on a port of its own, with keys of its own, all of which go away with it. Where
/// there is no sshd the test is skipped and says so.
/// </summary>
internal sealed class SshServer : IDisposable
{
    private static readonly string[] s_places = ["/usr/sbin/sshd", "/usr/bin/sshd", "/usr/local/sbin/sshd"];
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly string _folder = Directory.CreateTempSubdirectory("sshd").FullName;
    private readonly Process _process;

    private SshServer(string program, string? forcedCommand)
    {
        MakeKey("host_key");
        MakeKey("user_key");
        string options = forcedCommand is null ? string.Empty : $"restrict,command=\"{forcedCommand.Replace("\"", "\\\"", StringComparison.Ordinal)}\" ";
        File.WriteAllText(InFolder("authorized_keys"), options + File.ReadAllText(InFolder("user_key.pub")));
        Port = FindPort();
        File.WriteAllText(InFolder("known_hosts"), $"[127.0.0.1]:{Port} {File.ReadAllText(InFolder("host_key.pub"))}");
        File.WriteAllText(InFolder("config"), $"""
            Port {Port}
            ListenAddress 127.0.0.1
            HostKey {InFolder("host_key")}
            AuthorizedKeysFile {InFolder("authorized_keys")}
            PidFile none
            UsePAM no
            StrictModes no
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            PermitRootLogin prohibit-password

            """);
        if (Environment.UserName == "root")
        {
            Directory.CreateDirectory("/run/sshd");
        }

        _process = Process.Start(new ProcessStartInfo(program, ["-D", "-e", "-f", InFolder("config")])
        {
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        WaitUntilListening();
    }

    public int Port { get; }

    /// <summary>The ssh command of a client that knows this server and has its key, and looks at nobody's settings.</summary>
    public string ClientCommand => $"ssh -F none -o BatchMode=yes -o IdentitiesOnly=yes -o 'UserKnownHostsFile={InFolder("known_hosts")}' -i '{InFolder("user_key")}'";

    public static SshServer StartOrSkip(string? forcedCommand = null)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The test knows only how sshd is set up on Unix.");
        string? program = s_places.FirstOrDefault(File.Exists);
        Assert.SkipWhen(program is null || !ServeProgram.CanRun("ssh", "-V"), "No sshd or no ssh was found (Debian: openssh-server).");
        return new SshServer(program!, forcedCommand);
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static int FindPort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void MakeKey(string name) =>
        Assert.True(ServeProgram.CanRun("ssh-keygen", "-q", "-t", "ed25519", "-N", string.Empty, "-f", InFolder(name)), "ssh-keygen failed.");

    private void WaitUntilListening()
    {
        // With -e, sshd says on its standard error when it listens.
        Task listening = Task.Run(() =>
        {
            string? line;
            List<string> said = [];
            while ((line = _process.StandardError.ReadLine()) is not null)
            {
                said.Add(line);
                if (line.Contains("Server listening", StringComparison.Ordinal))
                {
                    return;
                }
            }

            throw new InvalidOperationException($"sshd ended: {string.Join(" | ", said)}");
        });
        Assert.True(listening.Wait(s_patience), "sshd does not listen.");
        _ = _process.StandardError.BaseStream.CopyToAsync(Stream.Null);
    }

    private string InFolder(string name) => Path.Combine(_folder, name);
}
