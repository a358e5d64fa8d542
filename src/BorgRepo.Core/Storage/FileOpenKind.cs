namespace BorgRepo.Core.Storage;

/// <summary>How a file is opened.</summary>
public enum FileOpenKind
{
    /// <summary>An existing file for reading; others may read, write, rename and delete it meanwhile.</summary>
    Read,

    /// <summary>A new file for writing; fails if the name exists.</summary>
    CreateNew,

    /// <summary>A file for writing from nothing: an existing one is emptied.</summary>
    Overwrite,

    /// <summary>An existing or new file for reading and writing, its content kept.</summary>
    Update,
}
