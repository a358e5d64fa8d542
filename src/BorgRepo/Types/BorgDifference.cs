using BorgRepo.Core;

namespace BorgRepo;

/// <summary>An object in which two repositories differ. Piped on, it names the repository that has the object.</summary>
public sealed class BorgDifference : IRepositoryItem
{
    private readonly object _source;

    internal BorgDifference(ObjectDifference difference, object reference, string referencePath, object other, string otherPath)
    {
        _source = difference.Kind == DifferenceKind.OnlyInDifference ? other : reference;
        Id = difference.Id.ToString();
        Kind = (BorgDifferenceKind)(int)difference.Kind;
        ReferenceSize = difference.ReferenceSize;
        DifferenceSize = difference.DifferenceSize;
        Detail = difference.Detail;
        ReferencePath = referencePath;
        DifferencePath = otherPath;
    }

    /// <summary>Id of the object, 64 hex digits.</summary>
    public string Id { get; }

    /// <summary>How they differ in it.</summary>
    public BorgDifferenceKind Kind { get; }

    /// <summary>As Compare-Object shows it: &lt;= only in the reference, =&gt; only in the other one, == the same, &lt;&gt; everything else.</summary>
    public string SideIndicator => Kind switch
    {
        BorgDifferenceKind.OnlyInReference => "<=",
        BorgDifferenceKind.OnlyInDifference => "=>",
        BorgDifferenceKind.Equal => "==",
        _ => "<>",
    };

    /// <summary>Bytes of its value in the reference; null if it is not there or not known.</summary>
    public int? ReferenceSize { get; }

    /// <summary>Bytes of its value in the other one; null if it is not there or not known.</summary>
    public int? DifferenceSize { get; }

    /// <summary>Why it cannot be read, or empty.</summary>
    public string Detail { get; }

    /// <summary>Full path of the reference.</summary>
    public string ReferencePath { get; }

    /// <summary>Full path of the other repository.</summary>
    public string DifferencePath { get; }

    object IRepositoryItem.Source => _source;

    /// <summary>Side and id.</summary>
    public override string ToString() => $"{SideIndicator} {Id}";
}
