namespace BorgRepo.Core.Errors;

/// <summary>Why a repository is not copied over what is at the destination.</summary>
public enum CopyRefusal
{
    /// <summary>Source and destination are one repository, or one lies within the other.</summary>
    SameRepository,

    /// <summary>The destination is a repository with another id.</summary>
    OtherRepository,

    /// <summary>The destination is neither empty nor a repository nor a copy that was interrupted.</summary>
    NotACopy,

    /// <summary>The destination has a transaction that is newer than the last one of the source.</summary>
    NewerState,

    /// <summary>The destination holds segments that neither the source nor an earlier copy knows: somebody wrote to it.</summary>
    Diverged,

    /// <summary>Segments of one number differ, and it is not certain that the destination's are the damaged ones.</summary>
    ChangedSegments,

    /// <summary>The destination keeps its segments in folders of another size.</summary>
    OtherLayout,

    /// <summary>Somebody changed the source while it was copied.</summary>
    SourceChanged,
}
