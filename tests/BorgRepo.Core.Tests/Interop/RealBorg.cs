using System.Diagnostics;
using System.Text.Json.Nodes;
using BorgRepo.Core.Tests.Vectors;
using Xunit;

namespace BorgRepo.Core.Tests.Interop;

/// <summary>
/// Real borg in a process of its own, driven line by line through borg_driver.py. Needs a Python that can import
/// borg.repository (BORGREPO_PYTHON, else python3, else the system's own); without one the test is skipped and says so.
/// </summary>
internal sealed class RealBorg : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly Lazy<string?> Python = new(FindPython);

    private readonly Process _process;

    private RealBorg(Process process) => _process = process;

    /// <summary>Log lines of all answers so far.</summary>
    public List<string> Log { get; } = [];

    public int ProcessId => _process.Id;

    public bool IsRunning => !_process.HasExited;

    /// <summary>Starts borg under a host name; skips the running test where there is no borg.</summary>
    public static RealBorg StartOrSkip(string hostId = NamedHostEnvironment.FixtureHost)
    {
        Assert.SkipWhen(Python.Value is null, "No Python with borg.repository was found (set BORGREPO_PYTHON to one).");
        return StartIfThere(hostId)!;
    }

    /// <summary>Starts borg under a host name; null where there is no borg.</summary>
    public static RealBorg? StartIfThere(string hostId = NamedHostEnvironment.FixtureHost)
    {
        if (Python.Value is null)
        {
            return null;
        }

        ProcessStartInfo start = new(Python.Value, [ProjectFolder.Combine("tests", "BorgRepo.Core.Tests", "Interop", "borg_driver.py")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.Environment["BORG_HOST_ID"] = hostId;
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        return new RealBorg(Process.Start(start)!);
    }

    public void Create(string path, string id, int segmentsPerDirectory, long maxSegmentSize, bool appendOnly = false) => Ask(new JsonObject
    {
        ["op"] = "create",
        ["path"] = path,
        ["id"] = id,
        ["per_dir"] = segmentsPerDirectory,
        ["max_segment"] = maxSegmentSize,
        ["append_only"] = appendOnly,
    });

    /// <param name="path">The repository.</param>
    /// <param name="exclusive">Which lock.</param>
    /// <param name="wait">Seconds to wait for it.</param>
    /// <param name="likeNewer">Keep the shadow index as borg does since 1.2.7 (and as we do).</param>
    public void Open(string path, bool exclusive = true, double wait = 1, bool likeNewer = false) =>
        Ask(OpenRequest(path, exclusive, wait, likeNewer));

    public Task<JsonObject> BeginOpen(string path, double wait) => Task.Run(() => TryAsk(OpenRequest(path, true, wait, false)));

    public void Close() => Ask(Request("close"));

    public void Run(BorgBatch batch) => Ask(new JsonObject { ["op"] = "batch", ["steps"] = batch.ToJson() });

    public RealBorgState ReadState()
    {
        JsonObject answer = Ask(Request("state"));
        return new RealBorgState(
            answer["transaction"]?.GetValue<uint>(),
            answer["count"]!.GetValue<int>(),
            answer["objects"]!.AsObject().ToDictionary(
                item => item.Key,
                item => FileTree.DescribeContent(item.Value![0]!.GetValue<long>(), item.Value[1]!.GetValue<string>())));
    }

    public IReadOnlyList<string> List(int? limit = null, string? marker = null)
    {
        JsonObject answer = Ask(new JsonObject { ["op"] = "list", ["limit"] = limit, ["marker"] = marker });
        return [.. answer["ids"]!.AsArray().Select(id => id!.GetValue<string>())];
    }

    /// <summary>borg's own check; true when it found nothing.</summary>
    public bool Check() => Ask(Request("check"))["result"]!.GetValue<bool>();

    /// <summary>An answer, which may be an error.</summary>
    public JsonObject TryAsk(JsonObject request)
    {
        _process.StandardInput.WriteLine(request.ToJsonString());
        _process.StandardInput.Flush();
        Task<string?> line = _process.StandardOutput.ReadLineAsync();
        if (!line.Wait(Patience) || line.Result is null)
        {
            Kill();
            throw new InvalidOperationException($"borg gave no answer to {request.ToJsonString()}.");
        }

        JsonObject answer = JsonNode.Parse(line.Result)!.AsObject();
        lock (Log)
        {
            Log.AddRange(answer["log"]!.AsArray().Select(entry => entry!.GetValue<string>()));
        }

        return answer;
    }

    public JsonObject Ask(JsonObject request)
    {
        JsonObject answer = TryAsk(request);
        return answer["error"] is null ? answer : throw new InvalidOperationException($"borg: {answer["error"]}: {answer["message"]}");
    }

    public static JsonObject Request(string operation) => new() { ["op"] = operation };

    public static JsonObject OpenRequest(string path, bool exclusive, double wait, bool likeNewer = false) => new()
    {
        ["op"] = "open",
        ["path"] = path,
        ["exclusive"] = exclusive,
        ["wait"] = wait,
        ["newer"] = likeNewer,
    };

    /// <summary>Ends it as a crash does: nothing is released, nothing is written any more.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
            if (!_process.WaitForExit(TimeSpan.FromSeconds(20)))
            {
                Kill();
            }
        }

        _process.Dispose();
    }

    private static string? FindPython()
    {
        string?[] candidates = [Environment.GetEnvironmentVariable("BORGREPO_PYTHON"), "python3", "/usr/bin/python3"];
        return candidates.FirstOrDefault(candidate => !string.IsNullOrEmpty(candidate) && CanImportBorg(candidate));
    }

    private static bool CanImportBorg(string python)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(python, ["-c", "import borg.repository"])
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
                UseShellExecute = false,
            })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // Not installed under that name.
            return false;
        }
    }
}
