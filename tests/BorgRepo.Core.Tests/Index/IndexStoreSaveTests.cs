using System.Text;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Hints;
using BorgRepo.Core.Index;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Format;
using Xunit;

namespace BorgRepo.Core.Tests.Index;

public sealed class IndexStoreSaveTests
{
    [Fact]
    public void The_example_repository_is_saved_byte_for_byte_as_borg_saves_it()
    {
        IndexStoreFixture repository = new();
        repository.SaveExample(1);
        Assert.Equal(["hints.1", "index.1", "integrity.1"], repository.Names);

        byte[] expected = new byte[41258];
        IndexFormat.WriteHeader(expected, 1, 1031);
        for (int i = 0; i < 1031; i++)
        {
            expected.AsSpan(18 + (i * 40) + 32, 4).Fill(0xff);
        }

        byte[] bucket627 = [.. Enumerable.Repeat((byte)'0', 32), 0, 0, 0, 0, 0xb2, 0, 0, 0];
        byte[] bucket628 = [.. Enumerable.Repeat((byte)'0', 31), (byte)'1', 0xfe, 0xff, 0xff, 0xff, 0x34, 0, 0, 0];
        bucket627.CopyTo(expected, 25098);
        bucket628.CopyTo(expected, 25138);
        Assert.Equal(expected, repository["index.1"]);
        Assert.Equal(HintsContent.Example, repository["hints.1"]);

        string integrity = Encoding.Latin1.GetString(repository["integrity.1"]);
        Assert.Contains("""{"algorithm": "XXH64", "digests": {"final": "05c7f82b0b3b29ab"}}""", integrity, StringComparison.Ordinal);
        Assert.Contains("""{"algorithm": "XXH64", "digests": {"HashHeader": "1e7b5372ec4f7b80", "final": "a9f077ebf6243b94"}}""", integrity, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_file_is_durable_before_it_takes_its_name_and_old_ones_go_last()
    {
        IndexStoreFixture repository = new();
        repository.SaveExample(1);
        repository.Watch();
        repository.SaveExample(12);
        Assert.Equal(
            [
                "create hints.12.tmp", "write hints.12.tmp", "sync hints.12.tmp",
                "create index.12.tmp", "write index.12.tmp", "write index.12.tmp", "sync index.12.tmp",
                "create integrity.12.tmp", "write integrity.12.tmp", "sync integrity.12.tmp",
                "replace integrity.12.tmp integrity.12", "replace hints.12.tmp hints.12", "sync-folder .",
                "replace index.12.tmp index.12", "sync-folder .",
            ],
            repository.Operations.Take(15));
        Assert.Equal(["delete hints.1", "delete index.1", "delete integrity.1"], repository.Operations.Skip(15).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void In_the_habits_of_1_0_no_integrity_file_stays()
    {
        IndexStoreFixture repository = new();
        repository.SaveExample(12);
        repository["integrity.7"] = [];
        repository.Watch();
        repository.SaveExample(12, WriteFormat.Borg10);
        Assert.Equal(
            [
                "create hints.12.tmp", "write hints.12.tmp", "sync hints.12.tmp",
                "delete integrity.12", "replace hints.12.tmp hints.12",
                "create index.tmp", "write index.tmp", "write index.tmp", "sync index.tmp", "sync-folder .",
                "replace index.tmp index.12", "sync-folder .", "delete integrity.7",
            ],
            repository.Operations);
        Assert.Equal(["hints.12", "index.12"], repository.Names);

        // Freeable bytes are not in it, the segments are: 0 and 1 both were compactable.
        SegmentUsage usage = repository.Store.LoadHints(12);
        Assert.Equal([0u, 1u], usage.SegmentsToMeasure);
        using HashIndex index = repository.Store.LoadIndex(12);
        Assert.Equal(1, index.Count);
        Assert.Empty(repository.Notices);
    }

    [Fact]
    public void Other_generations_are_told_by_the_whole_suffix()
    {
        IndexStoreFixture repository = new();
        string[] swept = ["index.15", "hints.15", "index.tmp", "index.5.tmp", "hints.4.tmp", "integrity.55", "index.", "hints.x5"];
        string[] kept = ["config", "README", "nonce", "transactions", "hints5", "my-index.4", "lock.roster"];
        foreach (string name in swept.Concat(kept))
        {
            repository[name] = [1];
        }

        repository.Memory.AddDirectory(IndexStoreFixture.Folder + "/index.old");
        repository.SaveExample(5);
        Assert.Equal(kept.Concat(["index.5", "hints.5", "integrity.5"]).Order(StringComparer.Ordinal), repository.Names.Order(StringComparer.Ordinal));
        Assert.Equal(PathKind.Directory, repository.Memory.GetInfo(IndexStoreFixture.Folder + "/index.old").Kind);
        Assert.Empty(repository.Notices);
    }

    [Theory]
    [InlineData(WriteFormat.Borg14)]
    [InlineData(WriteFormat.Borg10)]
    public void Whatever_step_fails_one_generation_is_whole(WriteFormat format)
    {
        int steps = 0;
        for (bool isDone = false; !isDone; steps++)
        {
            IndexStoreFixture repository = new();
            repository.SaveExample(1);
            repository.Watch(budget: steps);
            isDone = Record.Exception(() => repository.SaveExample(2, format)) is null;
            repository.Watch();
            uint latest = repository.Store.FindLatest()!.Value;
            Assert.True(latest == 2 || !isDone);
            using (HashIndex index = repository.Store.LoadIndex(latest))
            {
                Assert.Equal(1, index.Count);
            }

            Assert.Equal(1, repository.Store.LoadHints(latest).GetUseCount(0));

            // And the next save clears up what this one left.
            repository.SaveExample(3);
            Assert.Equal(["hints.3", "index.3", "integrity.3"], repository.Names);
        }

        Assert.InRange(steps, 11, 20);
    }

    [Fact]
    public void Rebuilt_for_the_same_transaction_a_half_saved_generation_is_noticed_or_whole()
    {
        for (int steps = 0; steps < 15; steps++)
        {
            IndexStoreFixture repository = new();
            repository.SaveExample(1);
            repository.Watch(budget: steps);
            using HashIndex other = new();
            Assert.Throws<IOException>(() => repository.Store.Save(1, other, new SegmentUsage(), WriteFormat.Borg14));
            int? count = null;
            try
            {
                using HashIndex index = repository.Store.LoadIndex(1);
                count = index.Count;
                Assert.Equal(index.Count, repository.Store.LoadHints(1).GetUseCount(0));
            }
            catch (BorgRepositoryException)
            {
                Assert.InRange(steps, 11, 13);
            }

            Assert.True(count is null or 0 or 1);
        }
    }

    [Fact]
    public void A_failed_save_gives_the_room_of_its_temporary_files_back()
    {
        IndexStoreFixture repository = new();
        repository.SaveExample(1);
        repository.Watch(budget: 6);
        repository.RemovalsAlwaysWork = true;
        IOException error = Assert.Throws<IOException>(() => repository.SaveExample(2));
        Assert.Contains("sync index.2.tmp", error.Message, StringComparison.Ordinal);
        Assert.Equal(["hints.1", "index.1", "integrity.1"], repository.Names);
    }

    [Fact]
    public void Old_files_that_cannot_be_removed_are_no_failure_of_the_save()
    {
        IndexStoreFixture repository = new();
        repository.SaveExample(1);
        repository.Watch(budget: 15);
        repository.SaveExample(2);
        Assert.Equal(2u, repository.Store.FindLatest());
        Assert.Equal(3, repository.Notices.Count);
        Assert.All(repository.Notices, notice => Assert.Equal(NoticeLevel.Warning, notice.Level));
    }

    [Fact]
    public void Room_that_was_not_used_is_not_written()
    {
        IndexStoreFixture repository = new();
        using HashIndex index = new(capacity: 100_000);
        index.Set(Ids.Ascii('a'), new EntryLocation(1, 8));
        repository.Store.Save(4, index, new SegmentUsage(), WriteFormat.Borg14);
        Assert.Equal(41258, repository["index.4"].Length);
        using HashIndex read = repository.Store.LoadIndex(4);
        Assert.True(read.Contains(Ids.Ascii('a')));
    }
}
