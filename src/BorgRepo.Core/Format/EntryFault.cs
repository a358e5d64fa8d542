using BorgRepo.Core.Errors;

namespace BorgRepo.Core.Format;

/// <summary>Makes the typed error of a damaged entry: one wording for every reader.</summary>
public static class EntryFault
{
    /// <summary>An error that follows from the header.</summary>
    public static IntegrityException FromHeader(IntegrityKind kind, in EntryHeader header, uint segment, long offset, ObjectId? id = null) =>
        new(kind, segment, offset, kind switch
        {
            IntegrityKind.SizeTooBig => $"Invalid segment entry size {header.Size} - too big",
            IntegrityKind.SizeTooSmall => $"Invalid segment entry size {header.Size} - too small",
            IntegrityKind.SizeMismatch => $"Invalid segment entry size {header.Size} for tag {header.RawTag}",
            IntegrityKind.ChecksumMismatch => "Segment entry checksum mismatch",
            IntegrityKind.Put2Entry => "PUT2 entry of a borg 2 repository, which is not supported",
            IntegrityKind.NotAPut => $"Segment entry is no PUT (tag {header.RawTag})",
            IntegrityKind.WrongKey => "Segment entry is not for the wanted id",
            _ => $"Unknown segment entry tag {header.RawTag}",
        }, id);

    /// <summary>Fewer bytes than a header are left.</summary>
    public static IntegrityException ShortHeader(uint segment, long offset, int needed, long got, ObjectId? id = null) =>
        new(IntegrityKind.ShortHeader, segment, offset, $"Invalid segment entry header: {needed} bytes needed, {got} left", id);

    /// <summary>The file ends inside the entry.</summary>
    public static IntegrityException ShortData(uint segment, long offset, long expected, long got, ObjectId? id = null) =>
        new(IntegrityKind.ShortData, segment, offset, $"Segment entry data short read: expected {expected}, got {got} bytes", id);

    /// <summary>The file does not start with the magic of a segment.</summary>
    public static IntegrityException InvalidMagic(uint segment) =>
        new(IntegrityKind.InvalidMagic, segment, 0, "Invalid segment magic");
}
