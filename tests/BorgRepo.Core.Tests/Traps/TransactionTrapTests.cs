using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Vectors;
using Xunit;

namespace BorgRepo.Core.Tests.Traps;

/// <summary>Traps of the format (README.md beside this file) about writing and crashed transactions, numbered as there.</summary>
public sealed class TransactionTrapTests
{
    [Fact]
    public void Trap_10_an_aborted_first_transaction_is_neither_appended_to_nor_overwritten_nor_deleted()
    {
        ScriptedRepository repository = new ScriptedRepository().Segment(0, "P(k1,\"abc\")").Segment(1, "P(k2,\"def\")");
        SortedDictionary<string, string> before = repository.Files();
        using (Repository session = repository.Open())
        {
            Assert.Null(session.TransactionId);
            Assert.Equal(0, session.Count);
            Assert.Throws<CheckNeededException>(() => session.Put(SegmentScript.Key(3), "ghi"u8));
        }

        Assert.Equal(before, repository.Files());
    }

    [Fact]
    public void Trap_10_segment_files_are_created_exclusively()
    {
        ScriptedRepository repository = new ScriptedRepository().WithThreeObjects();
        using Repository session = repository.Open();
        session.Put(SegmentScript.Key(4), "jkl"u8);
        // Somebody else made the next file meanwhile: it must be noticed, not written over.
        byte[] foreign = SegmentScript.Segment("P(k9,\"foreign\")");
        repository.Write("data/0/3", foreign);
        Exception? error = Record.Exception(() => session.CommitUncompacted());
        Assert.NotNull(error);
        Assert.True(FileSystemErrors.IsAlreadyExists(error) || error is BorgRepositoryException, error.ToString());
    }

    [Fact]
    public void Trap_11_a_commit_without_a_transaction_touches_no_file()
    {
        ScriptedRepository repository = new ScriptedRepository().WithThreeObjects();
        using Repository session = repository.Open();
        SortedDictionary<string, string> before = repository.Files();
        Assert.Null(session.CommitUncompacted());
        Assert.Equal(before, repository.Files());
        _ = session.Count;
        Assert.Null(session.CommitUncompacted());
        Assert.Equal(before, repository.Files());
    }

    [Fact]
    public void Trap_12_a_bad_byte_in_a_segment_with_its_own_commit_takes_back_the_transaction_but_nothing_deletes_it()
    {
        ScriptedRepository repository = new ScriptedRepository().Segment(0, "P(k1,\"abc\") C").Segment(1, "P(k2,\"def\") P(k3,\"ghi\") C");
        Assert.Equal("k1=abc k2=def k3=ghi", repository.Objects());
        repository.Edit("data/0/1", content => content[50] ^= 1);
        SortedDictionary<string, string> data = repository.DataFiles();
        Assert.Equal("k1=abc", repository.Objects());
        using (Repository session = repository.Open())
        {
            CheckNeededException error = Assert.Throws<CheckNeededException>(() => session.Put(SegmentScript.Key(4), "jkl"u8));
            Assert.Contains("1", error.Reason, StringComparison.Ordinal);
        }

        Assert.Equal(data, repository.DataFiles());
    }

    [Fact]
    public void Trap_12_segments_of_a_transaction_whose_commit_is_gone_are_not_deleted_by_the_next_one()
    {
        ScriptedRepository repository = new ScriptedRepository().WithThreeObjects();
        using (Repository session = repository.Open())
        {
            session.Put(SegmentScript.Key(4), "jkl"u8);
            session.CommitUncompacted();
        }

        repository.Delete("data/0/3");
        SortedDictionary<string, string> before = repository.Files();
        Assert.Equal("k1=abc k2=def k3=ghi", repository.Objects(SessionAccess.Write));
        using (Repository session = repository.Open())
        {
            Assert.Throws<CheckNeededException>(() => session.Put(SegmentScript.Key(5), "mno"u8));
        }

        Assert.Equal(before, repository.Files());
    }

