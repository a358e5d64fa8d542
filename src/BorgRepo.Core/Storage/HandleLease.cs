namespace BorgRepo.Core.Storage;

/// <summary>The use of a cached handle. It stays open until the lease is disposed, which must happen exactly once.</summary>
public readonly struct HandleLease : IDisposable
{
    private readonly HandleCache _cache;
    private readonly HandleEntry _entry;

    internal HandleLease(HandleCache cache, HandleEntry entry)
    {
        _cache = cache;
        _entry = entry;
    }

    /// <summary>The open file.</summary>
    public IFile File => _entry.File;

    /// <summary>Ends the use.</summary>
    public void Dispose() => _cache.Return(_entry);
}
