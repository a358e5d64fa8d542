using BorgRepo.Core.Format;

namespace BorgRepo.Core;

/// <summary>An object that two repositories were compared in.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">What came out.</param>
/// <param name="ReferenceSize">Bytes of its value in the reference; null if it is not there or cannot be read.</param>
/// <param name="DifferenceSize">Bytes of its value in the other one; null if it is not there or cannot be read.</param>
/// <param name="Detail">Why it cannot be read, or empty.</param>
public readonly record struct ObjectDifference(ObjectId Id, DifferenceKind Kind, int? ReferenceSize, int? DifferenceSize, string Detail);
