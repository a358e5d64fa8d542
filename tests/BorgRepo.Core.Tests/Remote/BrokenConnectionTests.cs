using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Remote;
using BorgRepo.Core.Storage;
using Xunit;

namespace BorgRepo.Core.Tests.Remote;

/// <summary>Servers that die, lie or hang: a typed error each time, never a hang, never a commit that did not happen.</summary>
public sealed class BrokenConnectionTests
{
    private static readonly byte[] s_id = new byte[32];
    private static readonly string[] s_typeError = ["TypeError"];

    private readonly RemoteHarness _harness = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public void A_server_that_dies_in_the_middle_of_a_put_is_told_and_nothing_hides_the_lost_transaction()
    {
        using RemoteRepository repository = _harness.Open(Scripted((reader, connection) =>
        {
            Answer(reader, connection, null);
            byte[] some = new byte[1000];
            connection.ServerInput.ReadExactly(some);
        }));
        Exception? error = Record.Exception(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                repository.Put(RemoteRepositoryTests.Id(i), new byte[100_000]);
            }

            repository.Commit(null, Stop);
        });
        Assert.IsType<RemoteConnectionException>(error);
        Assert.False(repository.IsOpen);
        Assert.False(repository.InTransaction);
        Assert.Throws<RemoteConnectionException>(() => repository.Commit(null, Stop));
        Assert.Throws<RemoteConnectionException>(() => repository.Count);
    }

    [Fact]
    public void A_connection_lost_in_the_commit_leaves_its_outcome_open_and_says_so()
    {
        using RemoteRepository repository = _harness.Open(Scripted((reader, connection) =>
        {
            Answer(reader, connection, null);
            reader.TryRead(out _);
        }));
        repository.Put(RemoteRepositoryTests.Id(1), "x"u8);
        RemoteConnectionException error = Assert.Throws<RemoteConnectionException>(() => repository.Commit(null, Stop));
        Assert.Contains("not known whether the commit took place", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_ssh_said_before_it_failed_is_the_reason()
    {
        InProcessConnection connection = new();
        connection.Run(() => connection.ServerMessages.Write("me@host: Permission denied (publickey).\n"u8));
        RemoteConnectionException error = Assert.Throws<RemoteConnectionException>(() => _harness.Open(connection));
        Assert.Contains("Permission denied (publickey)", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Welcome to this computer!\n")]
    [InlineData("")]
    public void A_shell_that_greets_is_no_server(string greeting)
    {
        InProcessConnection connection = new();
        connection.Run(() => connection.ServerOutput.Write(System.Text.Encoding.ASCII.GetBytes(greeting)));
        Assert.Throws<RemoteConnectionException>(() => _harness.Open(connection));
    }

    [Fact]
    public void An_answer_to_no_call_breaks_the_connection()
    {
        InProcessConnection connection = new();
        connection.Run(() =>
        {
            FrameReader reader = new(connection.ServerInput, FrameLimits.Requests);
            reader.TryRead(out _);
            connection.ServerOutput.Write(Frame.Pack(new object?[] { 1, 99, null, 2 }));
            reader.TryRead(out _);
        });
        Assert.Throws<RemoteConnectionException>(() => _harness.Open(connection));
    }

    [Fact]
    public void A_wrong_answer_is_an_error_of_the_protocol()
    {
        using RemoteRepository repository = _harness.Open(Scripted((reader, connection) =>
        {
            Answer(reader, connection, "no number");
            Answer(reader, connection, new object?[] { 1, 2 });
            Answer(reader, connection, 5);
        }));
        Assert.Throws<ProtocolException>(() => repository.Count);
        Assert.Throws<ProtocolException>(() => repository.List().ToList());
        Assert.Throws<ProtocolException>(() => repository.GetValue(ObjectId.Manifest));
    }

    [Fact]
    public void Waiting_for_a_server_that_hangs_can_be_cancelled_and_interrupted()
    {
        InProcessConnection silent = new();
        using ManualResetEventSlim end = new();
        silent.Run(() => end.Wait(Stop));
        using CancellationTokenSource cancel = new(TimeSpan.FromMilliseconds(50));
        Assert.ThrowsAny<OperationCanceledException>(() => RemoteRepository.Open(
            silent, "/r", RemoteHarness.Location, new OpenOptions(), _harness.ClientServices, cancel.Token));
        end.Set();
    }

    [Fact]
    public async Task Interrupt_ends_a_call_that_waits()
    {
        using ManualResetEventSlim end = new();
        using RemoteRepository repository = _harness.Open(Scripted((_, _) => end.Wait(Stop)));
        Task count = Task.Run(() => repository.Count, Stop);
        repository.Interrupt();
        await Assert.ThrowsAsync<RemoteConnectionException>(() => count);
        end.Set();
    }

    [Fact]
    public void A_server_of_1_0_is_spoken_to_by_position_with_four_arguments_if_it_knows_no_more()
    {
        List<List<object?>> calls = [];
        InProcessConnection connection = new();
        connection.Run(() =>
        {
            FrameReader reader = new(connection.ServerInput, FrameLimits.Requests);
            object?[] results = [2, s_typeError, s_id, null, null, "data"u8.ToArray()];
            for (int i = 0; i < results.Length && reader.TryRead(out ReadOnlyMemory<byte> frame); i++)
            {
                object?[] call = (object?[])Assert.Single(Frame.UnpackAll(frame))!;
                calls.Add([Frame.Text(call[2]), .. (object?[])call[3]!]);
                connection.ServerOutput.Write(Frame.Pack(results[i] is string[] error
                    ? new object?[] { 1, call[1], error[0], "Remote Exception" }
                    : [1, call[1], null, results[i]]));
            }
        });
        using (RemoteRepository repository = _harness.Open(connection))
        {
            repository.Put(ObjectId.Manifest, "x"u8);
            repository.Commit(new CommitOptions { Compact = true }, Stop);
            Assert.Equal("data"u8.ToArray(), repository.GetValue(ObjectId.Manifest));
        }

        Assert.Equal(["negotiate", "open", "open", "put", "commit", "get"], calls.Select(call => call[0]));
        Assert.Equal([1, 5, 4, 2, 1, 1], calls.Select(call => call.Count - 1));
    }

    [Fact]
    public void All_forms_of_lines_beside_the_answers_become_notices()
    {
        InProcessConnection connection = new();
        connection.Run(() =>
        {
            connection.ServerMessages.Write("""
                {"type": "log_message", "time": 1.5, "message": "from json", "levelname": "INFO", "name": "borg.x"}
                {"type": "unheard of"}
                {broken
                $LOG WARNING borg.repository Remote: from a newer one
                $LOG ERROR Remote: from an old one
                plain words
                {"type": "progress_percent", "current": 5, "total": 10, "message": "half", "msgid": "check"}

                """u8);
            connection.ServerMessages.Dispose();
            FrameReader reader = new(connection.ServerInput, FrameLimits.Requests);
            Negotiate(reader, connection);
            Answer(reader, connection, 0);
        });
        using (RemoteRepository repository = _harness.Open(connection))
        {
            _ = repository.Count;
        }

        Assert.Equal(
            [
                (NoticeLevel.Information, "Remote: from json"),
                (NoticeLevel.Warning, "Remote: {\"type\": \"unheard of\"}"),
                (NoticeLevel.Warning, "Remote: {broken"),
                (NoticeLevel.Warning, "Remote: from a newer one"),
                (NoticeLevel.Error, "Remote: from an old one"),
                (NoticeLevel.Warning, "Remote: plain words"),
            ],
            _harness.Notices.Select(notice => (notice.Level, notice.Message)));
    }

    private static InProcessConnection Scripted(Action<FrameReader, InProcessConnection> afterOpen)
    {
        InProcessConnection connection = new();
        connection.Run(() =>
        {
            FrameReader reader = new(connection.ServerInput, FrameLimits.Requests);
            Negotiate(reader, connection);
            afterOpen(reader, connection);
        });
        return connection;
    }

    private static void Negotiate(FrameReader reader, InProcessConnection connection)
    {
        Answer(reader, connection, new Dictionary<string, object?> { ["server_version"] = new object[] { 1, 2, 4, -1 } });
        Answer(reader, connection, s_id);
    }

    private static void Answer(FrameReader reader, InProcessConnection connection, object? result)
    {
        Assert.True(reader.TryRead(out ReadOnlyMemory<byte> frame));
        connection.ServerOutput.Write(Frame.Pack(Assert.Single(Frame.UnpackAll(frame)) switch
        {
            object?[] call => new object?[] { 1, call[1], null, result },
            Dictionary<string, object?> call => new Dictionary<string, object?> { ["i"] = call["i"], ["r"] = result },
            _ => throw new InvalidOperationException(),
        }));
    }
}
