using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Remote;
using CsCheck;
using Xunit;

namespace BorgRepo.Core.Tests.Remote;

public sealed class FrameReaderTests
{
    private static readonly byte[][] s_frames =
    [
        Frame.Negotiate(),
        Frame.Map(2, "open", ("path", "/a/b"), ("create", false), ("lock_wait", 1.5), ("exclusive", true)),
        Frame.Map(3, "put", ("id", ObjectId.Manifest), ("data", new byte[300]), ("wait", true)),
        Frame.Array(4, "list", 100, null),
        Frame.Map(70000, "rollback"),
    ];

    public static TheoryData<string, string> HostileHeads => new()
    {
        { "dbffffffff", "4294967295 bytes" },
        { "db01400001", "20971521 bytes" },
        { "c601400001", "20971521 bytes" },
        { "ddffffffff", "4294967295 elements" },
        { "dc0065", "101 elements" },
        { "dfffffffff", "4294967295 pairs" },
        { "de0065", "101 pairs" },
        { "919191919191919191", "inside each other" },
        { "818181", "" },
        { "c1", "0xc1" },
        { "c70100", "0xc7" },
        { "d40000", "0xd4" },
        { "94db01400000", "" },
    };

    [Fact]
    public void Frames_are_the_same_wherever_the_stream_is_cut()
    {
        byte[] stream = [.. s_frames.SelectMany(frame => frame)];
        for (int piece = 1; piece < stream.Length; piece++)
        {
            Assert.Equal(s_frames, ReadAll(new PiecewiseStream(stream, piece)));
        }
    }

    [Fact]
    public void A_frame_that_is_there_is_known_without_reading()
    {
        byte[] stream = [.. s_frames[0], .. s_frames[1], .. s_frames[2][..5]];
        FrameReader reader = new(new PiecewiseStream(stream, int.MaxValue), FrameLimits.Requests);
        Assert.False(reader.HasNext);
        Assert.True(reader.TryRead(out _));
        Assert.True(reader.HasNext);
        Assert.True(reader.TryRead(out ReadOnlyMemory<byte> second));
        Assert.Equal(s_frames[1], second.ToArray());
        Assert.False(reader.HasNext);
        Assert.False(reader.TryRead(out _));
    }

    [Fact]
    public void The_largest_value_passes_and_one_byte_more_does_not()
    {
        byte[] largest = Frame.Map(1, "put", ("id", ObjectId.Manifest), ("data", new byte[20 * 1024 * 1024]));
        Assert.Equal(largest.Length, Assert.Single(ReadAll(new PiecewiseStream(largest, 65536))).Length);
        byte[] more = Frame.Map(1, "put", ("id", ObjectId.Manifest), ("data", new byte[(20 * 1024 * 1024) + 1]));
        Assert.Throws<ProtocolException>(() => ReadAll(new PiecewiseStream(more, 65536)));
    }

    [Fact]
    public void A_frame_of_several_allowed_strings_that_is_too_long_in_all_is_refused()
    {
        byte[] frame = Frame.Array(1, "put", new byte[20 * 1024 * 1024], new byte[20 * 1024 * 1024], new byte[20 * 1024 * 1024]);
        ProtocolException error = Assert.Throws<ProtocolException>(() => ReadAll(new PiecewiseStream(frame, 1 << 20)));
        Assert.Contains("62914560 are allowed", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(HostileHeads))]
    public void A_hostile_head_is_refused_or_waits_for_more_and_takes_no_memory(string hex, string expected)
    {
        byte[] stream = Convert.FromHexString(hex);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Exception? error = Record.Exception(() => ReadAll(new PiecewiseStream(stream, int.MaxValue)));
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        if (expected.Length > 0)
        {
            Assert.Contains(expected, Assert.IsType<ProtocolException>(error).Message, StringComparison.Ordinal);
        }
        else
        {
            Assert.Null(error);
        }

        Assert.InRange(allocated, 0, 1024 * 1024);
    }

    [Fact]
    public void Memory_grows_with_what_came_and_not_with_what_was_promised()
    {
        byte[] stream = new byte[200 * 1024];
        Convert.FromHexString("db01400000").CopyTo(stream, 0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Empty(ReadAll(new PiecewiseStream(stream, 10_000)));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2 * 1024 * 1024);
    }

    [Fact]
    public void Any_bytes_give_frames_or_the_error_of_the_protocol() =>
        Gen.Byte.Array[0, 200].Sample(
            bytes =>
            {
                try
                {
                    foreach (byte[] frame in ReadAll(new PiecewiseStream(bytes, 7)))
                    {
                        RpcRequest.Parse(frame);
                        RpcReply.Parse(frame);
                    }
                }
                catch (ProtocolException)
                {
                    // What else could it say.
                }
            },
            seed: "0000KOIXtkr3",
            iter: 20_000);

    [Fact]
    public void A_frame_with_any_byte_changed_gives_a_request_or_the_error_of_the_protocol()
    {
        foreach (byte[] frame in s_frames)
        {
            for (int i = 0; i < frame.Length; i++)
            {
                for (int value = 0; value < 256; value += i < 40 ? 1 : 37)
                {
                    byte[] changed = [.. frame];
                    changed[i] = (byte)value;
                    Exception? error = Record.Exception(() =>
                    {
                        foreach (byte[] found in ReadAll(new PiecewiseStream(changed, int.MaxValue)))
                        {
                            RpcRequest.Parse(found);
                        }
                    });
                    Assert.True(error is null or ProtocolException, $"{error}");
                }
            }
        }
    }

    [Theory]
    [InlineData("c0")]
    [InlineData("a3616263")]
    [InlineData("93010203")]
    [InlineData("9401a16100c0")]
    [InlineData("94010100 90")]
    [InlineData("940101a1613 0")]
    [InlineData("80")]
    [InlineData("82a16901a16da3676574")]
    [InlineData("83a16901a16da3676574a16190")]
    [InlineData("83a169c0a16da3676574a16180")]
    [InlineData("8301020304a16100")]
    public void What_is_no_request_is_refused(string hex)
    {
        byte[] frame = Convert.FromHexString(hex.Replace(" ", string.Empty, StringComparison.Ordinal));
        Assert.Throws<ProtocolException>(() => RpcRequest.Parse(frame));
    }

    private static List<byte[]> ReadAll(Stream stream)
    {
        FrameReader reader = new(stream, FrameLimits.Requests);
        List<byte[]> frames = [];
        while (reader.TryRead(out ReadOnlyMemory<byte> frame))
        {
            frames.Add(frame.ToArray());
        }

        return frames;
    }

    private sealed class PiecewiseStream(byte[] bytes, int piece) : MemoryStream(bytes, writable: false)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, piece));
    }
}
