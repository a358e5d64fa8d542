using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using BorgRepo.Core.Storage;
using Xunit;

namespace BorgRepo.Core.Tests.Storage;

public sealed class AlignedBufferTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(1 << 20)]
    public unsafe void A_buffer_begins_at_a_page_and_has_the_asked_length(int length)
    {
        for (int i = 0; i < 5; i++)
        {
            using AlignedBuffer buffer = new(length);
            Assert.Equal(length, buffer.Length);
            Assert.Equal(length, buffer.Span.Length);
            Assert.Equal(length, buffer.Memory.Length);
            nint address = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(buffer.Span));
            Assert.Equal(0, address % AlignedBuffer.PageSize);
            Assert.True(buffer.Span.Overlaps(buffer.Memory.Span) || length == 0);
        }
    }

    [Fact]
    public void A_disposed_buffer_is_unusable_but_its_spans_stay_valid()
    {
        AlignedBuffer buffer = new(10);
        Span<byte> span = buffer.Span;
        buffer.Dispose();
        buffer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => buffer.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => buffer.Memory);
        span.Fill(1);
        Assert.Equal(1, span[9]);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public void Impossible_lengths_are_refused(int length) => Assert.Throws<ArgumentOutOfRangeException>(() => new AlignedBuffer(length));
}
