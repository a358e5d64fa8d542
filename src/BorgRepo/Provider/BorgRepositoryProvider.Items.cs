using System.Globalization;
using System.Management.Automation;
using BorgRepo.Commands;
using BorgRepo.Core;
using BorgRepo.Core.Format;
using BorgRepo.Core.Inspection;

namespace BorgRepo.Provider;

/// <content>Looking for items and listing them.</content>
public sealed partial class BorgRepositoryProvider
{
    private static readonly (string Name, string Description)[] s_folders =
    [
        (DrivePath.Objects, "Current objects by id"),
        (DrivePath.Segments, "Segments by number, and in each its entries by offset"),
        (DrivePath.Transactions, "Transactions by id"),
    ];

    /// <inheritdoc/>
    protected override bool ItemExists(string path) => Run(
        path,
        () =>
        {
            (BorgDriveInfo drive, string[] names) = Locate(path);
            DrivePath item = DrivePath.Parse(names);
            if (item.Kind is DrivePathKind.Nothing || IsFolder(item))
            {
                return item.Kind is not DrivePathKind.Nothing;
            }

            using RepositoryLease lease = Open(drive);
            return Exists(lease, item);
        },
        isSilent: true);

    /// <inheritdoc/>
    protected override bool IsItemContainer(string path) =>
        Run(path, () => DrivePath.Parse(Locate(path).Names).IsContainer, isSilent: true);

    /// <inheritdoc/>
    protected override bool HasChildItems(string path) => Run(path, () =>
    {
        (BorgDriveInfo drive, string[] names) = Locate(path);
        using RepositoryLease lease = Open(drive);
        return ListNames(lease, DrivePath.Parse(names)).Any();
    });

    /// <inheritdoc/>
    protected override void GetItem(string path) => Run(path, () =>
    {
        (BorgDriveInfo drive, string[] names) = Locate(path);
        DrivePath item = DrivePath.Parse(names);
        using RepositoryLease lease = Open(drive);
        WriteItemObject(Find(lease, drive, item, names) ?? throw NotThere(path), path, item.IsContainer);
    });

    /// <inheritdoc/>
    protected override void GetChildItems(string path, bool recurse) => GetChildItems(path, recurse, uint.MaxValue);

    /// <inheritdoc/>
    protected override void GetChildItems(string path, bool recurse, uint depth) => Run(path, () =>
    {
        (BorgDriveInfo drive, string[] names) = Locate(path);
        using RepositoryLease lease = Open(drive, isStart: true);
        WriteChildren(lease, drive, path, DrivePath.Parse(names), recurse ? depth : 0);
    });

    /// <inheritdoc/>
    protected override void GetChildNames(string path, ReturnContainers returnContainers) => Run(path, () =>
    {
        (BorgDriveInfo drive, string[] names) = Locate(path);
        DrivePath folder = DrivePath.Parse(names);
        bool areContainers = folder.Kind is DrivePathKind.Root or DrivePathKind.Segments;
        using RepositoryLease lease = Open(drive, isStart: true);
        foreach (string name in ListNames(lease, folder).Where(IsWanted))
        {
            WriteItemObject(name, MakePath(path, name), areContainers);
        }
    });

    /// <inheritdoc/>
    // PowerShell's own way would first collect the names of all objects.
    protected override string[] ExpandPath(string path)
    {
        string[]? found = null;
        Run(path, () => found = Expand(path), isSilent: true);
        return found ?? [path];
    }

    private string[] Expand(string path)
    {
        (BorgDriveInfo drive, string[] names) = Locate(path);
        using RepositoryLease lease = Open(drive, isStart: true);
        List<string[]> found = [[]];
        foreach (string name in names)
        {
            found = [.. found.SelectMany(start => Match(lease, start, name))];
        }

        // Each match of a pattern must be there. A path without one is given on as it is: that it leads nowhere is for the
        // command to say.
        bool isPattern = names.Any(WildcardPattern.ContainsWildcardCharacters);
        return found
            .Where(match => !isPattern || Exists(lease, DrivePath.Parse(match)))
            .Select(match => match.Aggregate(drive.Root, MakePath))
            .ToArray();
    }