    [Theory]
    [InlineData(WriteFormat.Borg14)]
    [InlineData(WriteFormat.Borg10)]
    public void Trap_13_after_a_rollback_the_same_numbers_hold_the_new_transaction(WriteFormat format)
    {
        ScriptedRepository repository = new ScriptedRepository().WithThreeObjects();
        using (Repository session = repository.Open(format: format))
        {
            session.Put(SegmentScript.Key(4), "lost"u8);
            // Read it, so that a handle of the segment is cached.
            Assert.Equal("lost"u8, session.Get(SegmentScript.Key(4)));
            session.Rollback();
            Assert.False(session.Contains(SegmentScript.Key(4)));
            session.Put(SegmentScript.Key(4), "kept"u8);
            Assert.Equal("kept"u8, session.Get(SegmentScript.Key(4)));
            Assert.NotNull(session.CommitUncompacted());
            Assert.Equal("kept"u8, session.Get(SegmentScript.Key(4)));
        }

        Assert.Equal("k1=abc k2=def k3=ghi k4=kept", repository.Objects());
        Assert.Equal(2u, LocationOf(repository, 4).Segment);
    }

    [Fact]
    public void Trap_13_segments_beyond_the_last_commit_are_removed_before_their_numbers_are_used_again()
    {
        ScriptedRepository repository = new ScriptedRepository(maxSegmentSize: 40).WithThreeObjects();
        // Numbers 4 and above: torn, garbage, empty, magic only.
        repository.Write("data/0/4", SegmentScript.Segment("P(k7,\"torn\")")[..30]).Write("data/0/5", "garbage"u8.ToArray())
            .Write("data/0/6", []).Write("data/0/9", SegmentScript.Magic);
        Assert.Equal("k1=abc k2=def k3=ghi", repository.Objects());
        Assert.True(repository.Exists("data/0/4"));
        using (Repository session = repository.Open())
        {
            session.Put(SegmentScript.Key(4), "jkl"u8);
            session.CommitUncompacted();
        }

        Assert.Equal(["data/0/0", "data/0/1", "data/0/2", "data/0/3", "data/0/4", "data/0/5"], repository.DataFiles().Keys);
        Assert.Equal("k1=abc k2=def k3=ghi k4=jkl", repository.Objects());
    }

    [Fact]
    public void Trap_14_a_segment_without_bytes_counts_as_deleted_when_the_log_is_replayed()
    {
        ScriptedRepository repository = new ScriptedRepository()
            .Segment(0, "P(k1,\"abc\") C").Write("data/0/1", []).Segment(2, "P(k2,\"def\") C");
        Assert.Equal("k1=abc k2=def", repository.Objects());
        Assert.Contains(repository.Warnings, warning => warning.Contains("Segment 1", StringComparison.Ordinal));
        Assert.Empty(repository.Read("data/0/1"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(16)]
    public void Trap_14_a_damaged_segment_that_is_not_empty_is_never_skipped(int length)
    {
        ScriptedRepository repository = new ScriptedRepository()
            .Segment(0, "P(k1,\"abc\") C").Write("data/0/1", SegmentScript.Segment("P(k3,\"xyz\")")[..length]).Segment(2, "P(k2,\"def\") C");
        if (length == SegmentScript.Magic.Length)
        {
            // Just the magic is a sound segment without entries.
            Assert.Equal("k1=abc k2=def", repository.Objects());
            return;
        }

        IntegrityException error = Assert.Throws<IntegrityException>(() => repository.Objects());
        Assert.Equal(1u, error.Segment);
    }

    [Fact]
    public void Trap_15_a_missing_folder_is_made_for_whichever_segment_comes_next()
    {
        // The number after the last transaction is no multiple of segments_per_dir, but its folder is gone: 1.2.5 and later
        // remove empty ones, and the number is in another folder after segments_per_dir was changed on an empty store.
        ScriptedRepository repository = new(segmentsPerDirectory: 4, maxSegmentSize: 40);
        using Repository session = repository.Open();
        for (int i = 1; i <= 5; i++)
        {
            session.Put(SegmentScript.Key(i), "abc"u8);
        }

        session.Rollback();
        foreach (string folder in (string[])["data/0", "data/1"])
        {
            if (repository.Exists(folder))
            {
                repository.FileSystem.DeleteDirectory(repository.PathOf(folder));
            }
        }

        for (int i = 1; i <= 5; i++)
        {
            session.Put(SegmentScript.Key(i), "abc"u8);
        }

        Assert.Equal(5u, session.CommitUncompacted());
        Assert.Equal(5, session.Count);
        Assert.True(repository.Exists("data/1/5"));
    }

    private static EntryLocation LocationOf(ScriptedRepository repository, int key)
    {
        using Repository session = repository.Open(SessionAccess.Read);
        return session.Find(SegmentScript.Key(key)).Location;
    }
}
