using System.Management.Automation;
using BorgRepo.Core;
using BorgRepo.Core.Format;
using BorgRepo.Core.Remote;
using Engine = BorgRepo.Core.Repository;

namespace BorgRepo.Commands;

/// <summary>
/// Base of the cmdlets that a repository is named to, in one of three ways: -Path with wildcards, -LiteralPath, or
/// -Repository with an open session or anything that a cmdlet emitted about a repository.
/// </summary>
// The parameters are declared by the two bases below, because their binding differs: where objects come through the
// pipeline by value, the repository cannot.
public abstract class LocationCmdlet : BorgCmdlet
{
    /// <summary>Name of the parameter set with -Path.</summary>
    internal const string PathSet = nameof(Path);

    /// <summary>Name of the parameter set with -LiteralPath.</summary>
    internal const string LiteralPathSet = nameof(LiteralPath);

    /// <summary>Name of the parameter set with -Repository.</summary>
    internal const string RepositorySet = nameof(Repository);

    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private string[]? _resolvedFrom;
    private IReadOnlyList<RepositoryTarget> _resolved = [];

    /// <summary>Paths of repositories; wildcards are expanded.</summary>
    public abstract string[]? Path { get; set; }

    /// <summary>Paths of repositories, taken as they are.</summary>
    public abstract string[]? LiteralPath { get; set; }

    /// <summary>An open session, or an object about a repository.</summary>
    public abstract BorgRepository? Repository { get; set; }

    /// <summary>How long to wait for a lock; null for ever.</summary>
    private protected virtual TimeSpan? LockTimeout => TimeSpan.FromSeconds(1);

    /// <summary>Which release's habits to write by where the cmdlet opens the repository itself.</summary>
    private protected virtual WriteFormat FormatToWrite => WriteFormat.Borg14;

    /// <summary>How to reach a repository behind a server; null if this cmdlet needs the files.</summary>
    internal virtual RemoteOptions? Remote => null;

    /// <summary>True if one unusable path does not keep the others from being worked on.</summary>
    private protected virtual bool GoesOnAfterError => false;

    /// <summary>True if only those matches of a wildcard count that are repositories.</summary>
    private protected virtual bool ExpandsToRepositoriesOnly => true;

    /// <summary>The repositories named for the current record.</summary>
    private protected IReadOnlyList<RepositoryTarget> GetTargets()
    {
        if (ParameterSetName == RepositorySet)
        {
            BorgRepository repository = Repository!;
            return [Checked(new RepositoryTarget(repository.Path, repository.IsReference ? null : repository))];
        }

        // Given on the command line, it is the same array for every record.
        string[] names = (ParameterSetName == LiteralPathSet ? LiteralPath : Path)!;
        if (!ReferenceEquals(names, _resolvedFrom))
        {
            _resolved = Resolve(names);
            _resolvedFrom = names;
        }

        return _resolved;
    }

    /// <summary>Gets at a repository: the session's, or opened for this cmdlet.</summary>
    internal RepositoryLease Open(RepositoryTarget target, SessionAccess access)
    {
        if (target.Session is { } session)
        {
            return session.Lend(this);
        }

        var options = new OpenOptions { Access = access, LockWait = LockTimeout, WriteFormat = FormatToWrite, Workers = Environment.ProcessorCount };
        if (!target.IsRemote)
        {
            return RepositoryLease.Owned(Engine.Open(target.Path, options, Services, Stopped));
        }

        return RepositoryLease.Owned(
            RemoteRepository.Open(RemoteLocation.Parse(target.Path), options, Remote!, Services, Stopped), Stopped);
    }

    /// <summary>Like <see cref="Open"/>, and the index is in memory: what may take long about that ends with Ctrl-C.</summary>
    internal RepositoryLease OpenIndexed(RepositoryTarget target, SessionAccess access)
    {
        RepositoryLease lease = Open(target, access);
        try
        {
            (lease.Objects as Engine)?.LoadIndex(Stopped);
            return lease;
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Raises the error that opening would raise, without a lock and without writing anything: what -WhatIf can check, and
    /// what should be said before anybody is asked to confirm.
    /// </summary>
    private protected void RequireRepository(RepositoryTarget target)
    {
        // A connection is dear: asked once.
        if (target.IsRemote && !_known.Add(target.Path))
        {
            return;
        }

        using RepositoryLease lease = Open(target, SessionAccess.ReadNoLock);
    }

    private RepositoryTarget Checked(RepositoryTarget target) =>
        target.IsRemote && Remote is null ? throw InputException.NeedsFiles(target.Path) : target;

    private List<RepositoryTarget> Resolve(string[] names)
    {
        List<RepositoryTarget> targets = [];
        foreach (string name in names)
        {
            try
            {
                AddMatches(name, targets);
            }
            catch (InputException error) when (GoesOnAfterError)
            {
                WriteItemError(error);
            }
        }

        return targets;
    }

    private void AddMatches(string name, List<RepositoryTarget> targets)
    {
        if (ParameterSetName == LiteralPathSet || RemoteLocation.IsRemote(name))
        {
            targets.Add(Checked(LocationResolver.ToTarget(SessionState.Path, name)));
            return;
        }

        if (!WildcardPattern.ContainsWildcardCharacters(name))
        {
            string plain = WildcardPattern.Unescape(name);
            targets.Add(LocationResolver.ToTarget(SessionState.Path, plain));
            return;
        }

        int before = targets.Count;
        foreach (string match in LocationResolver.Expand(SessionState.Path, name))
        {
            if (!ExpandsToRepositoriesOnly || Engine.IsRepository(match, Services))
            {
                targets.Add(new RepositoryTarget(match, null));
            }
        }

        if (targets.Count == before)
        {
            throw new InputException(
                "RepositoryNotFound",
                $"No repository matches '{name}'. A name that has wildcard characters itself is given with -LiteralPath.",
                name,
                ErrorCategory.ObjectNotFound);
        }
    }
}
