using BorgRepo.Core.Errors;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Simulation;
using Xunit;

namespace BorgRepo.Core.Tests.Storage;

public sealed class HandleCacheTests : IDisposable
{
    private readonly SimulatedTime _time = new();
    private readonly MemoryFileSystem _files = new MemoryFileSystem().AddDirectory("/data");
    private HandleCache _cache;

    public HandleCacheTests()
    {
        for (uint segment = 0; segment < 40; segment++)
        {
            _files.WriteAllBytes(PathOf(segment), [(byte)segment]);
        }
        _cache = MakeCache(10);
    }

    public void Dispose()
    {
        _cache.Dispose();
        Assert.Equal(0, _files.OpenHandles);
    }

    [Fact]
    public void A_handle_is_opened_once_and_stays_open()
    {
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(7, ReadByte(7));
        }
        Assert.Equal(1, _files.OpenHandles);
        Assert.Equal(1, _cache.Count);
    }

    [Fact]
    public void The_handles_used_last_are_kept()
    {
        for (uint segment = 0; segment < 10; segment++)
        {
            ReadByte(segment);
        }
        ReadByte(0);
        ReadByte(10);
        Assert.Equal(10, _files.OpenHandles);
        // 0 was used again and 1 was not: deleting the files shows which handle is still there.
        _files.DeleteFile(PathOf(0));
        _files.DeleteFile(PathOf(1));
        Assert.Equal(0, ReadByte(0));
        Assert.Equal(1u, Assert.Throws<SegmentMissingException>(() => _cache.Acquire(1)).Segment);
    }

    [Fact]
    public void A_missing_segment_is_told_with_its_number_and_path()
    {
        SegmentMissingException error = Assert.Throws<SegmentMissingException>(() => _cache.Acquire(99));
        Assert.Equal(99u, error.Segment);
        Assert.Equal("/data/99", error.Path);
        Assert.Equal(0, _cache.Count);
    }

    [Fact]
    public void Handles_unused_for_more_than_four_minutes_are_closed_at_the_next_use_of_another()
    {
        ReadByte(1);
        _time.Advance(TimeSpan.FromSeconds(200));
        ReadByte(2);
        _time.Advance(TimeSpan.FromSeconds(40));
        ReadByte(3);
        Assert.Equal(3, _files.OpenHandles);
        // Looked at every half minute only: too early here for the first, which is just over its time.
        _time.Advance(TimeSpan.FromSeconds(1));
        ReadByte(3);
        Assert.Equal(3, _files.OpenHandles);
        _time.Advance(TimeSpan.FromSeconds(29));
        ReadByte(3);
        Assert.Equal(2, _files.OpenHandles);
    }

    [Fact]
    public void A_handle_in_use_is_not_closed_for_its_age_and_its_time_begins_when_the_use_ends()
    {
        HandleLease lease = _cache.Acquire(1);
        _time.Advance(TimeSpan.FromHours(1));
        ReadByte(2);
        Assert.Equal(1, ReadByte(lease.File));
        lease.Dispose();
        _time.Advance(TimeSpan.FromSeconds(239));
        ReadByte(2);
        Assert.Equal(2, _files.OpenHandles);
        _time.Advance(TimeSpan.FromSeconds(31));
        ReadByte(2);
        Assert.Equal(1, _files.OpenHandles);
    }

    [Fact]
    public void More_handles_in_use_than_the_cache_holds_stay_open_until_they_are_returned()
    {
        HandleLease[] leases = [.. Enumerable.Range(0, 20).Select(i => _cache.Acquire((uint)i))];
        Assert.Equal(20, _files.OpenHandles);
        for (int i = 0; i < leases.Length; i++)
        {
            Assert.Equal(i, ReadByte(leases[i].File));
        }
        foreach (HandleLease lease in leases)
        {
            lease.Dispose();
        }
        Assert.Equal(10, _files.OpenHandles);
    }

    [Fact]
    public void A_dropped_handle_serves_its_user_to_the_end_and_nobody_else()
    {
        HandleLease old = _cache.Acquire(5);
        _cache.Drop(5);
        _files.WriteAllBytes("/data/5.tmp", [55]);
        _files.Replace("/data/5.tmp", PathOf(5));
        Assert.Equal(55, ReadByte(5));
        Assert.Equal(5, ReadByte(old.File));
        Assert.Equal(2, _files.OpenHandles);
        old.Dispose();
        Assert.Equal(1, _files.OpenHandles);
        _cache.Drop(99);
    }

    [Fact]
    public void Clearing_closes_all_that_are_not_in_use()
    {
        ReadByte(1);
        HandleLease lease = _cache.Acquire(2);
        _cache.Clear();
        Assert.Equal(1, _files.OpenHandles);
        Assert.Equal(0, _cache.Count);
        lease.Dispose();
        Assert.Equal(0, _files.OpenHandles);
    }

    [Fact]
    public void A_segment_replaced_while_it_was_being_opened_is_opened_again()
    {
        DroppingFileSystem files = new(_files);
        using HandleCache cache = new(files, _time, PathOf);
        files.AfterOpen = () =>
        {
            files.AfterOpen = null;
            _files.WriteAllBytes("/data/5.tmp", [55]);
            _files.Replace("/data/5.tmp", PathOf(5));
            cache.Drop(5);
        };
        using HandleLease lease = cache.Acquire(5);
        Assert.Equal(55, ReadByte(lease.File));
    }

    [Fact]
    public void When_the_platform_gives_no_more_handles_the_cache_makes_do_with_fewer()
    {
        using HandleCache cache = MakeCache(512);
        _files.HandleLimit = 20;
        for (int round = 0; round < 3; round++)
        {
            for (uint segment = 0; segment < 40; segment++)
            {
                using HandleLease lease = cache.Acquire(segment);
                Assert.Equal((int)segment, ReadByte(lease.File));
            }
        }
        Assert.InRange(cache.Count, 1, 19);
    }

    [Fact]
    public void When_all_handles_are_in_use_the_platforms_error_is_told()
    {
        _files.HandleLimit = 3;
        HandleLease[] leases = [.. Enumerable.Range(0, 3).Select(i => _cache.Acquire((uint)i))];
        Assert.True(FileSystemErrors.IsTooManyOpenFiles(Assert.ThrowsAny<IOException>(() => _cache.Acquire(3))));
        foreach (HandleLease lease in leases)
        {
            lease.Dispose();
        }
        Assert.Equal(3, ReadByte(3));
    }

    [Fact]
    public void A_disposed_cache_gives_nothing_but_takes_back()
    {
        HandleLease lease = _cache.Acquire(1);
        ReadByte(2);
        _cache.Dispose();
        Assert.Equal(1, _files.OpenHandles);
        Assert.Throws<ObjectDisposedException>(() => _cache.Acquire(1));
        Assert.Equal(1, ReadByte(lease.File));
        lease.Dispose();
        Assert.Equal(0, _files.OpenHandles);
    }

    [Fact]
    public void Readers_on_many_threads_never_meet_a_closed_or_wrong_handle()
    {
        _cache.Dispose();
        _cache = MakeCache(4);
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, thread =>
        {
            Random random = new(thread);
            for (int i = 0; i < 2000; i++)
            {
                uint segment = (uint)random.Next(40);
                using HandleLease lease = _cache.Acquire(segment);
                if (i % 50 == 0)
                {
                    _time.Advance(TimeSpan.FromSeconds(100));
                    _cache.Drop(segment);
                }
                Assert.Equal((int)segment, ReadByte(lease.File));
            }
        });
        Assert.InRange(_files.OpenHandles, 0, 4);
    }

    private static string PathOf(uint segment) => $"/data/{segment}";

    private static int ReadByte(IFile file)
    {
        byte[] buffer = new byte[1];
        return file.Read(buffer, 0) == 1 ? buffer[0] : -1;
    }

    private HandleCache MakeCache(int capacity) => new(_files, _time, PathOf, capacity);

    private int ReadByte(uint segment)
    {
        using HandleLease lease = _cache.Acquire(segment);
        return ReadByte(lease.File);
    }

    /// <summary>Lets something happen between the opening of a file and the moment the opener goes on.</summary>
    private sealed class DroppingFileSystem(MemoryFileSystem inner) : IFileSystem
    {
        public Action? AfterOpen { get; set; }

        public IFile Open(string path, FileOpenKind kind)
        {
            IFile file = inner.Open(path, kind);
            AfterOpen?.Invoke();
            return file;
        }

        public PathInfo GetInfo(string path) => inner.GetInfo(path);

        public IReadOnlyList<DirectoryItem> List(string directory) => inner.List(directory);

        public bool TryCreateDirectory(string path) => inner.TryCreateDirectory(path);

        public void Replace(string source, string target) => inner.Replace(source, target);

        public bool TryRenameDirectory(string source, string target) => inner.TryRenameDirectory(source, target);

        public void DeleteFile(string path) => inner.DeleteFile(path);

        public void DeleteDirectory(string path) => inner.DeleteDirectory(path);

        public void SyncDirectory(string path) => inner.SyncDirectory(path);

        public long? GetAvailableBytes(string path) => inner.GetAvailableBytes(path);

        public int? GetLinkCount(string path) => inner.GetLinkCount(path);
    }
}
