using BorgRepo.Core.Format;
using BorgRepo.Core.Remote;
using BorgRepo.Core.Storage;
using Xunit;

namespace BorgRepo.Core.Tests.Remote;

public sealed class RepositoryServerTests
{
    private static readonly ObjectId s_one = ObjectId.Parse(string.Concat(Enumerable.Repeat("01", 32)));
    private static readonly ObjectId s_two = ObjectId.Parse(string.Concat(Enumerable.Repeat("02", 32)));

    private readonly ServerHarness _harness = new();

    [Fact]
    public void Clients_since_1_1_get_a_release_and_those_of_1_0_the_number()
    {
        List<object?> answers = _harness.Converse(Frame.Negotiate(1), Frame.Array(2, "negotiate", 2));
        object?[] newer = (object?[])answers[0]!;
        Assert.Equal([1L, 1L, null], newer[..3]);
        object?[] version = (object?[])((Dictionary<string, object?>)newer[3]!)["server_version"]!;
        Assert.Equal([1L, 4L, 3L, -1L], version);
        Assert.Equal([1L, 2L, null, 2L], (object?[])answers[1]!);
    }

    [Fact]
    public void The_bytes_of_the_negotiation_are_those_of_borg()
    {
        using MemoryStream output = new();
        using RepositoryServer server = _harness.CreateServer(new MemoryStream());
        server.Run(new MemoryStream(Convert.FromHexString("940101a96e65676f74696174659181ae636c69656e745f76657273696f6e94010204ff")), output);
        Assert.Equal("940101c081ae7365727665725f76657273696f6e94010403ff", Convert.ToHexStringLower(output.ToArray()));
    }

    [Fact]
    public void A_client_of_1_0_creates_stores_and_reads_with_arguments_by_position()
    {
        List<object?> answers = _harness.Converse(
            Frame.Array(1, "negotiate", 2),
            Frame.Array(2, "open", ServerHarness.Path, true, 1, true),
            Frame.Array(3, "put", s_one, new byte[] { 1, 2, 3 }),
            Frame.Array(4, "commit", false),
            Frame.Array(5, "get", s_one),
            Frame.Array(6, "get", s_two),
            Frame.Array(7, "list", 10, null),
            Frame.Array(8, "__len__"));
        Assert.Equal(32, ((byte[])((object?[])answers[1]!)[3]!).Length);
        Assert.Equal([1L, 3L, null, null], (object?[])answers[2]!);
        Assert.Equal([1L, 4L, null, null], (object?[])answers[3]!);
        Assert.Equal(new byte[] { 1, 2, 3 }, ((object?[])answers[4]!)[3]);
        object?[] error = (object?[])answers[5]!;
        Assert.Equal("ObjectNotFound", Frame.Text(error[2]));
        Assert.StartsWith("Remote Exception", Frame.Text(error[3]), StringComparison.Ordinal);
        Assert.Equal(s_one.ToArray(), Assert.Single((object?[])((object?[])answers[6]!)[3]!));
        Assert.Equal(1L, ((object?[])answers[7]!)[3]);
    }

    [Fact]
    public void The_end_of_the_input_is_no_commit_removes_nothing_and_releases_the_lock()
    {
        _harness.CreateRepository();
        _harness.Ask(true, Put(3, s_one), Frame.Map(4, "commit"), Put(5, s_two));
        Assert.False(_harness.IsLocked);
        Assert.NotEqual(PathKind.Missing, _harness.Files.GetInfo(ServerHarness.Path + "/data/0/2").Kind);
        using Repository repository = _harness.OpenRepository();
        Assert.Equal([s_one], repository.List());
    }

    [Fact]
    public void A_client_that_dies_in_the_middle_of_a_put_leaves_the_last_state_and_no_lock()
    {
        _harness.CreateRepository();
        byte[] put = Frame.Map(5, "put", ("id", s_two), ("data", new byte[100_000]));
        _harness.Ask(true, Put(3, s_one), Frame.Map(4, "commit"), put[..70_000]);
        Assert.False(_harness.IsLocked);
        using Repository repository = _harness.OpenRepository();
        Assert.Equal([s_one], repository.List());
    }

