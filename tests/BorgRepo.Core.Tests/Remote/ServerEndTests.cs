using System.Text;
using BorgRepo.Core.Format;
using BorgRepo.Core.Remote;
using BorgRepo.Core.Storage;
using Xunit;

namespace BorgRepo.Core.Tests.Remote;

/// <summary>However a session ends, the lock is free and the last committed state is there.</summary>
public sealed class ServerEndTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly ServerHarness _harness = new();

    public ServerEndTests()
    {
        _harness.CreateRepository();
        using Repository repository = _harness.OpenRepository(SessionAccess.Write);
        repository.Put(ObjectId.Manifest, new byte[500_000]);
        repository.Commit(null, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_client_that_stops_reading_and_goes_away_ends_the_server()
    {
        BlockingPipe requests = new();
        BlockingPipe answers = new();
        Task<int> run = Start(requests, answers);
        requests.Writer.Write(Frame.Negotiate());
        requests.Writer.Write(ServerHarness.Open());
        for (int i = 0; i < 50; i++)
        {
            requests.Writer.Write(Frame.Map(3 + i, "get", ("id", ObjectId.Manifest)));
        }

        // The server sits in the middle of an answer now, or will soon.
        answers.Reader.Dispose();
        Assert.Equal(RepositoryServer.Interrupted, await run.WaitAsync(s_patience, TestContext.Current.CancellationToken));
        Assert.False(_harness.IsLocked);
    }

    [Fact]
    public async Task A_connection_closed_on_one_side_is_answered_to_the_end()
    {
        BlockingPipe requests = new();
        BlockingPipe answers = new();
        Task<int> run = Start(requests, answers);
        requests.Writer.Write(Frame.Negotiate());
        requests.Writer.Write(ServerHarness.Open());
        requests.Writer.Write(Frame.Map(3, "get", ("id", ObjectId.Manifest)));
        requests.Writer.Dispose();
        using MemoryStream all = new();
        await Task.Run(() => answers.Reader.CopyTo(all), TestContext.Current.CancellationToken).WaitAsync(s_patience, TestContext.Current.CancellationToken);
        Assert.Equal(RepositoryServer.Ended, await run);
        Dictionary<string, object?> last = (Dictionary<string, object?>)Frame.UnpackAll(all.ToArray())[2]!;
        Assert.Equal(500_000, ((byte[])last["r"]!).Length);
        Assert.False(_harness.IsLocked);
    }

    [Fact]
    public async Task Stop_releases_the_lock_although_the_server_still_waits_for_its_client()
    {
        BlockingPipe requests = new();
        BlockingPipe answers = new();
        using RepositoryServer server = _harness.CreateServer(new MemoryStream());
        Task<int> run = Task.Run(() => server.Run(requests.Reader, answers.Writer));
        requests.Writer.Write(Frame.Negotiate());
        requests.Writer.Write(ServerHarness.Open());
        requests.Writer.Write(Frame.Map(3, "put", ("id", ObjectId.Manifest), ("data", "new")));
        requests.Writer.Write(Frame.Map(4, "get_free_nonce"));
        ReadAnswers(answers.Reader, 4);
        Assert.True(_harness.IsLocked);

        server.Stop();
        Assert.False(_harness.IsLocked);
        Assert.False(run.IsCompleted);
        requests.Writer.Dispose();
        Assert.Equal(RepositoryServer.Interrupted, await run.WaitAsync(s_patience, TestContext.Current.CancellationToken));
        using Repository repository = _harness.OpenRepository();
        Assert.Equal(500_000, repository.Get(ObjectId.Manifest).Length);
    }

    [Fact]
    public async Task Stop_ends_the_waiting_for_a_lock()
    {
        using Repository holder = _harness.OpenRepository(SessionAccess.Write);
        using SemaphoreSlim waiting = new(0);
        _harness.Environment.Waiting = _ => waiting.Release();
        BlockingPipe requests = new();
        BlockingPipe answers = new();
        using RepositoryServer server = _harness.CreateServer(new MemoryStream());
        Task<int> run = Task.Run(() => server.Run(requests.Reader, answers.Writer));
        requests.Writer.Write(Frame.Negotiate());
        requests.Writer.Write(Frame.Map(2, "open", ("path", ServerHarness.Path), ("exclusive", true), ("lock_wait", null)));
        Assert.True(await waiting.WaitAsync(s_patience, TestContext.Current.CancellationToken));
        server.Stop();
        Assert.Equal(RepositoryServer.Interrupted, await run.WaitAsync(s_patience, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Messages_are_lines_with_a_prefix_until_the_client_reads_JSON()
    {
        DamageIndex();
        _harness.Converse(Frame.Array(1, "negotiate", 2), Frame.Array(2, "open", ServerHarness.Path, false, 1, true, true), Frame.Array(3, "__len__"));
        Assert.All(_harness.Log.TrimEnd('\n').Split('\n'), line => Assert.StartsWith("$LOG WARNING borg.repository Remote: ", line, StringComparison.Ordinal));

        DamageIndex();
        _harness.Converse(Frame.Negotiate(), ServerHarness.Open(), Frame.Map(3, "__len__"));
        Assert.All(_harness.Log.TrimEnd('\n').Split('\n'), line =>
        {
            using System.Text.Json.JsonDocument json = System.Text.Json.JsonDocument.Parse(line);
            Assert.Matches("^(log_message|progress_percent)$", json.RootElement.GetProperty("type").GetString());
            Assert.True(json.RootElement.GetProperty("time").GetDouble() > 0);
        });
        Assert.Contains("\"levelname\":\"WARNING\",\"name\":\"borg.repository\"", _harness.Log, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_said_below_the_level_asked_for()
    {
        DamageIndex();
        _harness.Options = _harness.Options with { LogLevel = null };
        _harness.Converse(Frame.Array(1, "negotiate", 2), Frame.Array(2, "open", ServerHarness.Path, false, 1, true, true), Frame.Array(3, "__len__"));
        Assert.Empty(_harness.Log);
    }

    private Task<int> Start(BlockingPipe requests, BlockingPipe answers)
    {
        return Task.Run(() =>
        {
            using RepositoryServer server = _harness.CreateServer(new MemoryStream());
            int end = server.Run(requests.Reader, answers.Writer);
            answers.Writer.Dispose();
            return end;
        });
    }

    private void DamageIndex()
    {
        foreach (DirectoryItem item in _harness.Files.List(ServerHarness.Path).Where(item => item.Name.StartsWith("index.", StringComparison.Ordinal)))
        {
            _harness.Files.WriteAllBytes($"{ServerHarness.Path}/{item.Name}", Encoding.ASCII.GetBytes("no index"));
        }
    }

    private static void ReadAnswers(Stream stream, int count)
    {
        FrameReader reader = new(stream, FrameLimits.Responses);
        for (int i = 0; i < count; i++)
        {
            Assert.True(reader.TryRead(out _));
        }
    }
}
