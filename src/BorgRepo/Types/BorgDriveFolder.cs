namespace BorgRepo;

/// <summary>One of the folders at the root of a drive of the provider BorgRepository.</summary>
public sealed class BorgDriveFolder : IRepositoryItem
{
    private readonly object _source;

    internal BorgDriveFolder(object source, string repositoryPath, string name, string description)
    {
        _source = source;
        RepositoryPath = repositoryPath;
        Name = name;
        Description = description;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>What is in it.</summary>
    public string Description { get; }

    /// <summary>Full path of the repository.</summary>
    public string RepositoryPath { get; }

    object IRepositoryItem.Source => _source;

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
