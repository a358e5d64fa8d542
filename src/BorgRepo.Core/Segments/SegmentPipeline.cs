using System.Runtime.CompilerServices;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Segments;

/// <summary>
/// Reads segments on several threads and hands their entries over in the order of the log. Each worker takes the next
/// segment, verifies it and queues its entries in batches; the caller's thread empties the queues one segment after the
/// other. Queues are bounded, so a worker that is ahead waits: memory is fixed by the number of workers, not by the sizes
/// of segments. The worker on the segment that the caller waits for is never blocked by another, hence no deadlock.
/// </summary>
/// <param name="fileSystem">Where the segments are.</param>
/// <param name="mode">Verify or Headers.</param>
/// <param name="workers">Threads that read; 1 reads on the caller's thread.</param>
/// <param name="isKnown">For salvage: true if an entry of this key is expected at this place. Called on several threads. Null: the
/// first damage ends the run with its exception.</param>
public sealed class SegmentPipeline(
    IFileSystem fileSystem, SegmentReadMode mode, int workers, Func<ObjectId, EntryLocation, bool>? isKnown)
{
    private const int BatchSize = 1024;

    /// <summary>Reads all segments given.</summary>
    public void Run(IReadOnlyList<(SegmentFile File, long Length)> segments, ISegmentVisitor visitor, CancellationToken cancellationToken)
    {
        if (workers <= 1 || segments.Count <= 1)
        {
            foreach ((SegmentFile file, long length) in segments)
            {
                cancellationToken.ThrowIfCancellationRequested();
                visitor.Begin(file, length);
                Read(file, length, new VisitorSink(visitor, file.Number), cancellationToken);
                if (!visitor.Complete(file, length))
                {
                    return;
                }
            }

            return;
        }

        RunParallel(segments, visitor, cancellationToken);
    }

    private void RunParallel(IReadOnlyList<(SegmentFile File, long Length)> segments, ISegmentVisitor visitor, CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        int count = Math.Min(workers, segments.Count);
        EntryLane[] lanes = [.. Enumerable.Range(0, count).Select(_ => new EntryLane(stop.Token))];
        Task[] tasks = new Task[count];
        for (int lane = 0; lane < count; lane++)
        {
            int first = lane;
            tasks[lane] = Task.Factory.StartNew(
                () => Work(segments, first, count, lanes[first], stop.Token),
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default);
        }

        try
        {
            for (int i = 0; i < segments.Count; i++)
            {
                visitor.Begin(segments[i].File, segments[i].Length);
                lanes[i % count].Drain(visitor, segments[i].File.Number);
                if (!visitor.Complete(segments[i].File, segments[i].Length))
                {
                    return;
                }
            }
        }
        finally
        {
            // Queues are closed last: a worker may still be about to use its own.
            stop.Cancel();
            Task.WaitAll(tasks, CancellationToken.None);
            foreach (EntryLane lane in lanes)
            {
                lane.Dispose();
            }
        }
    }

    // Segments are dealt out in turn: worker n has every segment whose position is n modulo the number of workers.
    private void Work(IReadOnlyList<(SegmentFile File, long Length)> segments, int first, int step, EntryLane lane, CancellationToken stop)
    {
        try
        {
            for (int i = first; i < segments.Count; i += step)
            {
                lane.End(TryRead(segments[i].File, segments[i].Length, lane, stop));
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Nobody waits for the rest.
        }
    }

    // An error belongs to the caller's thread: it is thrown there when it is the segment's turn.
    private Exception? TryRead(SegmentFile file, long length, EntryLane lane, CancellationToken stop)
    {
        try
        {
            Read(file, length, lane, stop);
            return null;
        }
        catch (Exception error) when (error is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            return error;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Read(SegmentFile file, long length, IEntrySink sink, CancellationToken cancellationToken)
    {
        if (length == 0)
        {
            return;
        }

        try
        {
            using SegmentReader reader = SegmentReader.Open(fileSystem, file, mode);
            long sinceCheck = 0;
            while (reader.TryRead(out SegmentEntry entry))
            {
                sink.Add(entry);
                sinceCheck += entry.Size;
                if (sinceCheck >= 1 << 20)
                {
                    sinceCheck = 0;
                    cancellationToken.ThrowIfCancellationRequested();
                }
            }
        }
        catch (IntegrityException fault) when (isKnown is not null)
        {
            // In mode Headers too: where one header is broken, all that follows is unknown without verification.
            using SegmentSalvage salvage = new(fileSystem, file, (id, offset) => isKnown(id, new EntryLocation(file.Number, offset)));
            salvage.Run(fault.Offset, sink.Add, sink.Add, cancellationToken);
        }

        sink.Flush();
    }

    private sealed class VisitorSink(ISegmentVisitor visitor, uint segment) : IEntrySink
    {
        private readonly SegmentEntry[] _batch = new SegmentEntry[BatchSize];
        private int _count;

        public void Add(SegmentEntry entry)
        {
            _batch[_count++] = entry;
            if (_count == _batch.Length)
            {
                Flush();
            }
        }

        public void Add(DamagedRange range)
        {
            Flush();
            visitor.Damage(range);
        }

        public void Flush()
        {
            visitor.Entries(segment, _batch.AsSpan(0, _count));
            _count = 0;
        }
    }
}