    [Fact]
    public void What_is_no_protocol_ends_the_server_with_2_and_without_an_answer()
    {
        _harness.CreateRepository();
        List<object?> answers = _harness.Converse(RepositoryServer.Refused, Frame.Negotiate(), ServerHarness.Open(), "GET / HTTP/1.1\r\n\r\n"u8.ToArray());
        Assert.Equal(2, answers.Count);
        Assert.Contains("does not keep to the protocol", _harness.Log, StringComparison.Ordinal);
        Assert.False(_harness.IsLocked);
    }

    [Fact]
    public void Methods_before_open_are_an_error_each_and_the_session_goes_on()
    {
        string[] methods = ["get", "put", "delete", "list", "scan", "__len__", "commit", "rollback", "destroy", "check", "load_key", "save_key", "break_lock", "get_free_nonce", "commit_nonce_reservation"];
        _harness.CreateRepository();
        List<object?> answers = _harness.Converse(
            [.. methods.Select((method, i) => Frame.Map(i, method, ("id", s_one), ("data", "x"))), ServerHarness.Open()]);
        Assert.All(answers.Take(methods.Length), answer => Assert.Equal("AttributeError", Class(answer)));
        Assert.Equal(32, ((byte[])((Dictionary<string, object?>)answers[^1]!)["r"]!).Length);
    }

    [Fact]
    public void Wrong_arguments_are_errors_of_their_request_alone()
    {
        _harness.CreateRepository();
        List<Dictionary<string, object?>> answers = _harness.Ask(
            true,
            Frame.Map(3, "get", ("id", new byte[31])),
            Frame.Map(4, "get", ("id", 5)),
            Frame.Map(5, "get"),
            Frame.Map(6, "put", ("id", s_one)),
            Frame.Map(7, "put", ("id", s_one), ("data", true)),
            Frame.Map(8, "put", ("id", s_one), ("data", new byte[LogEntry.MaxValueSize + 1])),
            Frame.Map(9, "list", ("limit", -1)),
            Frame.Map(10, "list", ("limit", 1), ("marker", "short")),
            Frame.Map(11, "list", ("limit", 1), ("marker", s_two)),
            Frame.Map(12, "commit", ("threshold", "much")),
            Frame.Map(13, "frobnicate"),
            Frame.Map(14, "delete", ("id", s_two)),
            Frame.Map(15, "__len__"));
        Assert.Equal(
            ["ValueError", "TypeError", "TypeError", "TypeError", "TypeError", "IntegrityError", "ValueError", "ValueError", "ObjectNotFound", "TypeError", "InvalidRPCMethod", "ObjectNotFound"],
            answers.Take(12).Select(Class));
        Assert.Equal(0L, answers[12]["r"]);
    }

    [Fact]
    public void Arguments_that_nobody_knows_are_ignored()
    {
        _harness.CreateRepository();
        Dictionary<string, object?> answer = Assert.Single(_harness.Ask(false, Frame.Map(3, "__len__", ("not_a_parameter", new object[] { 1, "x" }))));
        Assert.Equal(0L, answer["r"]);
    }

