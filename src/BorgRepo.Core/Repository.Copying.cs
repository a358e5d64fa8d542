using BorgRepo.Core.Copying;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Transactions;

namespace BorgRepo.Core;

/// <content>Copying to another place.</content>
public sealed partial class Repository
{
    /// <summary>
    /// Copies the state of the last transaction to a folder, or brings an older copy there up to it. Whenever it is interrupted,
    /// the copy is its former state or the new one, and the next call finishes.
    /// </summary>
    /// <param name="path">Path of the copy itself; the folder above it must be there.</param>
    /// <param name="options">What to take over, and how.</param>
    /// <param name="cancellationToken">Checked between blocks. What was copied so far serves the next call.</param>
    /// <exception cref="CopyRefusedException">What is there is no older state of this repository.</exception>
    /// <exception cref="AppendOnlyException">The copy is append-only, and the source was compacted.</exception>
    /// <exception cref="CopyVerificationException">The storage does not give back what was written.</exception>
    /// <exception cref="InsufficientFreeSpaceException">There is not enough space; nothing was copied.</exception>
    public CopyReport CopyTo(string path, CopyOptions options, CancellationToken cancellationToken = default)
    {
        string full = System.IO.Path.GetFullPath(path);
        return Guarded(full, () =>
        {
            RefuseOverlap(full);
            using LocalDestination destination = new(full, _services);
            return CopyTo(destination, options, cancellationToken);
        });
    }

    /// <inheritdoc cref="CopyTo(string, CopyOptions, CancellationToken)"/>
    /// <param name="destination">Where to.</param>
    /// <param name="options">What to take over, and how.</param>
    /// <param name="cancellationToken">Checked between blocks. What was copied so far serves the next call.</param>
    public CopyReport CopyTo(ICopyDestination destination, CopyOptions options, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            BeginMaintenance("copy the repository");
            CommittedState state = RequireState(withUsage: true, cancellationToken);
            return state.WriteRefusal is { } reason
                ? throw new CheckNeededException(Path, reason)
                : new CopyRun(new CopySource(_context, _config, state), destination, options).Run(cancellationToken);
        }
    }

    private void RefuseOverlap(string path)
    {
        IFileSystem files = _services.FileSystem;
        string own = files.GetCanonicalPath(Path);
        string other = files.GetCanonicalPath(path);
        char separator = System.IO.Path.DirectorySeparatorChar;
        if (own == other || (other + separator).StartsWith(own + separator, StringComparison.Ordinal) || (own + separator).StartsWith(other + separator, StringComparison.Ordinal))
        {
            throw new CopyRefusedException(path, CopyRefusal.SameRepository, $"it is {Path} itself, or one lies in the other.");
        }

        if (System.IO.Path.GetDirectoryName(path) is { } parent)
        {
            RepositoryCreation.RefuseNested(parent, files);
        }
    }
}
