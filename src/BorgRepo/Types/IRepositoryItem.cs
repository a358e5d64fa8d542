namespace BorgRepo;

/// <summary>
/// Something emitted about a repository. Piped on, it names its repository to the next cmdlet.
/// </summary>
internal interface IRepositoryItem
{
    /// <summary>The <see cref="BorgRepository"/> it came from, or the path if a cmdlet had opened it for itself.</summary>
    object Source { get; }
}
