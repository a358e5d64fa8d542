using System.Globalization;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Segments;
using BorgRepo.Core.Tests.Simulation;
using BorgRepo.Core.Tests.Traps;
using Xunit;

namespace BorgRepo.Core.Tests.Segments;

/// <summary>Several threads read, one is told, and it is told the same as if it had read alone.</summary>
public sealed class SegmentPipelineTests
{
    private readonly MemoryFileSystem _files = new();

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 3)]
    [InlineData(3, 4)]
    [InlineData(4, 16)]
    public void What_is_told_does_not_depend_on_the_number_of_threads(int seed, int workers)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        List<(SegmentFile, long)> segments = RandomSegments(seed, 60);
        Assert.Equal(Run(segments, 1).Told, Run(segments, workers).Told);
    }

    [Fact]
    public void Thousands_of_segments_with_nothing_but_a_commit_pass_through_short_queues()
    {
        List<(SegmentFile, long)> segments = [.. Enumerable.Range(0, 3000).Select(n => Add((uint)n, SegmentScript.Segment("C")))];
        for (int round = 0; round < 5; round++)
        {
            Assert.Equal(3000, Run(segments, 4).Told.Count(line => line.StartsWith("end", StringComparison.Ordinal)));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void The_visitor_can_stop_it_between_segments(int workers)
    {
        List<(SegmentFile, long)> segments = RandomSegments(5, 30);
        Visitor visitor = Run(segments, workers, stopAfter: 7);
        Assert.Equal(["end 7"], visitor.Told.Where(line => line.StartsWith("end", StringComparison.Ordinal)).TakeLast(1));
        Assert.DoesNotContain(visitor.Told, line => line == "begin 8");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void An_error_of_a_thread_that_reads_comes_to_the_caller_when_it_is_the_segments_turn(int workers)
    {
        List<(SegmentFile, long)> segments = RandomSegments(6, 20);
        _files.DeleteFile("/12");
        Visitor visitor = new(uint.MaxValue);
        Assert.Throws<SegmentMissingException>(() => Pipeline(workers).Run(segments, visitor, TestContext.Current.CancellationToken));
        Assert.Equal("end 11", visitor.Told.Last(line => line.StartsWith("end", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Cancelling_ends_it(int workers)
    {
        List<(SegmentFile, long)> segments = RandomSegments(7, 40);
        using CancellationTokenSource cancel = new();
        Visitor visitor = new(uint.MaxValue) { AtEnd = segment => (segment == 5 ? cancel : null)?.Cancel() };
        Assert.ThrowsAny<OperationCanceledException>(() => Pipeline(workers).Run(segments, visitor, cancel.Token));
        Assert.Contains("end 5", visitor.Told);
    }

    [Fact]
    public void All_threads_have_closed_their_files_when_it_returns()
    {
        List<(SegmentFile, long)> segments = RandomSegments(8, 40);
        Run(segments, 4, stopAfter: 3);
        Run(segments, 4);
        Assert.Equal(0, _files.OpenHandles);
    }

    private Visitor Run(List<(SegmentFile, long)> segments, int workers, uint stopAfter = uint.MaxValue)
    {
        Visitor visitor = new(stopAfter);
        Pipeline(workers).Run(segments, visitor, TestContext.Current.CancellationToken);
        return visitor;
    }

    private SegmentPipeline Pipeline(int workers) => new(_files, SegmentReadMode.Verify, workers, (_, _) => false);

    /// <summary>Of very different lengths, some damaged, some empty, some with many thousand entries.</summary>
    private List<(SegmentFile, long)> RandomSegments(int seed, int count)
    {
        Random random = new(seed);
        List<(SegmentFile, long)> segments = [];
        for (uint n = 0; n < count; n++)
        {
            List<byte> bytes = [.. SegmentScript.Magic];
            for (int i = random.Next(10) == 0 ? 5000 : random.Next(40); i > 0; i--)
            {
                bytes.AddRange(SegmentScript.Put(SegmentScript.Key(random.Next(100)), new byte[random.Next(50)]));
            }

            byte[] content = [.. bytes, .. SegmentScript.Commit];
            for (int hits = random.Next(3) == 0 ? random.Next(1, 4) : 0; hits > 0; hits--)
            {
                content[random.Next(content.Length)] ^= 0x40;
            }

            segments.Add(Add(n, random.Next(15) == 0 ? [] : content));
        }

        return segments;
    }

    private (SegmentFile, long) Add(uint number, byte[] content)
    {
        string path = string.Create(CultureInfo.InvariantCulture, $"/{number}");
        _files.WriteAllBytes(path, content);
        return (new SegmentFile(number, path), content.Length);
    }

    private sealed class Visitor(uint stopAfter) : ISegmentVisitor
    {
        public List<string> Told { get; } = [];

        public Action<uint>? AtEnd { get; init; }

        public void Begin(SegmentFile segment, long length) => Told.Add($"begin {segment.Number}");

        public void Entries(uint segment, ReadOnlySpan<SegmentEntry> entries)
        {
            foreach (SegmentEntry entry in entries)
            {
                Told.Add(string.Create(CultureInfo.InvariantCulture, $"{segment} {entry.Offset} {entry.Tag} {entry.Size} {entry.Id}"));
            }
        }

        public void Damage(DamagedRange range) => Told.Add($"{range.Segment} damage {range.Start} {range.End} {range.Cause.Message}");

        public bool Complete(SegmentFile segment, long length)
        {
            Told.Add($"end {segment.Number}");
            AtEnd?.Invoke(segment.Number);
            return segment.Number != stopAfter;
        }
    }
}
