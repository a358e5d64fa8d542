using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Segments;

/// <summary>
/// Makes segments durable that take no further entry: sync of the file, sync of its folder. The next one is written meanwhile,
/// for a disk that waits for each segment of 5 MiB alone is idle half of the time. Which of them become durable first does not
/// matter: none counts before a COMMIT, and whoever writes that waits for all of them.
/// </summary>
/// <remarks>Not thread-safe. The first failure is thrown at the next call; nothing is synced twice.</remarks>
internal sealed class ClosingSegments(IFileSystem fileSystem)
{
    /// <summary>How many at once: enough to keep a disk busy, few enough to bound what the system has to write out.</summary>
    private const int Most = 4;

    private readonly Queue<Task> _running = new();

    /// <summary>Takes a segment over: syncs and closes it, now or in the background.</summary>
    public void Add(IFile file, string folder)
    {
        if (!fileSystem.SyncsInParallel)
        {
            Finish(file, folder);
            return;
        }

        try
        {
            while (_running.TryPeek(out Task? oldest) && (_running.Count >= Most || oldest.IsCompleted))
            {
                _running.Dequeue().GetAwaiter().GetResult();
            }
        }
        catch
        {
            file.Dispose();
            throw;
        }

        _running.Enqueue(Task.Factory.StartNew(
            () => Finish(file, folder), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
    }

    /// <summary>Waits until all are durable.</summary>
    public void Wait()
    {
        while (_running.TryDequeue(out Task? task))
        {
            task.GetAwaiter().GetResult();
        }
    }

    /// <summary>Waits until all are closed, durable or not: they may be deleted then.</summary>
    public void Abandon()
    {
        while (_running.TryDequeue(out Task? task))
        {
            // Their failure was reported before, or does not matter any more.
            task.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).Wait();
        }
    }

    private void Finish(IFile file, string folder)
    {
        using (file)
        {
            file.Sync();
        }

        fileSystem.SyncDirectory(folder);
    }
}
