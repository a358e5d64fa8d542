using BorgRepo.Core.Format;
using Xunit;

namespace BorgRepo.Core.Tests.Format;

public sealed class IndexFormatTests
{
    private static readonly byte[] Header = [.. "BORG_IDX"u8, 1, 0, 0, 0, 7, 4, 0, 0, 32, 8];

    [Fact]
    public void A_header_is_written_as_borg_writes_it()
    {
        byte[] header = new byte[IndexFormat.HeaderSize];
        IndexFormat.WriteHeader(header, entryCount: 1, bucketCount: 1031);
        Assert.Equal(Header, header);
    }

    [Fact]
    public void A_header_that_fits_its_file_is_read()
    {
        Assert.True(IndexFormat.TryReadHeader(Header, 41258, out int entries, out int buckets, out string? problem), problem);
        Assert.Equal((1, 1031), (entries, buckets));
    }

    [Fact]
    public void Bucket_counts_need_not_be_listed()
    {
        byte[] header = new byte[IndexFormat.HeaderSize];
        IndexFormat.WriteHeader(header, 1, 1);
        Assert.True(IndexFormat.TryReadHeader(header, 58, out _, out int buckets, out _));
        Assert.Equal(1, buckets);
    }

    [Fact]
    public void The_largest_listed_table_is_within_reach()
    {
        byte[] header = new byte[IndexFormat.HeaderSize];
        IndexFormat.WriteHeader(header, 2062383853, 2062383853);
        Assert.Equal(82495354138, IndexFormat.FileSize(2062383853));
        Assert.True(IndexFormat.TryReadHeader(header, 82495354138, out int entries, out int buckets, out _));
        Assert.Equal((2062383853, 2062383853), (entries, buckets));
    }

    [Theory]
    [InlineData(0, 'X', "BORG_IDX")]
    [InlineData(11, '\x80', "entries")]
    [InlineData(9, '\x05', "entries")]
    [InlineData(13, '\x00', "bytes")]
    [InlineData(15, '\xff', "buckets")]
    [InlineData(16, '\x21', "33")]
    [InlineData(17, '\x07', "7")]
    public void A_header_with_one_wrong_byte_is_refused_with_the_reason(int at, char value, string reason)
    {
        byte[] header = [.. Header];
        header[at] = (byte)value;
        Assert.False(IndexFormat.TryReadHeader(header, 41258, out _, out _, out string? problem));
        Assert.Contains(reason, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void No_buckets_at_all_are_refused()
    {
        byte[] header = new byte[IndexFormat.HeaderSize];
        IndexFormat.WriteHeader(header, 0, 0);
        Assert.False(IndexFormat.TryReadHeader(header, 18, out _, out _, out string? problem));
        Assert.Contains("0 buckets", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(41257)]
    [InlineData(41259)]
    [InlineData(18)]
    [InlineData(0)]
    [InlineData(41258L + (1L << 32))]
    public void A_file_of_another_length_is_refused(long length) =>
        Assert.False(IndexFormat.TryReadHeader(Header, length, out _, out _, out _));

    [Fact]
    public void A_file_shorter_than_a_header_is_refused() =>
        Assert.False(IndexFormat.TryReadHeader(Header.AsSpan(0, 17), 17, out _, out _, out _));

    [Theory]
    [InlineData(1031, 773, 0, 73)]
    [InlineData(2053, 1539, 513, 144)]
    [InlineData(4099, 3074, 1024, 287)]
    [InlineData(1703765389, 1277824041, 425941347, 119263578)]
    [InlineData(2062383853, 2062383853, 515595963, 144366870)]
    public void Limits_follow_the_bucket_count(int buckets, int upper, int lower, int empty) =>
        Assert.Equal((upper, lower, empty), (IndexFormat.UpperLimit(buckets), IndexFormat.LowerLimit(buckets), IndexFormat.MinEmpty(buckets)));

    [Theory]
    [InlineData(0, 1031)]
    [InlineData(773, 1031)]
    [InlineData(774, 2053)]
    [InlineData(965937, 1287917)]
    [InlineData(965938, 2189459)]
    [InlineData(2062383853, 2062383853)]
    [InlineData(long.MaxValue, 2062383853)]
    public void Room_for_entries_is_the_smallest_table_that_need_not_grow(long entries, int buckets) =>
        Assert.Equal(buckets, IndexFormat.BucketCountFor(entries));

    [Theory]
    [InlineData(1, 1031, 1)]
    [InlineData(1031, 2053, 1031)]
    [InlineData(1032, 2053, 1031)]
    [InlineData(2053, 4099, 1031)]
    [InlineData(2062383853, 2062383853, 1873768367)]
    [InlineData(int.MaxValue, int.MaxValue, 2062383853)]
    public void Next_sizes_are_the_listed_neighbours(int buckets, int larger, int smaller) =>
        Assert.Equal((larger, smaller), (IndexFormat.LargerBucketCount(buckets), IndexFormat.SmallerBucketCount(buckets)));
}
