using BorgRepo.Core.Checking;

namespace BorgRepo;

/// <summary>One thing that a check found.</summary>
public sealed class BorgCheckFinding : IRepositoryItem
{
    private readonly object _source;

    internal BorgCheckFinding(object source, string path, Finding finding)
    {
        _source = source;
        RepositoryPath = path;
        Kind = (BorgFindingKind)(int)finding.Kind;
        Severity = (BorgFindingSeverity)(int)finding.Severity;
        Segment = finding.Segment;
        Offset = finding.Offset;
        Id = finding.Id?.ToString();
        Path = finding.Path;
        Message = finding.Message;
        Repairable = finding.IsRepairable;
    }

    /// <summary>What it is. The names are stable and listed in the help of Invoke-BorgRepoCheck.</summary>
    public BorgFindingKind Kind { get; }

    /// <summary>What it means for the repository.</summary>
    public BorgFindingSeverity Severity { get; }

    /// <summary>The segment concerned; null if none is.</summary>
    public uint? Segment { get; }

    /// <summary>Offset of the entry in the segment; null if none is concerned.</summary>
    public long? Offset { get; }

    /// <summary>The object concerned; null if none is, or it is not known.</summary>
    public string? Id { get; }

    /// <summary>The file or folder concerned; null if it is not about one.</summary>
    public string? Path { get; }

    /// <summary>What, where, and what to do.</summary>
    public string Message { get; }

    /// <summary>True if a repair, or the next use, sets it right (for damage: as far as bytes are left).</summary>
    public bool Repairable { get; }

    /// <summary>Full path of the repository.</summary>
    public string RepositoryPath { get; }

    object IRepositoryItem.Source => _source;

    /// <summary>Severity, kind and message.</summary>
    public override string ToString() => $"{Severity} {Kind}: {Message}";
}
