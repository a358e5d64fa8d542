namespace BorgRepo.Core.Tests.Remote;

/// <summary>
/// A pipe as between two processes: it holds so many bytes and no more, a reader waits for a writer and the other way round,
/// and each end can be closed alone.
/// </summary>
internal sealed class BlockingPipe(int capacity = 64 * 1024)
{
    private readonly object _gate = new();
    private readonly Queue<byte> _bytes = new();
    private bool _isWriterClosed;
    private bool _isReaderClosed;

    /// <summary>Most bytes that one read gives.</summary>
    public int LargestRead { get; init; } = int.MaxValue;

    public Stream Writer => field ??= new End(this, isWriter: true);

    public Stream Reader => field ??= new End(this, isWriter: false);

    private int Read(Span<byte> buffer)
    {
        lock (_gate)
        {
            while (_bytes.Count == 0 && !_isWriterClosed && !_isReaderClosed)
            {
                Monitor.Wait(_gate);
            }

            int count = Math.Min(Math.Min(buffer.Length, LargestRead), _bytes.Count);
            for (int i = 0; i < count; i++)
            {
                buffer[i] = _bytes.Dequeue();
            }

            Monitor.PulseAll(_gate);
            return count;
        }
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            foreach (byte value in bytes)
            {
                while (_bytes.Count >= capacity && !_isReaderClosed)
                {
                    Monitor.PulseAll(_gate);
                    Monitor.Wait(_gate);
                }

                if (_isReaderClosed)
                {
                    throw new IOException("Broken pipe.");
                }

                _bytes.Enqueue(value);
            }

            Monitor.PulseAll(_gate);
        }
    }

    private void Close(bool isWriter)
    {
        lock (_gate)
        {
            _isWriterClosed |= isWriter;
            _isReaderClosed |= !isWriter;
            Monitor.PulseAll(_gate);
        }
    }

    private sealed class End(BlockingPipe pipe, bool isWriter) : Stream
    {
        private bool _isClosed;

        public override bool CanRead => !isWriter;

        public override bool CanSeek => false;

        public override bool CanWrite => isWriter;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => pipe.Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer) => pipe.Read(buffer);

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            pipe.Write(buffer);
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            _isClosed = true;
            pipe.Close(isWriter);
            base.Dispose(disposing);
        }
    }
}
