using System.Diagnostics;
using BorgRepo.Core.Checking;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Tests.Vectors;
using Xunit;

namespace BorgRepo.Core.Tests.Durability;

/// <summary>A real volume without space: a small one that is mounted for the test.</summary>
public sealed class FullDiskTests(ITestOutputHelper output) : IDisposable
{
    private const long Size = 4 << 20;
    private const int Kept = 20;

    private readonly TemporaryFolder _folder = new();
    private bool _isMounted;

    private string Volume => _folder.Path;

    private string RepositoryPath => _folder.Combine("repo");

    private long Available => new DriveInfo(Volume).AvailableFreeSpace;

    [Fact]
    public void Values_until_the_volume_is_full_are_given_back_and_the_old_state_holds()
    {
        MountOrSkip();
        RepositoryContents old = Create();
        long before = Available;
        using (Repository writer = Open())
        {
            Assert.Throws<InsufficientFreeSpaceException>(() =>
            {
                for (int i = 0; i < 1000; i++)
                {
                    writer.Put(ScriptRun.Id(1000 + i), new byte[70_000]);
                }
            });

            // Nothing but a rollback is possible now.
            Assert.Throws<InvalidTransactionStateException>(() => writer.Put(ScriptRun.Id(2), [1]));
            Assert.Throws<InsufficientFreeSpaceException>(() => writer.Commit(cancellationToken: TestContext.Current.CancellationToken));
        }

        RequireHeld(old, before);
    }

    [Fact]
    public void However_little_is_left_a_commit_fails_with_the_old_state_or_works()
    {
        MountOrSkip();
        RepositoryContents old = Create();
        string ballast = _folder.Combine("ballast");
        int failed = 0;
        int worked = 0;
        foreach (long left in Enumerable.Range(0, 40).Select(i => i * 12_288L))
        {
            Fill(ballast, left);
            long before = Available;
            byte[] value = new byte[30_000];
            new Random((int)left).NextBytes(value);
            try
            {
                using Repository writer = Open();
                writer.Put(ScriptRun.Id(1), value);
                writer.Delete(ScriptRun.Id(2));
                writer.Put(ScriptRun.Id(2), [.. value.Take(100)]);
                writer.Commit(new CommitOptions { Compact = left % 24_576 == 0, Threshold = 0 }, TestContext.Current.CancellationToken);
                Dictionary<ObjectId, byte[]> objects = old.Objects.ToDictionary();
                objects[ScriptRun.Id(1)] = value;
                objects[ScriptRun.Id(2)] = [.. value.Take(100)];
                old = old.With(objects);
                before = 0;
                worked++;
            }
            catch (InsufficientFreeSpaceException)
            {
                failed++;
            }
            catch (LockFailedException) when (left == 0)
            {
                // A lock takes some space too.
                failed++;
            }

            RequireHeld(old, before);
            File.Delete(ballast);
        }

        output.WriteLine($"{failed} commits failed, {worked} worked");
        Assert.True(failed > 0 && worked > 0);
    }

    public void Dispose()
    {
        if (_isMounted)
        {
            Run("umount", Volume);
        }

        _folder.Dispose();
    }

    private static Repository OpenAt(string path) => Repository.Open(
        path, new OpenOptions { Access = SessionAccess.Write, LockWait = TimeSpan.Zero }, new TestServices().Services, TestContext.Current.CancellationToken);

    private static int Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, UseShellExecute = false })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }

    private Repository Open() => OpenAt(RepositoryPath);

    private void MountOrSkip()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Only root on Linux may mount a small volume.");
        _isMounted = Run("mount", "-t", "tmpfs", "-o", $"size={Size}", "tmpfs", Volume) == 0;
        Assert.SkipUnless(_isMounted, "A small volume could not be mounted here.");
    }

    private RepositoryContents Create()
    {
        Repository.Create(RepositoryPath, new CreateOptions { MaxSegmentSize = 100_000 }, new TestServices().Services);
        using Repository writer = Open();
        for (int i = 0; i < Kept; i++)
        {
            byte[] value = new byte[20_000];
            new Random(i).NextBytes(value);
            writer.Put(ScriptRun.Id(i), value);
        }

        writer.Commit(cancellationToken: TestContext.Current.CancellationToken);
        return RepositoryContents.Read(writer);
    }

    private void Fill(string ballast, long left)
    {
        using FileStream file = File.Create(ballast);
        byte[] page = new byte[4096];
        while (Available > left)
        {
            file.Write(page);
            file.Flush();
        }
    }

    // The file "transactions" and the pages of what was renewed may grow; what was put and not committed must be gone.
    private void RequireHeld(RepositoryContents expected, long before)
    {
        using Repository reader = Repository.Open(RepositoryPath, new OpenOptions { Access = SessionAccess.ReadNoLock }, new TestServices().Services, TestContext.Current.CancellationToken);
        Assert.Equal(expected, RepositoryContents.Read(reader));
        List<Finding> findings = [];
        Assert.Equal(CheckConclusion.Sound, reader.Check(new CheckOptions(), findings.Add, TestContext.Current.CancellationToken).Conclusion);
        Assert.True(Available >= before - 8192, $"{before} bytes were free, now {Available}");
        Assert.Empty(Directory.EnumerateFileSystemEntries(RepositoryPath, "lock.*"));
    }
}
