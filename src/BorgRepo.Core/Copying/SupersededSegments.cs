using System.Globalization;

namespace BorgRepo.Core.Copying;

/// <summary>
/// Takes segments out of the destination's log that the source compacted away. If they stayed, a rebuild of the index would
/// find PUTs in them whose DELETE is gone. Without -Mirror they are kept under names that no borg looks at.
/// </summary>
internal sealed class SupersededSegments(CopySource source, ICopyDestination destination, DestinationState there, CopyOptions options)
{
    /// <summary>Follows the number of a segment that the source compacted away.</summary>
    public const string AsideSuffix = ".superseded";

    /// <summary>Follows the number of a segment that changed in the source.</summary>
    public const string ReplacedSuffix = ".replaced";

    /// <summary>A name under which a segment can be kept.</summary>
    public static string FreeName(DestinationState there, string name, string suffix = AsideSuffix)
    {
        string free = name + suffix;
        for (int i = 2; there.Files.ContainsKey(free); i++)
        {
            free = string.Create(CultureInfo.InvariantCulture, $"{name}{suffix}.{i}");
        }

        return free;
    }

    /// <summary>Takes them out, in ascending order and each durably: a PUT must be gone for certain before its DELETE goes.</summary>
    public IReadOnlyList<CopiedSegment> Remove(IReadOnlyList<uint> segments, ManifestKeeper manifest, CancellationToken cancellationToken)
    {
        List<CopiedSegment> done = [];
        foreach (uint number in segments)
        {
            string name = source.NameOf(number);
            bool isOwn = !there.Segments.ContainsKey(number);
            CopiedSegment segment = isOwn ? default : CopyPlan.DescribeSuperseded(number, there, options);
            if (isOwn || segment.Action == CopyAction.Remove)
            {
                destination.Delete(name, cancellationToken);
            }
            else
            {
                destination.Rename(name, FreeName(there, name), cancellationToken);
            }

            destination.Settle(cancellationToken);
            manifest.Forget(number);
            if (!isOwn)
            {
                done.Add(segment);
            }
        }

        if (options.Mirror)
        {
            RemoveAside(cancellationToken);
        }

        return done;
    }

    // What was replaced stays: it may be the only good copy of something, and only a person can judge that.
    private void RemoveAside(CancellationToken cancellationToken)
    {
        foreach (string name in there.Files.Keys.Where(name => name.StartsWith("data/", StringComparison.Ordinal) && name.Contains(AsideSuffix, StringComparison.Ordinal)))
        {
            destination.Delete(name, cancellationToken);
        }
    }
}
