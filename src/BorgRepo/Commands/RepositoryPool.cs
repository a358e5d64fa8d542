namespace BorgRepo.Commands;

/// <summary>
/// The repositories that a cmdlet opened for itself, each once and kept to the end: one lock and one index for the whole
/// pipeline.
/// </summary>
internal sealed class RepositoryPool : IDisposable
{
    private readonly Dictionary<string, RepositoryLease> _leases = new(StringComparer.Ordinal);

    /// <summary>Takes one from before, or opens it.</summary>
    public RepositoryLease Get(string path, Func<RepositoryLease> open)
    {
        if (!_leases.TryGetValue(path, out RepositoryLease? lease))
        {
            lease = open();
            _leases.Add(path, lease);
        }

        return lease;
    }

    /// <summary>Closes all. What was not committed is undone.</summary>
    public void Dispose()
    {
        while (_leases.Count > 0)
        {
            // Taken out first: when closing one fails, the next call goes on with the others.
            (string path, RepositoryLease lease) = _leases.First();
            _leases.Remove(path);
            lease.Dispose();
        }
    }
}
