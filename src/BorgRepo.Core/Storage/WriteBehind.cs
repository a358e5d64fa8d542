namespace BorgRepo.Core.Storage;

/// <summary>
/// Hands what is written of a file to the disk while more is written: else the disk would be idle until the sync, and everything
/// would wait for it then.
/// </summary>
/// <remarks>
/// Only whole blocks: a page that is on its way to the disk cannot take further bytes until it is there. For a file that is
/// written from its start on.
/// </remarks>
/// <param name="file">The file.</param>
/// <param name="length">Bytes to hand over at a time.</param>
/// <param name="block">What is handed over ends at a multiple of this.</param>
internal struct WriteBehind(IFile file, int length, int block)
{
    private long _handedOver;

    /// <summary>Tells how far the file is written.</summary>
    public void WrittenUpTo(long position)
    {
        if (position - _handedOver >= length)
        {
            long end = position - (position % block);
            file.WriteBehind(_handedOver, end - _handedOver);
            _handedOver = end;
        }
    }
}
