using System.Collections.Concurrent;
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
/// <param name="isKnown">For salvage: true if an entry of this key is expected at this place. Called on several threads.</param>
public sealed class SegmentPipeline(
    IFileSystem fileSystem, SegmentReadMode mode, int workers, Func<ObjectId, EntryLocation, bool> isKnown)
{
    private const int BatchSize = 1024;
    private const int QueuedBatches = 16;

    /// <summary>Reads all segments given.</summary>
    public void Run(IReadOnlyList<(SegmentFile File, long Length)> segments, ISegmentVisitor visitor, CancellationToken cancellationToken)
    {
        if (workers <= 1 || segments.Count <= 1)
        {
            foreach ((SegmentFile file, long length) in segments)
            {
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
        BlockingCollection<QueueSink>[] lanes = [.. Enumerable.Range(0, count).Select(_ => new BlockingCollection<QueueSink>(1))];
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
                // Disposed only when its worker is done with it: after an error here the worker may still be adding.
                QueueSink queue = lanes[i % count].Take(stop.Token);
                visitor.Begin(segments[i].File, segments[i].Length);
                queue.Drain(visitor, segments[i].File.Number, stop.Token);
                queue.Dispose();
                if (!visitor.Complete(segments[i].File, segments[i].Length))
                {
                    return;
                }
            }
        }
        finally
        {
            stop.Cancel();
            Task.WaitAll(tasks, CancellationToken.None);
            foreach (BlockingCollection<QueueSink> lane in lanes)
            {
                lane.Dispose();
            }
        }
    }

    // Segments are dealt out in turn: worker n has every segment whose position is n modulo the number of workers.
    private void Work(IReadOnlyList<(SegmentFile File, long Length)> segments, int first, int step, BlockingCollection<QueueSink> lane, CancellationToken stop)
    {
        for (int i = first; i < segments.Count && !stop.IsCancellationRequested; i += step)
        {
            QueueSink queue = new(QueuedBatches, BatchSize, stop);
            try
            {
                lane.Add(queue, stop);
                Read(segments[i].File, segments[i].Length, queue, stop);
                queue.Complete(null);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                // Belongs to the caller's thread: it is thrown there when the queue is empty.
                queue.Complete(error);
            }
        }
    }

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
        catch (IntegrityException fault) when (mode == SegmentReadMode.Headers)
        {
            sink.Add(new DamagedRange(file.Number, fault.Offset, length, fault));
        }
        catch (IntegrityException fault)
        {
            using SegmentSalvage salvage = new(fileSystem, file, (id, offset) => isKnown(id, new EntryLocation(file.Number, offset)));
            salvage.Run(fault.Offset, sink.Add, sink.Add, cancellationToken);
        }

        sink.Flush();
    }

    private interface IEntrySink
    {
        void Add(SegmentEntry entry);

        void Add(DamagedRange range);

        void Flush();
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

    private sealed class QueueSink(int capacity, int batchSize, CancellationToken stop) : IEntrySink, IDisposable
    {
        private readonly BlockingCollection<(SegmentEntry[]? Entries, int Count, DamagedRange? Damage)> _queue = new(capacity);
        private readonly ConcurrentBag<SegmentEntry[]> _free = [];
        private SegmentEntry[]? _batch;
        private int _count;
        private Exception? _failure;

        public void Add(SegmentEntry entry)
        {
            _batch ??= _free.TryTake(out SegmentEntry[]? used) ? used : new SegmentEntry[batchSize];
            _batch[_count++] = entry;
            if (_count == batchSize)
            {
                Flush();
            }
        }

        public void Add(DamagedRange range)
        {
            Flush();
            _queue.Add((null, 0, range), stop);
        }

        public void Flush()
        {
            if (_batch is { } batch && _count > 0)
            {
                _queue.Add((batch, _count, null), stop);
                _batch = null;
                _count = 0;
            }
        }

        public void Dispose() => _queue.Dispose();

        public void Complete(Exception? failure)
        {
            _failure = failure;
            _queue.CompleteAdding();
        }

        public void Drain(ISegmentVisitor visitor, uint segment, CancellationToken cancellationToken)
        {
            foreach ((SegmentEntry[]? entries, int count, DamagedRange? damage) in _queue.GetConsumingEnumerable(cancellationToken))
            {
                if (damage is not null)
                {
                    visitor.Damage(damage);
                }
                else
                {
                    visitor.Entries(segment, entries.AsSpan(0, count));
                    _free.Add(entries!);
                }
            }

            if (_failure is { } failure)
            {
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
            }
        }
    }
}
