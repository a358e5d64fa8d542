using System.Globalization;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Remote;

/// <summary>
/// The options of <c>borg serve</c>. What a client sends along through an ssh forced command can only change how much it is
/// told and how long it waits, never what it may do.
/// </summary>
/// <remarks>
/// Written by hand (docs/decisions/020-server-program.md). Options that only concern borg's own inner life are taken and
/// ignored.
/// </remarks>
public static class ServerCommandLine
{
    private const long LeastQuota = 10_000_000;

    /// <summary>Reads the words of a command line.</summary>
    /// <param name="words">The words after the program's name. A first word <c>serve</c> is passed over.</param>
    /// <param name="originalCommand">What the client asked ssh for, if an ssh forced command started the program.</param>
    /// <param name="homeDirectory">Where <c>~</c> leads.</param>
    /// <param name="workingDirectory">Where relative paths begin.</param>
    /// <exception cref="FormatException">A word is no option, or its value is none.</exception>
    public static ServerOptions Parse(IReadOnlyList<string> words, string? originalCommand, string homeDirectory, string workingDirectory)
    {
        List<string> paths = [];
        List<string> repositories = [];
        ServerOptions options = new() { HomeDirectory = homeDirectory, WorkingDirectory = workingDirectory, RestrictToPaths = paths, RestrictToRepositories = repositories };
        for (int i = words is ["serve", ..] ? 1 : 0; i < words.Count; i++)
        {
            (string name, string? value) = SplitOption(words[i]);
            switch (name)
            {
                case "--restrict-to-path":
                    paths.Add(Path.Combine(workingDirectory, Value(words, ref i, value)));
                    break;
                case "--restrict-to-repository":
                    repositories.Add(Path.Combine(workingDirectory, Value(words, ref i, value)));
                    break;
                case "--append-only":
                    options = options with { AppendOnly = true };
                    break;
                case "--storage-quota":
                    options = options with { StorageQuota = ParseQuota(Value(words, ref i, value)) };
                    break;
                case "--umask":
                    // Files are made with the rights that the process's own mask leaves; borg's default is no different.
                    Value(words, ref i, value);
                    break;
                default:
                    options = TakeHarmless(options, name, words, ref i, value)
                        ?? throw new FormatException($"'{words[i]}' is no option of a server.");
                    break;
            }
        }

        return TakeFromClient(options, originalCommand);
    }

    /// <summary>Takes what a client may choose out of the command that it asked ssh for; null, or anything else, chooses nothing.</summary>
    public static ServerOptions TakeFromClient(ServerOptions options, string? command)
    {
        if (command is null)
        {
            return options;
        }

        IReadOnlyList<string> words;
        try
        {
            words = ShellWords.Split(command);
        }
        catch (FormatException)
        {
            return options;
        }

        // Leading words like NAME=value, which old clients send, set nothing here.
        int i = 0;
        while (i < words.Count && words[i].Contains('=', StringComparison.Ordinal) && !words[i].StartsWith('-'))
        {
            i++;
        }

        if (i + 1 >= words.Count || words[i + 1] != "serve")
        {
            return options;
        }

        for (i += 2; i < words.Count; i++)
        {
            (string name, string? value) = SplitOption(words[i]);
            try
            {
                options = TakeHarmless(options, name, words, ref i, value) ?? options;
            }
            catch (FormatException)
            {
                // Said by the client for the client's sake: no reason to refuse it.
            }
        }

        return options;
    }

    // The options that a client may set too.
    private static ServerOptions? TakeHarmless(ServerOptions options, string name, IReadOnlyList<string> words, ref int i, string? value)
    {
        switch (name)
        {
            case "--debug":
                return options with { LogLevel = NoticeLevel.Debug };
            case "--info" or "--verbose" or "-v":
                return options with { LogLevel = NoticeLevel.Information };
            case "--warning":
                return options with { LogLevel = NoticeLevel.Warning };
            case "--error":
                return options with { LogLevel = NoticeLevel.Error };
            case "--critical":
                return options with { LogLevel = null };
            case "--lock-wait":
                return options with { LockWait = ParseSeconds(Value(words, ref i, value)) };
            case "--debug-topic":
                Value(words, ref i, value);
                return options;
            default:
                return null;
        }
    }

    private static (string Name, string? Value) SplitOption(string word) =>
        word.StartsWith("--", StringComparison.Ordinal) && word.IndexOf('=', StringComparison.Ordinal) is var end and > 0
            ? (word[..end], word[(end + 1)..])
            : (word, null);

    private static string Value(IReadOnlyList<string> words, ref int i, string? value) =>
        value ?? (i + 1 < words.Count ? words[++i] : throw new FormatException($"{words[i]} needs a value."));

    private static TimeSpan ParseSeconds(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds)
        ? TimeSpan.FromSeconds(seconds)
        : throw new FormatException($"'{text}' is no number of seconds.");

    private static long ParseQuota(string text) => !ConfigSize.TryParse(text, out long bytes)
        ? throw new FormatException($"'{text}' is no size: bytes, or a number with one of the units K, M, G, T, P (powers of 1000).")
        : bytes >= LeastQuota ? bytes : throw new FormatException("A quota must be at least 10M.");
}