    [Fact]
    public void An_error_map_has_all_seven_keys_and_the_arguments_of_its_class()
    {
        _harness.CreateRepository();
        Dictionary<string, object?> answer = Assert.Single(_harness.Ask(false, Frame.Map(3, "get", ("id", s_one))));
        Assert.Equal(
            ["exception_args", "exception_class", "exception_full", "exception_short", "exception_trace", "i", "sysinfo"],
            answer.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(3L, answer["i"]);
        Assert.Equal([s_one.ToString(), ServerHarness.Path], ((object?[])answer["exception_args"]!).Select(Frame.Text));
        Assert.Equal(true, answer["exception_trace"]);
        Assert.IsType<byte[]>(answer["sysinfo"]);
        Assert.Equal($"Object with key {s_one} not found in repository {ServerHarness.Path}.", Frame.Text(Assert.Single((object?[])answer["exception_short"]!)));
    }

    [Theory]
    [InlineData("/backup/none", "DoesNotExist")]
    [InlineData("/backup", "InvalidRepository")]
    [InlineData("", "ValueError")]
    [InlineData("/backup/a\0b", "ValueError")]
    public void Opening_what_is_no_repository_says_so(string path, string expected)
    {
        List<object?> answers = _harness.Converse(Frame.Negotiate(), ServerHarness.Open(path: path));
        Assert.Equal(expected, Class(answers[1]));
    }

    [Fact]
    public void A_lock_held_by_somebody_else_is_a_timeout_with_the_path_of_the_lock()
    {
        _harness.CreateRepository();
        using Repository holder = _harness.OpenRepository(SessionAccess.Write);
        List<object?> answers = _harness.Converse(Frame.Negotiate(), ServerHarness.Open());
        Dictionary<string, object?> error = (Dictionary<string, object?>)answers[1]!;
        Assert.Equal("LockTimeout", Class(error));
        Assert.StartsWith(ServerHarness.Path, Frame.Text(((object?[])error["exception_args"]!)[0]), StringComparison.Ordinal);
        Assert.Equal(false, error["exception_trace"]);
    }

    [Fact]
    public void A_client_cannot_wait_longer_for_the_lock_than_the_server_lets_it()
    {
        _harness.CreateRepository();
        _harness.Options = _harness.Options with { LockWait = TimeSpan.FromSeconds(5) };
        using Repository holder = _harness.OpenRepository(SessionAccess.Write);
        DateTimeOffset before = _harness.Environment.Clock.GetUtcNow();
        byte[] patient = Frame.Map(2, "open", ("path", ServerHarness.Path), ("exclusive", true), ("lock_wait", null));
        Assert.Equal("LockTimeout", Class(_harness.Converse(Frame.Negotiate(), patient)[1]));
        Assert.InRange((_harness.Environment.Clock.GetUtcNow() - before).TotalSeconds, 5, 11);
    }

    [Fact]
    public void A_commit_that_does_not_say_compacts_and_one_that_says_no_does_not()
    {
        _harness.CreateRepository();
        _harness.Ask(true, Put(3, s_one), Frame.Map(4, "commit", ("compact", false)), Put(5, s_one), Frame.Map(6, "commit", ("compact", false)));
        Assert.NotEqual(PathKind.Missing, _harness.Files.GetInfo(ServerHarness.Path + "/data/0/0").Kind);
        _harness.Ask(true, Put(3, s_two), Frame.Map(4, "commit", ("save_space", false)));
        Assert.Equal(PathKind.Missing, _harness.Files.GetInfo(ServerHarness.Path + "/data/0/0").Kind);
    }

    [Fact]
    public void An_append_only_server_removes_nothing_but_lets_a_repository_be_created_without_it()
    {
        _harness.Options = _harness.Options with { AppendOnly = true };
        _harness.Converse(Frame.Negotiate(), ServerHarness.Open(create: true), Put(3, s_one), Frame.Map(4, "commit"));
        List<Dictionary<string, object?>> answers = _harness.Ask(
            true, Put(3, s_one), Frame.Map(4, "commit", ("compact", true)), Frame.Map(5, "destroy"), Frame.Map(6, "check", ("repair", true)));
        Assert.Equal(["ValueError", "ValueError"], answers.TakeLast(2).Select(Class));
        Assert.NotEqual(PathKind.Missing, _harness.Files.GetInfo(ServerHarness.Path + "/data/0/0").Kind);
        using Repository repository = _harness.OpenRepository();
        Assert.False(repository.AppendOnly);
    }

    [Fact]
    public void A_quota_of_the_server_holds_and_is_kept_by_a_new_repository()
    {
        _harness.Options = _harness.Options with { StorageQuota = 100 };
        List<object?> answers = _harness.Converse(Frame.Negotiate(), ServerHarness.Open(create: true), Put(3, s_one), Put(4, s_two), Frame.Map(5, "commit"));
        Assert.Equal(["StorageQuotaExceeded", "StorageQuotaExceeded"], answers.Skip(3).Select(Class));
        using Repository repository = _harness.OpenRepository();
        Assert.Equal(100, repository.StorageQuota);
    }

    [Fact]
    public void Keys_are_kept_in_a_session_without_lock_too()
    {
        _harness.CreateRepository();
        byte[] open = Frame.Map(2, "open", ("path", ServerHarness.Path), ("lock", false), ("exclusive", false));
        List<object?> answers = _harness.Converse(
            Frame.Negotiate(), open, Frame.Map(3, "load_key"), Frame.Map(4, "save_key", ("keydata", "a key\nof lines")), Frame.Map(5, "load_key"));
        Assert.Equal(string.Empty, Frame.Text(Result(answers[2])));
        Assert.Equal("a key\nof lines", Frame.Text(Result(answers[4])));
    }

    [Fact]
    public void Nonces_need_the_exclusive_lock()
    {
        _harness.CreateRepository();
        Assert.Equal("AssertionError", Class(Assert.Single(_harness.Ask(false, Frame.Map(3, "get_free_nonce")))));
        List<Dictionary<string, object?>> answers = _harness.Ask(
            true,
            Frame.Map(3, "get_free_nonce"),
            Frame.Map(4, "commit_nonce_reservation", ("next_unreserved", 512), ("start_nonce", null)),
            Frame.Map(5, "get_free_nonce"),
            Frame.Map(6, "commit_nonce_reservation", ("next_unreserved", 1024), ("start_nonce", 0)));
        Assert.Null(answers[0]["r"]);
        Assert.Equal(512L, answers[2]["r"]);
        Assert.Equal("Exception", Class(answers[3]));
    }

    [Fact]
    public void Break_lock_removes_the_lock_of_another()
    {
        _harness.CreateRepository();
        using Repository holder = _harness.OpenRepository(SessionAccess.Write);
        byte[] open = Frame.Map(2, "open", ("path", ServerHarness.Path), ("lock", false));
        _harness.Converse(Frame.Negotiate(), open, Frame.Map(3, "break_lock"));
        Assert.False(_harness.IsLocked);
    }

    [Fact]
    public void Lists_of_ids_come_in_parts_with_limit_and_marker()
    {
        _harness.CreateRepository();
        _harness.Ask(true, Put(3, s_one), Put(4, s_two), Frame.Map(5, "commit"));
        foreach (string method in new[] { "list", "scan" })
        {
            object?[] first = (object?[])Assert.Single(_harness.Ask(false, Frame.Map(3, method, ("limit", 1))))["r"]!;
            object?[] rest = (object?[])Assert.Single(_harness.Ask(false, Frame.Map(3, method, ("limit", 10), ("marker", first[0]))))["r"]!;
            Assert.Equal(
                new[] { s_one.ToString(), s_two.ToString() },
                first.Concat(rest).Select(id => Convert.ToHexStringLower((byte[])id!)).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void A_check_answers_with_a_flag_and_says_the_rest_beside()
    {
        _harness.CreateRepository();
        _harness.Options = _harness.Options with { LogLevel = NoticeLevel.Information };
        _harness.Ask(true, Put(3, s_one), Frame.Map(4, "commit"));
        Assert.Equal(true, Assert.Single(_harness.Ask(true, Frame.Map(3, "check", ("repair", false), ("max_duration", 0))))["r"]);
        Assert.Contains("Index object count match", _harness.Log, StringComparison.Ordinal);

        string segment = ServerHarness.Path + "/data/0/0";
        byte[] bytes = _harness.Files.ReadAllBytes(segment);
        bytes[^1] ^= 1;
        _harness.Files.WriteAllBytes(segment, bytes);
        Assert.Equal(false, Assert.Single(_harness.Ask(true, Frame.Map(3, "check")))["r"]);
        Assert.Contains("\"levelname\":\"ERROR\"", _harness.Log, StringComparison.Ordinal);
        Assert.Equal(true, Assert.Single(_harness.Ask(true, Frame.Map(3, "check", ("repair", true))))["r"]);
    }

    [Theory]
    [InlineData("DoesNotExist")]
    [InlineData("AlreadyExists")]
    [InlineData("CheckNeeded")]
    [InlineData("IntegrityError")]
    [InlineData("PathNotAllowed")]
    [InlineData("ObjectNotFound")]
    [InlineData("InvalidRPCMethod")]
    public void Errors_can_be_asked_for_by_name(string kind) =>
        Assert.Equal(kind, Class(_harness.Converse(Frame.Map(1, "inject_exception", ("kind", kind)))[0]));

    private static byte[] Put(long id, ObjectId key) => Frame.Map(id, "put", ("id", key), ("data", new byte[20]), ("wait", true));

    private static string Class(object? answer) => answer is Dictionary<string, object?> map && map.TryGetValue("exception_class", out object? name)
        ? Frame.Text(name)
        : $"no error: {answer}";

    private static object? Result(object? answer) => ((Dictionary<string, object?>)answer!)["r"];
}
