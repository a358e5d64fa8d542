using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace BorgRepo.Core.Segments;

/// <summary>The queue of one worker, through which all of its segments go one after the other.</summary>
internal sealed class EntryLane(CancellationToken stop) : IEntrySink, IDisposable
{
    private const int BatchSize = 1024;
    private const int QueuedBatches = 16;

    private readonly BlockingCollection<Item> _queue = new(QueuedBatches);
    private readonly ConcurrentBag<SegmentEntry[]> _free = [];
    private SegmentEntry[]? _batch;
    private int _count;

    /// <inheritdoc/>
    public void Add(SegmentEntry entry)
    {
        _batch ??= _free.TryTake(out SegmentEntry[]? used) ? used : new SegmentEntry[BatchSize];
        _batch[_count++] = entry;
        if (_count == BatchSize)
        {
            Flush();
        }
    }

    /// <inheritdoc/>
    public void Add(DamagedRange range)
    {
        Flush();
        _queue.Add(new Item(null, 0, range, null, IsEnd: false), stop);
    }

    /// <inheritdoc/>
    public void Flush()
    {
        if (_batch is { } batch && _count > 0)
        {
            _queue.Add(new Item(batch, _count, null, null, IsEnd: false), stop);
            _batch = null;
            _count = 0;
        }
    }

    /// <summary>Called by the worker at the end of each segment.</summary>
    public void End(Exception? failure) => _queue.Add(new Item(null, 0, null, failure, IsEnd: true), stop);

    /// <inheritdoc/>
    public void Dispose() => _queue.Dispose();

    /// <summary>Called by the caller's thread: hands over all of one segment.</summary>
    public void Drain(ISegmentVisitor visitor, uint segment)
    {
        while (true)
        {
            Item item = _queue.Take(stop);
            if (item.IsEnd)
            {
                if (item.Failure is { } failure)
                {
                    ExceptionDispatchInfo.Throw(failure);
                }

                return;
            }

            if (item.Damage is { } damage)
            {
                visitor.Damage(damage);
            }
            else
            {
                visitor.Entries(segment, item.Entries.AsSpan(0, item.Count));
                _free.Add(item.Entries!);
            }
        }
    }

    private readonly record struct Item(SegmentEntry[]? Entries, int Count, DamagedRange? Damage, Exception? Failure, bool IsEnd);
}
