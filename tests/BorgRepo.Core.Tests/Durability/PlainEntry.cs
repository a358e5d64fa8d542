using BorgRepo.Core.Format;

namespace BorgRepo.Core.Tests.Durability;

/// <summary>One entry of a log.</summary>
internal sealed record PlainEntry(uint Segment, int Offset, int Size, EntryTag Tag, ObjectId Id, byte[]? Value)
{
    public int End => Offset + Size;
}
