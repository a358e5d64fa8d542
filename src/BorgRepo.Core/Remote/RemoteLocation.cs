using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace BorgRepo.Core.Remote;

/// <summary>
/// A repository behind ssh: <c>ssh://[user@]host[:port]/path</c>. The server understands <c>/./path</c> as relative to its
/// working folder and <c>/~/path</c>, <c>/~user/path</c> as below a home.
/// </summary>
public sealed record RemoteLocation
{
    private const string Scheme = "ssh://";

    private RemoteLocation(string? user, string host, int? port, string path)
    {
        User = user;
        Host = host;
        Port = port;
        Path = path;
    }

    /// <summary>User on the server; null leaves it to ssh.</summary>
    public string? User { get; }

    /// <summary>Name or address of the server.</summary>
    public string Host { get; }

    /// <summary>Port; null leaves it to ssh.</summary>
    public int? Port { get; }

    /// <summary>Path as the server gets it.</summary>
    public string Path { get; }

    /// <summary>True if a text is meant as a location behind ssh, right or wrong.</summary>
    public static bool IsRemote([NotNullWhen(true)] string? text) =>
        text is not null && text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads a location.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static RemoteLocation Parse(string text)
    {
        if (!IsRemote(text))
        {
            throw Wrong(text, "it does not begin with ssh://");
        }

        string rest = text[Scheme.Length..];
        int slash = rest.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || slash == rest.Length - 1)
        {
            throw Wrong(text, "it has no path");
        }

        string authority = rest[..slash];
        int at = authority.LastIndexOf('@');
        string? user = at < 0 ? null : authority[..at];
        (string host, int? port) = SplitHost(text, authority[(at + 1)..]);

        // A word that begins with a dash would be an option to ssh, such as one that runs a command here.
        return host.Length == 0 || host[0] == '-' ? throw Wrong(text, "it has no host")
            : user is { Length: 0 } or ['-', ..] ? throw Wrong(text, "its user is no name")
            : new RemoteLocation(user, host, port, rest[slash..]);
    }

    /// <summary>The location as text.</summary>
    public override string ToString()
    {
        string host = Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host;
        string port = Port is { } number ? ":" + number.ToString(CultureInfo.InvariantCulture) : string.Empty;
        return $"{Scheme}{(User is null ? string.Empty : User + "@")}{host}{port}{Path}";
    }

    private static (string Host, int? Port) SplitHost(string text, string hostAndPort)
    {
        int end = hostAndPort.StartsWith('[')
            ? hostAndPort.IndexOf(']', StringComparison.Ordinal) + 1
            : hostAndPort.IndexOf(':', StringComparison.Ordinal) is var colon and >= 0 ? colon : hostAndPort.Length;
        string host = hostAndPort[..end];
        if (host is ['[', .., ']'])
        {
            host = host[1..^1];
        }

        string port = hostAndPort[end..];
        return port.Length == 0 ? (host, null)
            : port[0] == ':' && ushort.TryParse(port.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort number) && number > 0
                ? (host, number)
                : throw Wrong(text, "its port is no number from 1 to 65535");
    }

    private static FormatException Wrong(string text, string reason) =>
        new($"'{text}' is no location: {reason}. The form is ssh://[user@]host[:port]/path.");
}
