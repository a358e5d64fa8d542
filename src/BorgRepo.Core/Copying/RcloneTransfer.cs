using System.IO.Hashing;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Copying;

/// <summary>Sends files by rclone and verifies them, through a folder of their own where half a file would show otherwise.</summary>
internal sealed class RcloneTransfer(RcloneRemote remote, IFileSystem source)
{
    private const string Staging = "copy.tmp";
    private const int BlockSize = 256 * 1024;

    /// <summary>True if there may be something in the folder of its own.</summary>
    public bool MayBeStaged { get; set; }

    /// <summary>True for names in the folder of its own.</summary>
    public static bool IsStaged(string name) => name.StartsWith(Staging + "/", StringComparison.Ordinal);

    /// <summary>Sends items: those that are whole in one batch, of others the first bytes.</summary>
    public void Put(IReadOnlyList<CopyItem> items, TransferMonitor monitor)
    {
        CopyItem[] whole = [.. items.Where(item => item.IsWhole)];
        if (whole.Length > 0)
        {
            PutWhole(whole[0].Root, [.. whole.Select(item => item.Name)], monitor);
        }

        foreach (CopyItem item in items.Where(item => !item.IsWhole))
        {
            PutPart(item, monitor);
        }
    }

    /// <summary>Writes a small file.</summary>
    public void Write(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => Place(
        name,
        place =>
        {
            remote.Write(place, content.Length, stream => stream.Write(content.Span), null, cancellationToken);
            using MemoryStream found = new();
            return remote.TryRead(place, bytes => found.Write(bytes), cancellationToken) && found.ToArray().AsSpan().SequenceEqual(content.Span);
        },
        cancellationToken);

    /// <summary>True if a file has the bytes of an item. Reads all of it.</summary>
    public bool IsSame(string name, CopyItem item, TransferMonitor monitor)
    {
        XxHash128 expected = new();
        Read(item, expected.Append, monitor.Token);
        XxHash128 found = new();
        return remote.TryRead(name, found.Append, monitor.Token)
            && found.GetCurrentHashAsUInt128() == expected.GetCurrentHashAsUInt128();
    }

    /// <summary>Removes what an interrupted transfer left.</summary>
    public void RemoveStaged(CancellationToken cancellationToken)
    {
        if (MayBeStaged)
        {
            remote.Purge(Staging, cancellationToken);
            MayBeStaged = false;
        }
    }

    private void PutWhole(string root, string[] names, TransferMonitor monitor)
    {
        bool isStaged = remote.GetTraits(monitor.Token).IsStaged;
        string folder = isStaged ? Staging : string.Empty;
        MayBeStaged |= isStaged;

        // What an interrupted transfer left in the folder of its own is reused; what is in its place was found to be different.
        remote.Upload(root, names, folder, resumes: isStaged, monitor);
        HashSet<string> different = remote.FindDifferent(root, names, folder, monitor.Token);
        if (different.Count > 0)
        {
            RemoveStaged(monitor.Token);
            throw new CopyVerificationException($"{remote.Name}/{different.First()}");
        }

        if (isStaged)
        {
            remote.MoveOut(Staging, names, monitor.Token);
        }
    }

    private void PutPart(CopyItem item, TransferMonitor monitor) => Place(
        item.Name,
        place =>
        {
            remote.Write(place, item.Length, stream => Read(item, stream.Write, monitor.Token), monitor.BytesPerSecond, monitor.Token);
            monitor.Advance(item.Length, item.Name);
            return IsSame(place, item, monitor);
        },
        monitor.Token);

    private void Place(string name, Func<string, bool> writeAndVerify, CancellationToken cancellationToken)
    {
        bool isStaged = remote.GetTraits(cancellationToken).IsStaged;
        string place = isStaged ? $"{Staging}/{name}" : name;
        MayBeStaged |= isStaged;
        if (!writeAndVerify(place))
        {
            throw new CopyVerificationException($"{remote.Name}/{name}");
        }

        if (isStaged)
        {
            remote.Rename(place, name, cancellationToken);
        }
    }

    private void Read(CopyItem item, Action<ReadOnlySpan<byte>> receive, CancellationToken cancellationToken)
    {
        using IFile file = source.Open(item.SourcePath, FileOpenKind.Read);
        byte[] block = new byte[BlockSize];
        for (long offset = 0; offset < item.Length;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int read = file.Read(block.AsSpan(0, (int)Math.Min(block.Length, item.Length - offset)), offset);
            if (read == 0)
            {
                throw new EndOfStreamException($"'{item.SourcePath}' became shorter while it was copied.");
            }

            receive(block.AsSpan(0, read));
            offset += read;
        }
    }
}
