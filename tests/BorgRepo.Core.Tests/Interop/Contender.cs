using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Tests.Vectors;

namespace BorgRepo.Core.Tests.Interop;

/// <summary>
/// Somebody who tries to get the lock of a repository, once for each time asked: in this process, in one of its own, or real
/// borg. Who has it makes a file that must not be there yet; who reads looks that there is none.
/// </summary>
internal sealed class Contender(string name, Func<string> contend, Action end) : IDisposable
{
    /// <summary>Answer: it had the lock, alone.</summary>
    public const string Owned = "owned";

    /// <summary>Answer: it had a reader's lock, and nobody wrote.</summary>
    public const string Read = "read";

    /// <summary>Answer: it did not get the lock in time.</summary>
    public const string TimedOut = "timed out";

    private const string PathVariable = "BORGREPO_TEST_CONTEND_PATH";
    private static readonly TimeSpan s_wait = TimeSpan.FromSeconds(1);

    public string Name => name;

    /// <summary>Tries once.</summary>
    public string Contend() => contend();

    /// <summary>In this process.</summary>
    public static Contender Thread(string path, int number, SessionAccess access) =>
        new(string.Create(CultureInfo.InvariantCulture, $"thread {number} ({access})"), () => Contend(path, access), () => { });

    /// <summary>In a process of its own.</summary>
    public static Contender OwnProcess(string path)
    {
        ProcessStartInfo start = SecondProcess.StartInfo();
        start.Environment[PathVariable] = path;
        Process process = Process.Start(start)!;
        return new Contender(
            string.Create(CultureInfo.InvariantCulture, $"process {process.Id}"),
            () =>
            {
                process.StandardInput.WriteLine("go");
                process.StandardInput.Flush();
                return process.StandardOutput.ReadLine() ?? "it died";
            },
            () =>
            {
                process.StandardInput.Close();
                if (!process.WaitForExit(20_000))
                {
                    process.Kill();
                }

                process.Dispose();
            });
    }

    /// <summary>Real borg.</summary>
    public static Contender Borg(string path, RealBorg borg) => new(
        string.Create(CultureInfo.InvariantCulture, $"borg {borg.ProcessId}"),
        () =>
        {
            JsonObject answer = borg.TryAsk(RealBorg.OpenRequest(path, exclusive: true, s_wait.TotalSeconds));
            if (answer["error"] is { } error)
            {
                return error.GetValue<string>() == "LockTimeout" ? TimedOut : answer.ToJsonString();
            }

            string result = Own(path);
            borg.Close();
            return result;
        },
        borg.Dispose);

    public void Dispose() => end();

    // Runs before the test runner's own entry point; without the variable it does nothing.
    [ModuleInitializer]
    internal static void ContendIfAsked()
    {
        if (Environment.GetEnvironmentVariable(PathVariable) is not { Length: > 0 } path)
        {
            return;
        }

        while (Console.In.ReadLine() is not null)
        {
            Console.Out.WriteLine(Contend(path, SessionAccess.Write));
            Console.Out.Flush();
        }

        Environment.Exit(0);
    }

    private static string Contend(string path, SessionAccess access)
    {
        try
        {
            using Repository session = Repository.Open(path, new OpenOptions { Access = access, LockWait = s_wait }, new TestServices().Services);
            return access == SessionAccess.Write ? Own(path) : File.Exists(MarkerOf(path)) ? "a reader beside a writer" : Read;
        }
        catch (LockTimeoutException)
        {
            return TimedOut;
        }
        catch (Exception error)
        {
            return $"{error.GetType().Name}: {error.Message}".ReplaceLineEndings(" ");
        }
    }

    private static string Own(string path)
    {
        try
        {
            using (new FileStream(MarkerOf(path), FileMode.CreateNew))
            {
                System.Threading.Thread.Sleep(1);
            }

            File.Delete(MarkerOf(path));
            return Owned;
        }
        catch (IOException error)
        {
            return $"two owners: {error.Message}";
        }
    }

    private static string MarkerOf(string path) => path + ".owned";
}
