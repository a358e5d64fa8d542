using System.Collections.Concurrent;

namespace BorgRepo.Core.Segments;

/// <summary>Buffers of one session for reads that return an array: as many as threads read at once.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed class ObjectBufferPool : IDisposable
{
    // Not a ConcurrentBag: its thread-local lists have a finalizer, and a session that nobody closed comes here from one.
    private readonly ConcurrentQueue<ObjectBuffer> _free = [];
    private volatile bool _disposed;

    /// <summary>Takes a buffer.</summary>
    public ObjectBuffer Rent() => _free.TryDequeue(out ObjectBuffer? buffer) ? buffer : new ObjectBuffer();

    /// <summary>Gives a buffer back.</summary>
    public void Return(ObjectBuffer buffer)
    {
        _free.Enqueue(buffer);
        if (_disposed)
        {
            Dispose();
        }
    }

    /// <summary>Frees all buffers that are not in use; those in use are freed when they come back.</summary>
    public void Dispose()
    {
        _disposed = true;
        while (_free.TryDequeue(out ObjectBuffer? buffer))
        {
            buffer.Dispose();
        }
    }
}
