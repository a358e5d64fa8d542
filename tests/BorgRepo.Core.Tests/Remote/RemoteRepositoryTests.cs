using System.Text;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Remote;
using BorgRepo.Core.Storage;
using Xunit;

namespace BorgRepo.Core.Tests.Remote;

public sealed class RemoteRepositoryTests
{
    private readonly RemoteHarness _harness = new();

    public RemoteRepositoryTests() => _harness.Server.CreateRepository();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public void What_is_put_and_committed_is_there_for_the_next_session()
    {
        using (RemoteRepository repository = _harness.Open())
        {
            Assert.True(repository.HoldsExclusiveLock);
            Assert.False(repository.InTransaction);
            repository.Put(Id(1), "one"u8);
            repository.Put(Id(2), []);
            Assert.True(repository.InTransaction);
            repository.Commit(null, Stop);
            Assert.False(repository.InTransaction);
        }

        Assert.False(_harness.Server.IsLocked);
        using RemoteRepository reader = _harness.Open(SessionAccess.Read);
        using Repository local = _harness.Server.OpenRepository();
        Assert.Equal(local.Id, reader.Id);
        Assert.Equal(2, reader.Count);
        Assert.Equal("one"u8.ToArray(), reader.GetValue(Id(1)));
        Assert.Empty(reader.GetValue(Id(2)));
        Assert.Equal(local.List(), reader.List());
        Assert.Equal(local.ListInDiskOrder(null, null, Stop), reader.ListInDiskOrder(null, null, Stop));
        Assert.True(reader.Contains(Id(1)));
        Assert.False(reader.Contains(Id(3)));
    }

    [Fact]
    public void What_is_not_committed_is_undone_by_closing()
    {
        using (RemoteRepository repository = _harness.Open())
        {
            repository.Put(Id(1), "one"u8);
        }

        using Repository local = _harness.Server.OpenRepository();
        Assert.Equal(0, local.Count);
        Assert.Empty(_harness.Server.Files.List(ServerHarness.Path + "/data/0"));
    }

    [Fact]
    public void A_rollback_undoes_and_the_session_goes_on()
    {
        using RemoteRepository repository = _harness.Open();
        repository.Put(Id(1), "one"u8);
        repository.Rollback();
        Assert.Equal(0, repository.Count);
        repository.Put(Id(2), "two"u8);
        repository.Commit(null, Stop);
        Assert.Equal([Id(2)], repository.List());
    }

    [Fact]
    public void Many_reads_come_in_order_with_their_errors_in_their_places()
    {
        ObjectId[] ids = [.. Enumerable.Range(0, 500).Select(Id)];
        using RemoteRepository repository = _harness.Open();
        foreach (ObjectId id in ids.Where((_, i) => i % 7 != 3))
        {
            repository.Put(id, Encoding.ASCII.GetBytes(id.ToString()));
        }

        repository.Commit(null, Stop);
        int i = 0;
        foreach (ObjectReading reading in repository.ReadMany(ids))
        {
            Assert.Equal(ids[i], reading.Id);
            if (i % 7 == 3)
            {
                Assert.Equal(ids[i], Assert.IsType<ObjectNotFoundException>(reading.Error).Id);
            }
            else
            {
                Assert.Equal(ids[i].ToString(), Encoding.ASCII.GetString(reading.Value!));
            }

            i++;
        }

        Assert.Equal(ids.Length, i);
    }

    [Fact]
    public void Reads_that_nobody_takes_any_more_do_not_disturb_the_next_call()
    {
        using RemoteRepository repository = _harness.Open();
        for (int i = 0; i < 200; i++)
        {
            repository.Put(Id(i), new byte[1000]);
        }

        repository.Commit(null, Stop);
        Assert.Equal(3, repository.ReadMany(Enumerable.Range(0, 200).Select(Id)).Take(3).Count());
        Assert.Equal(200, repository.Count);
        Assert.Equal(1000, repository.GetValue(Id(199)).Length);
    }

    [Theory]
    [InlineData(64)]
    [InlineData(64 * 1024)]
    public void Large_answers_and_large_requests_at_once_do_not_block_each_other(int pipeCapacity)
    {
        RemoteHarness harness = new(pipeCapacity);
        harness.Server.CreateRepository();
        using RemoteRepository repository = harness.Open();
        byte[] value = new byte[300_000];
        for (int i = 0; i < 10; i++)
        {
            repository.Put(Id(i), value);
        }

        repository.Commit(null, Stop);

        // While answers are on their way that nobody takes, much is sent: both pipes are full then.
        int read = 0;
        foreach (ObjectReading reading in repository.ReadMany(Enumerable.Range(0, 10).Select(Id)))
        {
            Assert.Equal(value.Length, reading.Value!.Length);
            repository.Put(Id(100 + read++), value);
        }

        repository.Commit(null, Stop);
        Assert.Equal(20, repository.Count);
    }

