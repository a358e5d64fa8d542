using System.Diagnostics.CodeAnalysis;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;

namespace BorgRepo.Core;

/// <summary>One object out of many: its value, or why it could not be read.</summary>
/// <param name="Id">The object.</param>
/// <param name="Value">Its value; null if there is an error.</param>
/// <param name="Error">The error; null if there is a value.</param>
public readonly record struct ObjectReading(ObjectId Id, byte[]? Value, BorgRepositoryException? Error)
{
    /// <summary>True for an error that concerns one object: others may be fine.</summary>
    public static bool ConcernsOneObject(Exception error) =>
        error is ObjectNotFoundException or IntegrityException or SegmentMissingException;

    /// <summary>True if there is a value.</summary>
    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool IsRead => Value is not null;
}
