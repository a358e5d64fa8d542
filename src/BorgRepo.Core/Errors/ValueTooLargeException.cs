using BorgRepo.Core.Format;

namespace BorgRepo.Core.Errors;

/// <summary>A value is longer than a segment entry can hold. Nothing was written.</summary>
public sealed class ValueTooLargeException(long length)
    : BorgRepositoryException($"More than allowed put data [{length} > {LogEntry.MaxValueSize}].")
{
    /// <summary>Length of the value in bytes.</summary>
    public long Length { get; } = length;
}
