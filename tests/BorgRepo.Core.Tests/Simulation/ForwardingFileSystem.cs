using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Tests.Simulation;

/// <summary>Passes every call on. Whoever simulates or counts something changes the calls that matter.</summary>
internal abstract class ForwardingFileSystem(IFileSystem inner) : IFileSystem
{
    protected IFileSystem Inner { get; } = inner;

    public virtual bool SyncsInParallel => Inner.SyncsInParallel;

    public string GetCanonicalPath(string path) => Inner.GetCanonicalPath(path);

    public PathInfo GetInfo(string path) => Inner.GetInfo(path);

    public IReadOnlyList<DirectoryItem> List(string directory) => Inner.List(directory);

    public abstract IFile Open(string path, FileOpenKind kind);

    public bool TryCreateDirectory(string path) => Inner.TryCreateDirectory(path);

    public void Replace(string source, string target) => Inner.Replace(source, target);

    public bool TryRenameDirectory(string source, string target) => Inner.TryRenameDirectory(source, target);

    public virtual void DeleteFile(string path) => Inner.DeleteFile(path);

    public void DeleteDirectory(string path) => Inner.DeleteDirectory(path);

    public void SyncDirectory(string path) => Inner.SyncDirectory(path);

    public long? GetAvailableBytes(string path) => Inner.GetAvailableBytes(path);

    public int? GetLinkCount(string path) => Inner.GetLinkCount(path);
}
