using BorgRepo.Commands;
using BorgRepo.Core;
using BorgRepo.Core.Format;
using BorgRepo.Core.Inspection;

namespace BorgRepo.Provider;

/// <content>
/// Children of each kind of folder, written as they are found: none of these lists is ever in memory as a whole. A filter
/// holds for the names of the items that are written, not for the folders on the way to them.
/// </content>
public sealed partial class BorgRepositoryProvider
{
    // The depth counts how many levels below the children are wanted too.
    private void WriteChildren(RepositoryLease lease, BorgDriveInfo drive, string path, DrivePath folder, uint depth)
    {
        switch (folder.Kind)
        {
            case DrivePathKind.Root:
                WriteFolders(lease, drive, path, depth);
                break;
            case DrivePathKind.Objects:
                if (string.IsNullOrEmpty(Filter))
                {
                    WriteObjects(lease, path);
                }
                else
                {
                    WriteObjectsByIndex(lease, path);
                }

                break;
            case DrivePathKind.Segments:
                WriteSegments(lease, path, depth);
                break;
            case DrivePathKind.Segment:
                WriteEntries(lease, path, folder.Number);
                break;
            case DrivePathKind.Transactions:
                foreach (TransactionInfo info in lease.Engine.GetTransactions(_stop.Token).Where(info => IsWanted(ToName(info.Id))))
                {
                    WriteItemObject(BorgTransaction.FromHistory(lease.Source, lease.Engine.Path, info), MakePath(path, ToName(info.Id)), isContainer: false);
                }

                break;
            default:
                // A leaf lists itself, as a file does.
                GetItem(path);
                break;
        }
    }

    private void WriteFolders(RepositoryLease lease, BorgDriveInfo drive, string path, uint depth)
    {
        foreach ((string name, _) in s_folders)
        {
            string[] names = [name];
            string child = MakePath(path, name);
            if (IsWanted(name))
            {
                WriteItemObject(Find(lease, drive, DrivePath.Parse(names), names)!, child, isContainer: true);
            }

            if (depth > 0)
            {
                WriteChildren(lease, drive, child, DrivePath.Parse(names), Below(depth));
            }
        }
    }

    // In the order of the disk, which is the fastest to read. A scan passes over what it cannot read the header of; that
    // those are missing is an error here, for nobody must take the rest for all.
    private void WriteObjects(RepositoryLease lease, string path)
    {
        Repository engine = Indexed(lease);
        int seen = 0;
        foreach (ObjectInfo info in engine.Scan(cancellationToken: _stop.Token))
        {
            seen++;
            var found = new BorgObject(lease.Source, info);
            WriteItemObject(found, MakePath(path, found.Id), isContainer: false);
        }

        if (seen >= engine.Count)
        {
            return;
        }

        foreach (ObjectId id in engine.List())
        {
            _stop.Token.ThrowIfCancellationRequested();
            FindOrReport(engine, id);
        }
    }

    // Few are wanted: their headers are read one by one, and no other.
    private void WriteObjectsByIndex(RepositoryLease lease, string path)
    {
        Repository engine = Indexed(lease);
        foreach (ObjectId id in engine.List())
        {
            string name = id.ToString();
            if (IsWanted(name) && FindOrReport(engine, id) is { } info)
            {
                WriteItemObject(new BorgObject(lease.Source, info), MakePath(path, name), isContainer: false);
            }
        }
    }

    private ObjectInfo? FindOrReport(Repository engine, in ObjectId id)
    {
        try
        {
            return engine.TryFind(id, out ObjectInfo info) ? info : null;
        }
        catch (Exception error) when (ErrorMapping.ConcernsOneObject(error))
        {
            WriteError(ErrorMapping.ToErrorRecord(error, id.ToString(), null));
            return null;
        }
    }

    private void WriteSegments(RepositoryLease lease, string path, uint depth)
    {
        Repository engine = lease.Engine;
        if (depth == 0 && !string.IsNullOrEmpty(Filter))
        {
            foreach (uint number in engine.ListSegmentNumbers().Where(number => IsWanted(ToName(number))))
            {
                if (FindSegment(lease, number) is { } found)
                {
                    WriteItemObject(found, MakePath(path, ToName(number)), isContainer: true);
                }
            }

            return;
        }

        // Both come in the order of the log, each in one pass.
        using IEnumerator<EntryInfo> entries = (depth > 0 ? engine.GetEntries(segments: null, _stop.Token) : []).GetEnumerator();
        bool more = entries.MoveNext();
        foreach (SegmentInfo info in engine.GetSegments(null, _stop.Token))
        {
            string name = ToName(info.Segment);
            string child = MakePath(path, name);
            if (IsWanted(name))
            {
                WriteItemObject(new BorgSegment(lease.Source, engine.Path, info), child, isContainer: true);
            }

            for (; more && entries.Current.Segment <= info.Segment; more = entries.MoveNext())
            {
                WriteEntry(lease, child, entries.Current);
            }
        }
    }

    private void WriteEntries(RepositoryLease lease, string path, uint segment)
    {
        foreach (EntryInfo info in lease.Engine.GetEntries(segment, _stop.Token))
        {
            WriteEntry(lease, path, info);
        }
    }

    private void WriteEntry(RepositoryLease lease, string path, EntryInfo info)
    {
        string name = ToName(info.Offset);
        if (IsWanted(name))
        {
            WriteItemObject(new BorgSegmentEntry(lease.Source, lease.Engine.Path, info), MakePath(path, name), isContainer: false);
        }
    }

    private static uint Below(uint depth) => depth == uint.MaxValue ? depth : depth - 1;
}
