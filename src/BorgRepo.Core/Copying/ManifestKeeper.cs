namespace BorgRepo.Core.Copying;

/// <summary>Keeps the manifest of a destination, and writes it when it changed. What it says must be durable before it says so.</summary>
internal sealed class ManifestKeeper(ICopyDestination destination, DestinationState there)
{
    private readonly CopyManifest _manifest = there.Manifest;
    private byte[] _saved = there.Files.ContainsKey(CopyManifest.FileName) ? there.Manifest.ToBytes() : [];

    /// <summary>Says what is going to be copied.</summary>
    public void Announce(IEnumerable<SourceSegment> segments, CancellationToken cancellationToken)
    {
        foreach (SourceSegment segment in segments)
        {
            if (!_manifest.Segments.TryGetValue(segment.Number, out ManifestEntry entry) || !entry.Describes(segment))
            {
                _manifest.Segments[segment.Number] = new ManifestEntry(segment.Length, segment.Length, segment.LastWriteUtc.Ticks, null);
            }
        }

        Save(cancellationToken);
        destination.Settle(cancellationToken);
    }

    /// <summary>Says what a segment is that was copied, or found to be there.</summary>
    public void SetCopied(in SourceSegment segment, in SegmentShape shape) =>
        _manifest.Segments[segment.Number] = new ManifestEntry(segment.Length, shape.DataLength, segment.LastWriteUtc.Ticks, shape.Hash);

    /// <summary>What is known of a segment.</summary>
    public ManifestEntry? Find(uint segment) => _manifest.Segments.TryGetValue(segment, out ManifestEntry entry) ? entry : null;

    /// <summary>Says that a segment is going to be made.</summary>
    public void AddBridge(uint segment, CancellationToken cancellationToken)
    {
        _manifest.Bridges.Add(segment);
        Save(cancellationToken);
        destination.Settle(cancellationToken);
    }

    /// <summary>Forgets a segment that is gone.</summary>
    public void Forget(uint segment)
    {
        _manifest.Segments.Remove(segment);
        _manifest.Bridges.Remove(segment);
    }

    /// <summary>Writes the manifest if it changed.</summary>
    public void Save(CancellationToken cancellationToken)
    {
        byte[] content = _manifest.ToBytes();
        if (!content.AsSpan().SequenceEqual(_saved))
        {
            destination.Write(CopyManifest.FileName, content, cancellationToken);
            _saved = content;
        }
    }
}
