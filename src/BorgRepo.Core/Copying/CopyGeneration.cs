using BorgRepo.Core.Index;

namespace BorgRepo.Core.Copying;

/// <summary>Puts the files of the source's last transaction in place: integrity, hints, index. They are caches, the log is the truth.</summary>
internal sealed class CopyGeneration(CopySource source, ICopyDestination destination, DestinationState there)
{
    private readonly IReadOnlyList<CopyItem> _items = source.FindGeneration();

    /// <summary>True if one of them is missing at the destination, or has another length there.</summary>
    public bool IsMissing() => _items.Any(item => !there.Files.TryGetValue(item.Name, out long length) || length != item.Length);

    /// <summary>True if one of them differs at the destination.</summary>
    public bool IsDifferent(TransferMonitor monitor) => destination.FindDifferent(_items, monitor).Count > 0;

    /// <summary>
    /// Puts them in place. Each is durable before the next: an index never comes without its hints and what vouches for both.
    /// If there is already an index of this transaction it goes first, for it would not fit the others.
    /// </summary>
    public void Place(TransferMonitor monitor)
    {
        if (_items.Count == 0)
        {
            return;
        }

        if (there.Files.ContainsKey(_items[^1].Name))
        {
            destination.Delete(_items[^1].Name, monitor.Token);
            destination.Settle(monitor.Token);
            string integrity = GenerationFile.Name(GenerationFile.Integrity, source.TransactionId!.Value);
            if (_items[0].Name != integrity)
            {
                destination.Delete(integrity, monitor.Token);
            }
        }

        foreach (CopyItem item in _items)
        {
            destination.Put([item], monitor);
            destination.Settle(monitor.Token);
        }
    }

    /// <summary>Removes all indexes, then what belongs to them: they point into segments that are going to be replaced.</summary>
    public void RemoveFormer(CancellationToken cancellationToken)
    {
        foreach (string kind in (string[])[GenerationFile.Index, GenerationFile.Hints, GenerationFile.Integrity])
        {
            foreach (string name in there.Files.Keys.Where(name => name.StartsWith(kind + ".", StringComparison.Ordinal)))
            {
                destination.Delete(name, cancellationToken);
            }

            destination.Settle(cancellationToken);
        }
    }

    /// <summary>Removes the files of all other transactions.</summary>
    public void RemoveOthers(CancellationToken cancellationToken)
    {
        if (source.TransactionId is not { } transaction)
        {
            return;
        }

        foreach (string name in there.Files.Keys.Where(name => GenerationFile.IsOfAnother(name, transaction)))
        {
            destination.Delete(name, cancellationToken);
        }
    }
}
