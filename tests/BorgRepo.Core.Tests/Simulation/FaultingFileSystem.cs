using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Tests.Simulation;

/// <summary>Counts calls and lets some of them fail.</summary>
/// <param name="inner">Does the work.</param>
internal sealed class FaultingFileSystem(IFileSystem inner) : IFileSystem
{
    private const int DeviceErrorHResult = 5;
    private const int SharingViolationHResult = unchecked((int)0x80070020);

    private bool _isKilled;

    /// <summary>Decides by the number of a call (from 0 on) and its kind whether and how it fails.</summary>
    public Func<int, FileCall, Fault?>? Plan { get; set; }

    /// <summary>Calls so far.</summary>
    public int Calls { get; private set; }

    /// <summary>Kinds of all calls so far.</summary>
    public List<FileCall> Log { get; } = [];

    /// <summary>Paths of all calls so far.</summary>
    public List<string> Paths { get; } = [];

    /// <summary>Paths of files that were synced again after it had failed.</summary>
    public List<string> RetriedSyncs { get; } = [];

    /// <summary>Faults that make sense for a call.</summary>
    public static IReadOnlyList<Fault> FaultsOf(FileCall call) => call switch
    {
        FileCall.Read => [Fault.DeviceError, Fault.ShortRead],
        FileCall.Write or FileCall.SetLength or FileCall.Sync or FileCall.SyncDirectory or FileCall.CreateDirectory => [Fault.DeviceError, Fault.NoSpace],
        FileCall.OpenForWriting or FileCall.Replace or FileCall.RenameDirectory or FileCall.DeleteFile =>
            [Fault.DeviceError, Fault.NoSpace, Fault.AccessDenied, Fault.SharingViolation],
        FileCall.OpenForReading => [Fault.DeviceError, Fault.AccessDenied, Fault.SharingViolation],
        FileCall.GetInfo or FileCall.List or FileCall.DeleteDirectory => [Fault.DeviceError, Fault.AccessDenied],
        _ => [Fault.DeviceError],
    };

    public PathInfo GetInfo(string path) => Call(FileCall.GetInfo, path, () => inner.GetInfo(path));

    public IReadOnlyList<DirectoryItem> List(string directory) => Call(FileCall.List, directory, () => inner.List(directory));

    public IFile Open(string path, FileOpenKind kind) => Call(
        kind == FileOpenKind.Read ? FileCall.OpenForReading : FileCall.OpenForWriting,
        path,
        () => new FaultingFile(this, inner.Open(path, kind), path));

    public bool TryCreateDirectory(string path) => Call(FileCall.CreateDirectory, path, () => inner.TryCreateDirectory(path));

    public void Replace(string source, string target) => Call(FileCall.Replace, target, () => inner.Replace(source, target));

    public bool TryRenameDirectory(string source, string target) =>
        Call(FileCall.RenameDirectory, target, () => inner.TryRenameDirectory(source, target));

    public void DeleteFile(string path) => Call(FileCall.DeleteFile, path, () => inner.DeleteFile(path));

    public void DeleteDirectory(string path) => Call(FileCall.DeleteDirectory, path, () => inner.DeleteDirectory(path));

    public void SyncDirectory(string path) => Call(FileCall.SyncDirectory, path, () => inner.SyncDirectory(path));

    public long? GetAvailableBytes(string path) => Call(FileCall.GetAvailableBytes, path, () => inner.GetAvailableBytes(path));

    public int? GetLinkCount(string path) => Call(FileCall.GetLinkCount, path, () => inner.GetLinkCount(path));

    private void Call(FileCall call, string path, Action action) => Call(call, path, () =>
    {
        action();
        return true;
    });

    private T Call<T>(FileCall call, string path, Func<T> action)
    {
        if (Next(call, path) is { } fault)
        {
            throw Error(fault, path);
        }

        return action();
    }

    private Fault? Next(FileCall call, string path)
    {
        if (_isKilled)
        {
            return Fault.Killed;
        }

        Log.Add(call);
        Paths.Add(path);
        Fault? fault = Plan?.Invoke(Calls++, call);
        _isKilled = fault == Fault.Killed;
        return fault;
    }

    private static Exception Error(Fault fault, string path) => fault switch
    {
        Fault.NoSpace => new IOException($"No space left on device: '{path}'.", FileSystemErrors.DiskFullHResult),
        Fault.AccessDenied => new UnauthorizedAccessException($"Access to '{path}' is denied."),
        Fault.SharingViolation => new IOException($"'{path}' is in use by another process.", SharingViolationHResult),
        Fault.Killed => new ProcessKilledException(),
        _ => new IOException($"Input/output error: '{path}'.", DeviceErrorHResult),
    };

    private sealed class FaultingFile(FaultingFileSystem owner, IFile inner, string path) : IFile
    {
        private bool _hasFailedSync;

        public long Length => inner.Length;

        public int Read(Span<byte> buffer, long offset)
        {
            switch (owner.Next(FileCall.Read, path))
            {
                case null:
                    return inner.Read(buffer, offset);
                case Fault.ShortRead:
                    return inner.Read(buffer[..(buffer.Length / 2)], offset);
                case { } fault:
                    throw Error(fault, path);
            }
        }

        public void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            switch (owner.Next(FileCall.Write, path))
            {
                case null:
                    inner.Write(bytes, offset);
                    break;
                case Fault.NoSpace:
                    inner.Write(bytes[..(bytes.Length / 2)], offset);
                    throw Error(Fault.NoSpace, path);
                case { } fault:
                    throw Error(fault, path);
            }
        }

        public void SetLength(long length) => owner.Call(FileCall.SetLength, path, () => inner.SetLength(length));

        public void Sync()
        {
            Fault? fault = owner.Next(FileCall.Sync, path);
            if (fault is null)
            {
                if (_hasFailedSync)
                {
                    owner.RetriedSyncs.Add(path);
                }

                inner.Sync();
                return;
            }

            if (fault != Fault.Killed)
            {
                _hasFailedSync = true;
                (inner as IFaultyFile)?.FailSync();
            }

            throw Error(fault.Value, path);
        }

        public void Dispose() => inner.Dispose();
    }
}
