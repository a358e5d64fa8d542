using System.Text;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;

namespace BorgRepo.Core.Copying;

/// <summary>What is at a destination before a copy.</summary>
internal sealed record DestinationState
{
    private const string ConfigName = "config";

    /// <summary>Path or location.</summary>
    public required string Name { get; init; }

    /// <summary>Its settings; null if there is no repository yet, or only the beginning of a copy.</summary>
    public required RepositoryConfig? Config { get; init; }

    /// <summary>What earlier copies know of it. Empty if none wrote it down.</summary>
    public required CopyManifest Manifest { get; init; }

    /// <summary>Its last transaction.</summary>
    public required uint? TransactionId { get; init; }

    /// <summary>All files and their lengths.</summary>
    public required IReadOnlyDictionary<string, long> Files { get; init; }

    /// <summary>Its segments and their lengths.</summary>
    public required SortedDictionary<uint, long> Segments { get; init; }

    /// <summary>True if no repository is there yet.</summary>
    public bool IsNew => Config is null;

    /// <summary>Looks at a destination. Writes nothing.</summary>
    /// <exception cref="CopyRefusedException">It is something else than a copy of this repository, or nothing.</exception>
    public static DestinationState Read(ICopyDestination destination, RepositoryConfig source, CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<string, long> files = destination.List(cancellationToken);
        CopyManifest? manifest = files.ContainsKey(CopyManifest.FileName) && destination.Read(CopyManifest.FileName, cancellationToken) is { } content
            ? CopyManifest.Parse(content)
            : null;
        manifest = manifest?.Id == source.Id ? manifest : null;
        RepositoryConfig? config = null;
        if (destination.Read(ConfigName, cancellationToken) is { } text)
        {
            config = RepositoryConfig.Parse(Encoding.UTF8.GetString(text), destination.Name);
            RequireSame(destination.Name, config, source);
        }
        else if (manifest is null && files.Keys.Any(name => !LocalTransfer.IsTemporary(name)))
        {
            throw new CopyRefusedException(destination.Name, CopyRefusal.NotACopy, "it is neither empty, nor a repository, nor a copy that was interrupted.");
        }

        manifest ??= new CopyManifest { Id = source.Id };
        return new DestinationState
        {
            Name = destination.Name,
            Config = config,
            Manifest = manifest,
            TransactionId = config is null ? null : destination.FindLatestCommitted(config, manifest, cancellationToken),
            Files = files,
            Segments = FindSegments(files, source),
        };
    }

    private static void RequireSame(string name, RepositoryConfig there, RepositoryConfig source)
    {
        if (there.Id != source.Id)
        {
            throw new CopyRefusedException(
                name, CopyRefusal.OtherRepository, $"it is the repository {there.Id}, the source is {source.Id}.");
        }

        if (there.SegmentsPerDirectory != source.SegmentsPerDirectory)
        {
            throw new CopyRefusedException(
                name,
                CopyRefusal.OtherLayout,
                $"it keeps {there.SegmentsPerDirectory} segments in a folder, the source {source.SegmentsPerDirectory}.");
        }
    }

    private static SortedDictionary<uint, long> FindSegments(IReadOnlyDictionary<string, long> files, RepositoryConfig source)
    {
        SortedDictionary<uint, long> segments = [];
        foreach ((string name, long length) in files)
        {
            if (SegmentName.TryParsePath(name, source.SegmentsPerDirectory, out uint number))
            {
                segments.Add(number, length);
            }
        }

        return segments;
    }
}
