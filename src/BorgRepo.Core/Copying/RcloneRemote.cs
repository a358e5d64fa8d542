using System.Globalization;
using System.Text;
using System.Text.Json;
using BorgRepo.Core.Errors;

namespace BorgRepo.Core.Copying;

/// <summary>A folder of an rclone remote: the calls that a copy needs, and what their answers mean.</summary>
/// <param name="root">The folder, in rclone's own writing.</param>
/// <param name="program">Runs rclone.</param>
internal sealed class RcloneRemote(string root, IRcloneProgram program)
{
    /// <summary>What stands before rclone's own writing.</summary>
    public const string Prefix = "rclone:";

    private const int FolderMissing = 3;
    private const int FileMissing = 4;
    private const int DifferencesFound = 1;

    // Links are followed: a repository may have its data folder on another disk. The source is a plain folder for rclone.
    private static readonly string[] s_transfer = ["--copy-links", "--stats", "1s", "--stats-log-level", "NOTICE"];

    private RemoteTraits? _traits;

    /// <summary>The folder, as a user writes it.</summary>
    public string Name => Prefix + root;

    /// <summary>What this kind of storage can do. Asked once.</summary>
    public RemoteTraits GetTraits(CancellationToken cancellationToken) =>
        _traits ??= RemoteTraits.Parse(Run(new RcloneCommand("backend", "features", root), cancellationToken).Output);

    /// <summary>The place of a file or folder.</summary>
    public string At(string name) => root.EndsWith(':') || root.EndsWith('/') ? root + name : $"{root}/{name}";

    /// <summary>All files below a folder with their lengths; empty if there is no such folder.</summary>
    public Dictionary<string, long> List(string folder, CancellationToken cancellationToken)
    {
        RcloneResult result = program.Run(
            new RcloneCommand("lsjson", "--recursive", "--files-only", "--no-modtime", "--no-mimetype", folder.Length == 0 ? root : At(folder)), cancellationToken);
        if (result.ExitCode == FolderMissing)
        {
            return [];
        }

        Require(result, "lsjson");
        using JsonDocument list = JsonDocument.Parse(result.Output);
        return list.RootElement.EnumerateArray().ToDictionary(
            file => file.GetProperty("Path").GetString()!, file => file.GetProperty("Size").GetInt64());
    }

    /// <summary>Reads a file piece by piece.</summary>
    /// <returns>False if there is none.</returns>
    public bool TryRead(string name, Action<ReadOnlySpan<byte>> onOutput, CancellationToken cancellationToken)
    {
        RcloneResult result = program.Run(new RcloneCommand("cat", At(name)) { OnOutput = onOutput }, cancellationToken);
        if (result.ExitCode is FolderMissing or FileMissing)
        {
            return false;
        }

        Require(result, "cat");
        return true;
    }

    /// <summary>Reads some bytes of a file.</summary>
    public byte[] ReadPart(string name, long offset, int count, CancellationToken cancellationToken) => Run(
        new RcloneCommand("cat", "--offset", Number(offset), "--count", Number(count), At(name)), cancellationToken).Output;

    /// <summary>Writes a file of known length.</summary>
    public void Write(string name, long length, Action<Stream> write, long? bytesPerSecond, CancellationToken cancellationToken) =>
        Run(new RcloneCommand(["rcat", "--size", Number(length), .. Limit(bytesPerSecond), At(name)]) { WriteInput = write }, cancellationToken);

    /// <summary>Copies files of a local folder to a folder here.</summary>
    /// <param name="source">The local folder.</param>
    /// <param name="names">Names of the files, the same at both places.</param>
    /// <param name="folder">The folder here.</param>
    /// <param name="resumes">Files that are there with the right size and hash are left; otherwise all are sent.</param>
    /// <param name="monitor">Limits it, and is told how far it is.</param>
    public void Upload(string source, IEnumerable<string> names, string folder, bool resumes, TransferMonitor monitor)
    {
        string[] arguments =
        [
            "copy", "--files-from-raw", "-", resumes ? "--checksum" : "--ignore-times", .. s_transfer, .. Limit(monitor.BytesPerSecond), source, folder.Length == 0 ? root : At(folder),
        ];
        long done = 0;
        Run(new RcloneCommand(arguments) { WriteInput = Lines(names), OnMessage = Listen }, monitor.Token);

        void Listen(string line)
        {
            long bytes = RcloneMessage.BytesOf(line) ?? done;
            monitor.Advance(bytes - done, Name);
            done = bytes;
        }
    }