    [Fact]
    public void A_put_that_fails_keeps_the_commit_from_happening()
    {
        _harness.Server.Options = _harness.Server.Options with { StorageQuota = 1000 };
        using RemoteRepository repository = _harness.Open();
        repository.Put(Id(1), new byte[10]);
        repository.Commit(null, Stop);
        Exception? error = Record.Exception(() =>
        {
            repository.Put(Id(2), new byte[5000]);
            repository.Put(Id(3), new byte[10]);
            repository.Commit(null, Stop);
        });
        StorageQuotaExceededException quota = Assert.IsType<StorageQuotaExceededException>(error);
        Assert.Equal(1000, quota.QuotaBytes);
        Assert.True(repository.InTransaction);
        Assert.Throws<StorageQuotaExceededException>(() => repository.Commit(null, Stop));
        repository.Rollback();
        Assert.Equal([Id(1)], repository.List());
    }

    [Fact]
    public void A_value_that_is_too_large_is_not_sent()
    {
        using RemoteRepository repository = _harness.Open();
        Assert.Throws<ValueTooLargeException>(() => repository.Put(Id(1), new byte[LogEntry.MaxValueSize + 1]));
        Assert.False(repository.InTransaction);
        repository.Put(Id(1), new byte[LogEntry.MaxValueSize]);
        repository.Commit(null, Stop);
        Assert.Equal(LogEntry.MaxValueSize, repository.GetValue(Id(1)).Length);
    }

    [Fact]
    public void Deleting_what_is_not_there_is_told_at_once_and_the_transaction_goes_on()
    {
        using RemoteRepository repository = _harness.Open();
        repository.Put(Id(1), "one"u8);
        Assert.Equal(Id(9), Assert.Throws<ObjectNotFoundException>(() => repository.Delete(Id(9))).Id);
        repository.Delete(Id(1));
        repository.Put(Id(2), "two"u8);
        repository.Commit(null, Stop);
        Assert.Equal([Id(2)], repository.List());
    }

    [Fact]
    public void A_session_for_reading_refuses_to_write()
    {
        using RemoteRepository repository = _harness.Open(SessionAccess.Read);
        Assert.Throws<InvalidTransactionStateException>(() => repository.Put(Id(1), "x"u8));
        Assert.Throws<InvalidTransactionStateException>(() => repository.Delete(Id(1)));
        Assert.Throws<InvalidTransactionStateException>(() => repository.SaveKey("x"));
        Assert.Throws<InvalidTransactionStateException>(repository.Destroy);
    }

    [Fact]
    public void Keys_checks_and_destruction_work_through_a_server()
    {
        using RemoteRepository repository = _harness.Open();
        Assert.Empty(repository.LoadKey());
        repository.SaveKey("key\ntext");
        Assert.Equal("key\ntext", repository.LoadKey());
        repository.Put(Id(1), "one"u8);
        repository.Commit(null, Stop);
        Assert.True(repository.Check(repair: false, maxDuration: null, Stop));
        Assert.True(repository.Check(repair: false, TimeSpan.FromMinutes(1), Stop));
        repository.Destroy();
        Assert.False(repository.IsOpen);
        Assert.Equal(PathKind.Missing, _harness.Server.Files.GetInfo(ServerHarness.Path).Kind);
    }

    [Fact]
    public void Errors_of_opening_are_those_of_a_local_repository_with_the_location_for_a_path()
    {
        using (Repository holder = _harness.Server.OpenRepository(SessionAccess.Write))
        {
            Assert.Throws<LockTimeoutException>(() => _harness.Open());
        }

        using (Repository destroyed = _harness.Server.OpenRepository(SessionAccess.Write))
        {
            destroyed.Destroy();
        }

        Assert.Equal(RemoteHarness.Location, Assert.Throws<RepositoryNotFoundException>(() => _harness.Open()).Path);
        _harness.Server.Options = _harness.Server.Options with { RestrictToPaths = ["/elsewhere"] };
        Assert.Equal(ServerHarness.Path, Assert.Throws<PathNotAllowedException>(() => _harness.Open()).Path);
    }

    [Fact]
    public void What_the_server_says_comes_as_notices_on_the_thread_of_the_call()
    {
        _harness.Server.Options = _harness.Server.Options with { LogLevel = NoticeLevel.Information };
        using RemoteRepository repository = _harness.Open();
        repository.Put(Id(1), "one"u8);
        repository.Commit(null, Stop);
        Assert.True(repository.Check(repair: false, maxDuration: null, Stop));
        repository.Close();
        Assert.Contains(_harness.Notices, notice => notice.Level == NoticeLevel.Information
            && notice.Message.StartsWith("Remote: Index object count match", StringComparison.Ordinal));
    }

    [Fact]
    public void After_closing_every_call_says_so()
    {
        RemoteRepository repository = _harness.Open();
        repository.Close();
        repository.Close();
        Assert.False(repository.IsOpen);
        Assert.Throws<RepositoryClosedException>(() => repository.Count);
        Assert.Throws<RepositoryClosedException>(() => repository.Put(Id(1), "x"u8));
        Assert.Throws<RepositoryClosedException>(() => repository.Commit(null, Stop));
    }

    internal static ObjectId Id(int number)
    {
        Span<byte> bytes = stackalloc byte[ObjectId.Length];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], number);
        bytes[0] = 1;
        return new ObjectId(bytes);
    }
}
