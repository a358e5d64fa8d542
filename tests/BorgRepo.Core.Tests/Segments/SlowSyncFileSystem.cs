using System.Collections.Concurrent;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Simulation;

namespace BorgRepo.Core.Tests.Segments;

/// <summary>Syncs of files take a while, several go on at once, and one may fail. Keeps what happened, in order.</summary>
internal sealed class SlowSyncFileSystem(IFileSystem inner) : ForwardingFileSystem(inner)
{
    private readonly Lock _gate = new();
    private int _running;

    public ConcurrentQueue<string> Events { get; } = [];

    public int MostAtOnce { get; private set; }

    /// <summary>Name of the file whose sync fails.</summary>
    public string? Failing { get; set; }

    public override bool SyncsInParallel => true;

    public override IFile Open(string path, FileOpenKind kind)
    {
        if (kind == FileOpenKind.CreateNew)
        {
            Events.Enqueue($"create {Path.GetFileName(path)}");
        }

        return new SlowFile(this, Inner.Open(path, kind), Path.GetFileName(path));
    }

    public override void DeleteFile(string path)
    {
        Events.Enqueue($"delete {Path.GetFileName(path)}");
        base.DeleteFile(path);
    }

    private void Sync(string name, IFile file)
    {
        lock (_gate)
        {
            MostAtOnce = Math.Max(MostAtOnce, ++_running);
        }

        Thread.Sleep(20);
        lock (_gate)
        {
            _running--;
        }

        Events.Enqueue($"synced {name}");
        if (name == Failing)
        {
            throw new IOException($"The sync of {name} failed.");
        }

        file.Sync();
    }

    private sealed class SlowFile(SlowSyncFileSystem owner, IFile inner, string name) : ForwardingFile(inner)
    {
        public override void Sync() => owner.Sync(name, Inner);

        public override void Dispose()
        {
            owner.Events.Enqueue($"closed {name}");
            base.Dispose();
        }
    }
}