    /// <summary>Which files of a local folder are not the same in a folder here.</summary>
    public HashSet<string> FindDifferent(string source, IReadOnlyCollection<string> names, string folder, CancellationToken cancellationToken)
    {
        // Without a hash that both sides know rclone would only look at sizes.
        string[] how = GetTraits(cancellationToken).HasHashes ? [] : ["--download"];
        string[] arguments = ["check", "--files-from-raw", "-", "--one-way", "--copy-links", "--combined", "-", .. how, source, folder.Length == 0 ? root : At(folder)];
        RcloneResult result = program.Run(new RcloneCommand(arguments) { WriteInput = Lines(names) }, cancellationToken);
        HashSet<string> same = [.. Encoding.UTF8.GetString(result.Output).Split('\n').Where(line => line.StartsWith("= ", StringComparison.Ordinal)).Select(line => line[2..])];
        HashSet<string> different = [.. names.Where(name => !same.Contains(name))];
        bool isAnswer = result.ExitCode is 0 or FolderMissing || (result.ExitCode == DifferencesFound && different.Count > 0);
        if (!isAnswer)
        {
            Require(result, "check");
        }

        return different;
    }

    /// <summary>Moves files out of a folder to the same names without it, replacing what is there.</summary>
    public void MoveOut(string folder, IEnumerable<string> names, CancellationToken cancellationToken)
    {
        // rclone moves nothing between two folders of which one holds the other, so each folder below is moved for itself.
        foreach (IGrouping<string, string> below in names.GroupBy(name => name[..(name.LastIndexOf('/') + 1)]))
        {
            if (below.Key.Length == 0)
            {
                foreach (string name in below)
                {
                    Rename($"{folder}/{name}", name, cancellationToken);
                }

                continue;
            }

            RcloneCommand command = new("move", "--files-from-raw", "-", "--ignore-times", At($"{folder}/{below.Key}"), At(below.Key))
            {
                WriteInput = Lines(below.Select(name => name[below.Key.Length..])),
            };
            Run(command, cancellationToken);
        }
    }

    /// <summary>Gives a file another name.</summary>
    public void Rename(string name, string newName, CancellationToken cancellationToken) =>
        Run(new RcloneCommand("moveto", "--ignore-times", At(name), At(newName)), cancellationToken);

    /// <summary>Copies a file here, on the server where that is possible.</summary>
    public void Duplicate(string name, string newName, CancellationToken cancellationToken) =>
        Run(new RcloneCommand("copyto", "--ignore-times", At(name), At(newName)), cancellationToken);

    /// <summary>Copies files from here to a local folder.</summary>
    public void Download(IEnumerable<string> names, string target, CancellationToken cancellationToken) =>
        Run(new RcloneCommand("copy", "--files-from-raw", "-", root, target) { WriteInput = Lines(names) }, cancellationToken);

    /// <summary>Removes a file; a missing one is no error.</summary>
    public void Delete(string name, CancellationToken cancellationToken) => Run(
        new RcloneCommand("delete", "--files-from-raw", "-", root) { WriteInput = Lines([name]) }, cancellationToken, FolderMissing);

    /// <summary>Removes a folder with everything in it; a missing one is no error.</summary>
    public void Purge(string folder, CancellationToken cancellationToken) =>
        Run(new RcloneCommand("purge", "--retries", "1", At(folder)), cancellationToken, FolderMissing);

    /// <summary>Removes empty folders below a folder.</summary>
    public void RemoveEmptyFolders(string folder, bool andItself, CancellationToken cancellationToken) => Run(
        new RcloneCommand(["rmdirs", .. andItself ? Array.Empty<string>() : ["--leave-root"], At(folder)]), cancellationToken, FolderMissing);

    /// <summary>Makes the folder itself.</summary>
    public void Create(CancellationToken cancellationToken) => Run(new RcloneCommand("mkdir", root), cancellationToken);

    /// <summary>Free bytes of the storage; null where it does not tell.</summary>
    public long? GetFreeBytes(CancellationToken cancellationToken)
    {
        RcloneResult result = program.Run(new RcloneCommand("about", "--json", root), cancellationToken);
        if (result.ExitCode != 0)
        {
            return null;
        }

        using JsonDocument about = JsonDocument.Parse(result.Output);
        return about.RootElement.TryGetProperty("free", out JsonElement free) ? free.GetInt64() : null;
    }

    private static Action<Stream> Lines(IEnumerable<string> names) => stream => stream.Write(Encoding.UTF8.GetBytes(string.Join('\n', names) + "\n"));

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string[] Limit(long? bytesPerSecond) => bytesPerSecond is { } limit ? ["--bwlimit", $"{Number(limit)}B"] : [];

    private static void Require(RcloneResult result, string what)
    {
        if (result.ExitCode != 0)
        {
            throw new RcloneException($"rclone {what} failed (exit code {result.ExitCode}): {RcloneMessage.Summarize(result.Messages)}", result.ExitCode);
        }
    }

    private RcloneResult Run(RcloneCommand command, CancellationToken cancellationToken, int? tolerated = null)
    {
        RcloneResult result = program.Run(command, cancellationToken);
        if (result.ExitCode != tolerated)
        {
            Require(result, command.Arguments[0]);
        }

        return result;
    }
}