    // Those are always there. What is in them, whoever lists them is told, and if it cannot be told, why.
    private static bool IsFolder(DrivePath item) => item.IsContainer && item.Kind is not DrivePathKind.Segment;

    private bool Exists(RepositoryLease lease, DrivePath item) => item.Kind switch
    {
        DrivePathKind.Nothing => false,
        DrivePathKind.Object => Indexed(lease).Contains(ObjectId.Parse(item.Id)),
        DrivePathKind.Segment => lease.Engine.ContainsSegment(item.Number),
        DrivePathKind.Entry => lease.Engine.FindEntry(item.Number, item.Offset, _stop.Token) is not null,
        DrivePathKind.Transaction => FindTransaction(lease, item.Number) is not null,
        _ => true,
    };

    private bool IsWanted(string name)
    {
        _stop.Token.ThrowIfCancellationRequested();
        return string.IsNullOrEmpty(Filter) || WildcardPattern.Get(Filter, WildcardOptions.IgnoreCase).IsMatch(name);
    }

    private IEnumerable<string[]> Match(RepositoryLease lease, string[] start, string pattern)
    {
        if (!WildcardPattern.ContainsWildcardCharacters(pattern))
        {
            return [[.. start, WildcardPattern.Unescape(pattern)]];
        }

        WildcardPattern wildcard = new(pattern, WildcardOptions.IgnoreCase);
        return ListNames(lease, DrivePath.Parse(start))
            .Where(name =>
            {
                _stop.Token.ThrowIfCancellationRequested();
                return wildcard.IsMatch(name);
            })
            .Select(name => (string[])[.. start, name]);
    }

    private Repository Indexed(RepositoryLease lease)
    {
        lease.Engine.LoadIndex(_stop.Token);
        return lease.Engine;
    }

    private IEnumerable<string> ListNames(RepositoryLease lease, DrivePath folder) => folder.Kind switch
    {
        DrivePathKind.Root => s_folders.Select(static known => known.Name),
        DrivePathKind.Objects => Indexed(lease).List().Select(static id => id.ToString()),
        DrivePathKind.Segments => lease.Engine.ListSegmentNumbers().Select(static number => ToName(number)),
        DrivePathKind.Segment => lease.Engine.GetEntries(folder.Number, _stop.Token).Select(static entry => ToName(entry.Offset)),
        DrivePathKind.Transactions => lease.Engine.GetTransactions(_stop.Token).Select(static info => ToName(info.Id)),
        _ => [],
    };

    private object? Find(RepositoryLease lease, BorgDriveInfo drive, DrivePath item, string[] names)
    {
        Repository engine = lease.Engine;
        switch (item.Kind)
        {
            case DrivePathKind.Root:
                return InfoReader.Read(new RepositoryTarget(engine.Path, drive.Session), this);
            case DrivePathKind.Object:
                return new BorgObject(lease.Source, Indexed(lease).Find(ObjectId.Parse(item.Id)));
            case DrivePathKind.Segment:
                return FindSegment(lease, item.Number);
            case DrivePathKind.Entry:
                return engine.FindEntry(item.Number, item.Offset, _stop.Token) is { } entry
                    ? new BorgSegmentEntry(lease.Source, engine.Path, entry)
                    : null;
            case DrivePathKind.Transaction:
                return FindTransaction(lease, item.Number) is { } transaction
                    ? BorgTransaction.FromHistory(lease.Source, engine.Path, transaction)
                    : null;
            case DrivePathKind.Nothing:
                return null;
            default:
                (string name, string description) = Array.Find(s_folders, known => known.Name.Equals(names[0], StringComparison.OrdinalIgnoreCase));
                return new BorgDriveFolder(lease.Source, engine.Path, name, description);
        }
    }

    private BorgSegment? FindSegment(RepositoryLease lease, uint number) => lease.Engine.FindSegment(number, _stop.Token) is { } info
        ? new BorgSegment(lease.Source, lease.Engine.Path, info)
        : null;

    private TransactionInfo? FindTransaction(RepositoryLease lease, uint id) =>
        lease.Engine.GetTransactions(_stop.Token).FirstOrDefault(info => info.Id == id);

    private static string ToName(long number) => number.ToString(CultureInfo.InvariantCulture);
}
