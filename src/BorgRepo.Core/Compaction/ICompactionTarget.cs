using BorgRepo.Core.Format;
using BorgRepo.Core.Segments;

namespace BorgRepo.Core.Compaction;

/// <summary>Where a compaction writes: new segments, or only a calculation of what they would be.</summary>
internal interface ICompactionTarget
{
    /// <summary>What is being done, for progress.</summary>
    string Activity { get; }

    /// <summary>True if an entry of this key would begin a new segment while one is open.</summary>
    bool WouldRoll(in ObjectId id);

    /// <summary>Copies the entry read last, and lets the index know where a PUT stands now.</summary>
    /// <returns>The segment that it stands in now.</returns>
    uint Copy(SegmentReader source, in SegmentEntry entry);

    /// <summary>Commits what was copied.</summary>
    /// <returns>The segment that carries the COMMIT.</returns>
    uint Commit(bool intermediate);

    /// <summary>Removes a segment whose copies are committed.</summary>
    void Remove(uint segment);

    /// <summary>Makes the removals so far durable, so that no removed PUT can come back without its DELETE.</summary>
    void MakeRemovalsDurable();

    /// <summary>Makes all removals durable, and removes folders that are empty now.</summary>
    void FinishRemovals();
}
