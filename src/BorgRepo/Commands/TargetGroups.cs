namespace BorgRepo.Commands;

/// <summary>
/// Collects what comes through the pipeline about repositories, for a cmdlet that works on each of them once, at the end.
/// By then the cmdlet before has released its lock.
/// </summary>
internal sealed class TargetGroups<T>
{
    private readonly Dictionary<object, List<T>> _byTarget = [];
    private readonly List<RepositoryTarget> _targets = [];

    /// <summary>The repositories, in the order in which they came first.</summary>
    public IReadOnlyList<RepositoryTarget> Targets => _targets;

    /// <summary>Adds an item.</summary>
    public void Add(RepositoryTarget target, T item)
    {
        if (!_byTarget.TryGetValue(target.Source, out List<T>? items))
        {
            _byTarget.Add(target.Source, items = []);
            _targets.Add(target);
        }

        items.Add(item);
    }

    /// <summary>What came about a repository.</summary>
    public IReadOnlyList<T> ItemsOf(RepositoryTarget target) => _byTarget[target.Source];
}
