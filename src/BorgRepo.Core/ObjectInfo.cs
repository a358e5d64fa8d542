using BorgRepo.Core.Format;

namespace BorgRepo.Core;

/// <summary>An object without its value.</summary>
/// <param name="Id">The key.</param>
/// <param name="Location">Where its PUT stands.</param>
/// <param name="Size">Length of the value in bytes.</param>
public readonly record struct ObjectInfo(ObjectId Id, EntryLocation Location, int Size);
