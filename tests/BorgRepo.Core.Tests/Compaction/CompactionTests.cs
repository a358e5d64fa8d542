using BorgRepo.Core.Compaction;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Checking;
using BorgRepo.Core.Tests.Simulation;
using BorgRepo.Core.Tests.Traps;
using Xunit;

namespace BorgRepo.Core.Tests.Compaction;

/// <summary>What a compaction takes on, what it leaves alone, and what is left when it is stopped.</summary>
public sealed class CompactionTests
{
    private static readonly CompactionOptions Everything = new() { Threshold = 0 };

    [Theory]
    [InlineData(0.49, true)]
    [InlineData(0.5, false)]
    public void A_share_of_freeable_bytes_that_is_just_the_threshold_is_not_enough(double threshold, bool isTaken)
    {
        // 8 of magic and two entries of 46: 50 of 100 bytes.
        CompactionScene scene = new(new ScriptedRepository());
        scene.Put((1, "12345"), (2, "12345"));
        scene.Delete(1);
        scene.Repository.WithHints(usage => usage.SetFreeable(0, 50));
        CompactionReport report = scene.Compact(new CompactionOptions { Threshold = threshold });
        Assert.Equal(!isTaken, scene.Segments.Contains("0"));
        Assert.Contains(isTaken ? "0:Rewrite/Sparse" : "0:Keep/BelowThreshold", CompactionScene.Verdicts(report), StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_run_finds_nothing_to_do_and_changes_no_file()
    {
        CompactionScene scene = new(new ScriptedRepository(maxSegmentSize: 200));
        for (int n = 1; n < 12; n++)
        {
            scene.Put((n, "value"), (n + 1, "value"));
        }

        scene.Delete(3, 4, 5);
        CompactionOptions options = new() { SkipUseless = true };
        Assert.True(scene.Compact(options).BytesFreed > 0);
        scene.Compact(options);
        SortedDictionary<string, string> before = scene.Repository.Files();
        CompactionReport third = scene.Compact(options);
        Assert.Equal(0, third.BytesFreed);
        Assert.All(third.Segments, segment => Assert.Equal(CompactionAction.Keep, segment.Action));
        Assert.Equal(before, scene.Repository.Files());
    }

    [Fact]
    public void A_delete_whose_older_value_goes_in_the_same_run_does_not_have_to_wait_for_the_next_one()
    {
        CompactionScene scene = new(new ScriptedRepository());
        scene.Put((1, "one"), (2, "two"));
        scene.Delete(1);
        CompactionOptions options = new() { SkipUseless = true };
        CompactionReport report = scene.Compact(options);
        Assert.Contains("2:Remove/Sparse", CompactionScene.Verdicts(report), StringComparison.Ordinal);
        Assert.Equal(0, scene.Compact(options).BytesFreed);
        scene.AssertNothingComesBack("k2=two");
    }

    [Fact]
    public void A_damaged_segment_is_kept_with_its_reason_and_its_objects_and_the_others_are_compacted()
    {
        CompactionScene scene = new(new ScriptedRepository());
        scene.Put((1, "one"), (2, "two"));
        scene.Put((3, "three"), (4, "four"));
        scene.Delete(1, 3);
        scene.Repository.Edit("data/0/0", content => content[20] ^= 1);
        byte[] damaged = scene.Repository.Read("data/0/0");
        CompactionReport plan = scene.Plan(Everything);
        CompactionReport report = scene.Compact(Everything);
        Assert.Equal(plan.Segments, report.Segments);
        CompactedSegment kept = report.Segments.Single(segment => segment.Segment == 0);
        Assert.Equal((CompactionAction.Keep, CompactionReason.Damaged), (kept.Action, kept.Reason));
        Assert.Contains("checksum", kept.Detail, StringComparison.Ordinal);
        Assert.Equal(damaged, scene.Repository.Read("data/0/0"));
        Assert.DoesNotContain("2", scene.Segments);
        Assert.Equal("k2=two k4=four", scene.Repository.Objects());
        Assert.Contains(scene.Repository.Warnings, warning => warning.Contains("segment 0 is not compacted", StringComparison.Ordinal));
    }

    [Fact]
    public void If_all_that_could_be_done_is_kept_not_even_a_commit_is_written()
    {
        CompactionScene scene = new(new ScriptedRepository());
        scene.Put((1, "one"), (2, "two"));
        scene.Put((3, "three"));
        scene.Delete(1);
        scene.Compact(Everything with { SkipUseless = true });
        SortedDictionary<string, string> before = scene.Repository.Files();
        string damaged = before.Keys.Last(file => file.StartsWith("data/", StringComparison.Ordinal) && scene.Repository.Read(file).Length > 17);
        scene.Repository.WithHints(usage => usage.SetFreeable(uint.Parse(Path.GetFileName(damaged), System.Globalization.CultureInfo.InvariantCulture), 50));
        scene.Repository.Edit(damaged, content => content[20] ^= 1);
        before = scene.Repository.Files();
        CompactionReport report = scene.Compact(new CompactionOptions { Threshold = 0.55, SkipUseless = false });
        Assert.All(report.Segments, segment => Assert.Equal(CompactionAction.Keep, segment.Action));
        Assert.Equal(0, report.BytesFreed);
        Assert.Equal(before, scene.Repository.Files());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-3)]
    public void Hostile_use_counts_never_cost_an_object(int count)
    {
        CompactionScene scene = new(new ScriptedRepository(maxSegmentSize: 100));
        scene.Put([.. Enumerable.Range(1, 9).Select(n => (n, $"value {n}"))]);
        string expected = scene.Repository.Objects();
        scene.Repository.WithHints(usage =>
        {
            foreach ((uint segment, long _) in usage.UseCounts.ToList())
            {
                usage.ResetUse(segment);
                for (int i = 0; i < count; i++)
                {
                    usage.AddUse(segment);
                }

                usage.SetFreeable(segment, 1_000_000);
            }

            for (int i = count; i < 0; i++)
            {
                usage.ReleaseUse(0);
            }

            // The sum must fit, or the counts are made anew before anybody looks at them.
            for (long missing = 9 - usage.UseCounts.Sum(pair => pair.Value); missing > 0; missing--)
            {
                usage.AddUse(77);
            }
        });
        scene.Compact(Everything);
        scene.AssertNothingComesBack(expected);
        scene.AssertSound();
    }

    [Fact]
    public void Files_with_nothing_but_an_old_commit_go_if_asked_for_and_all_but_the_last()
    {
        CompactionScene scene = new(new ScriptedRepository(segmentsPerDirectory: 10));
        for (int n = 1; n <= 100; n++)
        {
            scene.Put((n, "value"));
        }

        // As after borg 1.1, whose hints do not mention them.
        scene.Repository.WithHints(usage =>
        {
            foreach ((uint segment, long _) in usage.Freeable.ToList())
            {
                usage.Forget(segment);
            }
        });
        Assert.Equal(200, scene.Segments.Count());
        Assert.Equal(0, scene.Compact().BytesFreed);
        CompactionReport report = scene.Compact(new CompactionOptions { RemoveEmptyCommits = true });
        Assert.Equal(99 * 17, report.BytesFreed);
        Assert.Equal(101, scene.Segments.Count());
        Assert.All(report.Segments, segment => Assert.Equal((CompactionAction.Remove, CompactionReason.EmptyCommit), (segment.Action, segment.Reason)));
        Assert.Equal(0, scene.Compact(new CompactionOptions { RemoveEmptyCommits = true, SkipUseless = true }).BytesFreed);
        scene.AssertSound();
    }

    [Fact]
    public void All_measures_segments_that_hints_do_not_know()
    {
        CompactionScene scene = new(new ScriptedRepository());
        scene.Put((1, "one"), (2, "two"));
        scene.Delete(1);
        scene.Repository.WithHints(usage => usage.ForgetFreeable(0));
        scene.Compact(Everything with { SkipUseless = true });
        Assert.Contains("0", scene.Segments);
        scene.Compact(new CompactionOptions { All = true, SkipUseless = true });
        Assert.DoesNotContain("0", scene.Segments);
        scene.AssertNothingComesBack("k2=two");
    }

    [Fact]
    public void Folders_that_became_empty_are_removed_and_others_are_not()
    {
        CompactionScene scene = new(new ScriptedRepository(segmentsPerDirectory: 2));
        scene.Put((1, "one"));
        scene.Put((1, "two"));
        scene.Repository.Write("data/1/notes.txt", "mine"u8.ToArray());
        scene.Put((1, "three"));
        scene.Compact(Everything);
        scene.Compact(Everything);
        Assert.False(scene.Repository.Exists("data/0"));
        Assert.True(scene.Repository.Exists("data/1/notes.txt"));
        Assert.Equal("k1=three", scene.Repository.Objects());
        // The number goes on, so the folder is not needed again; if it were, it would be made.
        scene.Put((2, "more"));
        Assert.Equal("k1=three k2=more", scene.Repository.Objects());
    }

    [Fact]
    public void Segments_that_hints_name_and_that_are_not_there_are_forgotten()
    {
        CompactionScene scene = new(new ScriptedRepository());
        scene.Put((1, "one"), (2, "two"));
        scene.Delete(1);
        scene.Repository.WithHints(usage =>
        {
            usage.SetFreeable(77, 100);
            usage.Track(77);
        });
        CompactionReport report = scene.Compact(Everything);
        Assert.Contains("77:Keep/Missing", CompactionScene.Verdicts(report), StringComparison.Ordinal);
        Assert.False(scene.Hints().IsTracked(77));
    }

    [Fact]
    public void Append_only_refuses_compaction_and_its_plan_and_a_commit_with_compaction_only_commits()
    {
        CompactionScene scene = new(new ScriptedRepository(appendOnly: true));
        scene.Put((1, "one"), (2, "two"));
        scene.Delete(1);
        SortedDictionary<string, string> data = scene.Repository.DataFiles();
        Assert.Throws<AppendOnlyException>(() => scene.Compact(Everything));
        Assert.Throws<AppendOnlyException>(() => scene.Plan(Everything));
        Assert.Equal(data, scene.Repository.DataFiles());
        scene.Write(session => session.Put(SegmentScript.Key(3), "three"u8), new CommitOptions { Compact = true, Threshold = 0 });
        Assert.Equal(data, scene.Repository.DataFiles().Where(file => data.ContainsKey(file.Key)).ToDictionary());
        using Repository optional = Repository.Open(
            scene.Repository.Path, new OpenOptions { Access = SessionAccess.Write, AppendOnly = true }, scene.Repository.Services, TestContext.Current.CancellationToken);
        Assert.Throws<AppendOnlyException>(() => optional.Compact(Everything, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Within_a_transaction_or_a_session_for_reading_nothing_is_compacted()
    {
        CompactionScene scene = new(new ScriptedRepository());
        scene.Put((1, "one"));
        using (Repository session = scene.Repository.Open())
        {
            session.Put(SegmentScript.Key(2), "two"u8);
            Assert.Throws<InvalidTransactionStateException>(() => session.Compact(Everything, TestContext.Current.CancellationToken));
            Assert.Throws<InvalidTransactionStateException>(() => session.PlanCompaction(Everything, TestContext.Current.CancellationToken));
        }

        using Repository reader = scene.Repository.Open(SessionAccess.Read);
        Assert.Throws<InvalidTransactionStateException>(() => reader.Compact(Everything, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Where_a_commit_was_lost_compaction_is_refused_and_the_session_goes_on_reading()
    {
        CompactionScene scene = new(new ScriptedRepository());
        scene.Put((1, "one"), (2, "two"));
        scene.Put((3, "three"));
        scene.Repository.Delete("data/0/3");
        SortedDictionary<string, string> before = scene.Repository.Files();
        using (Repository session = scene.Repository.Open())
        {
            Assert.Throws<CheckNeededException>(() => session.Compact(Everything, TestContext.Current.CancellationToken));
            Assert.Equal("k1=one k2=two", ScriptedRepository.Describe(session));
        }

        Assert.Equal(before, scene.Repository.Files());
    }

    [Fact]
    public void The_session_goes_on_with_what_a_compaction_left()
    {
        CompactionScene scene = new(new ScriptedRepository());
        scene.Put((1, "one"), (2, "two"));
        scene.Delete(1);
        using (Repository session = scene.Repository.Open())
        {
            Assert.Equal("two"u8, session.Get(SegmentScript.Key(2)));
            CompactionReport report = session.Compact(Everything, TestContext.Current.CancellationToken);
            Assert.Equal(report.TransactionId, session.TransactionId);
            Assert.Equal("two"u8, session.Get(SegmentScript.Key(2)));
            session.Put(SegmentScript.Key(3), "three"u8);
            session.Commit(new CommitOptions(), TestContext.Current.CancellationToken);
        }

        scene.AssertNothingComesBack("k2=two k3=three");
        scene.AssertSound();
    }

    [Theory]
    [InlineData(WriteFormat.Borg14)]
    [InlineData(WriteFormat.Borg10)]
    public void Cancelled_in_the_middle_everything_is_as_it_was_for_a_reader(WriteFormat format)
    {
        ScriptedRepository start = ManySparseSegments();
        string expected = start.Objects();
        for (int after = 1; after <= 6; after++)
        {
            MemoryFileSystem files = start.FileSystem.Copy();
            using CancellationTokenSource cancel = new();
            int segments = 0;
            RepositoryServices services = start.Services with
            {
                FileSystem = files,
                Progress = progress =>
                {
                    if (progress.Activity.StartsWith("Compacting", StringComparison.Ordinal) && ++segments == after)
                    {
                        cancel.Cancel();
                    }
                },
            };
            using (Repository session = start.Open(format: format, services: services))
            {
                Assert.ThrowsAny<OperationCanceledException>(() => session.Compact(Everything, cancel.Token));
                Assert.Equal(expected, ScriptedRepository.Describe(session));
            }

            AssertConsistent(files, start, expected, $"after {after}");
        }
    }

    [Fact]
    public void A_commit_that_is_cancelled_while_it_compacts_says_that_its_changes_are_durable()
    {
        ScriptedRepository repository = ManySparseSegments();
        using CancellationTokenSource cancel = new();
        RepositoryServices services = repository.Services with
        {
            Progress = progress => (progress.Activity.StartsWith("Compacting", StringComparison.Ordinal) ? cancel : null)?.Cancel(),
        };
        using (Repository session = repository.Open(services: services))
        {
            session.Put(SegmentScript.Key(50), "durable"u8);
            IndexSaveException error = Assert.Throws<IndexSaveException>(() => session.Commit(new CommitOptions { Compact = true, Threshold = 0 }, cancel.Token));
            Assert.IsAssignableFrom<OperationCanceledException>(error.InnerException);
            Assert.Equal("durable"u8, session.Get(SegmentScript.Key(50)));
        }

        Assert.Contains("k50=durable", repository.Objects(), StringComparison.Ordinal);
        new CheckScene(repository).AssertSound();
    }

    [Fact]
    public void Whichever_call_fails_no_object_is_lost_and_none_comes_back()
    {
        foreach (WriteFormat format in new[] { WriteFormat.Borg14, WriteFormat.Borg10 })
        {
            ScriptedRepository start = ManySparseSegments();
            string expected = start.Objects();
            int calls = Compact(start.FileSystem.Copy(), start, format, _ => { });
            Assert.InRange(calls, 20, 300);
            for (int failing = 1; failing <= calls; failing++)
            {
                MemoryFileSystem files = start.FileSystem.Copy();
                int number = failing;
                Compact(files, start, format, call =>
                {
                    if (call == number)
                    {
                        throw new IOException($"Injected at {call}.");
                    }
                });
                AssertConsistent(files, start, expected, $"{format}, call {failing}");
            }
        }
    }

    [Fact]
    public void A_lock_that_was_broken_meanwhile_stops_it_before_anything_is_removed()
    {
        ScriptedRepository repository = ManySparseSegments();
        SortedDictionary<string, string> before = repository.DataFiles();
        RepositoryServices services = repository.Services with
        {
            Progress = progress =>
            {
                if (progress.Activity.StartsWith("Compacting", StringComparison.Ordinal))
                {
                    Repository.BreakLock(repository.Path, repository.ServicesOf(new SimulatedEnvironment(processId: 4)));
                }
            },
        };
        Exception? error = Record.Exception(() =>
        {
            using Repository session = repository.Open(services: services);
            session.Compact(Everything, TestContext.Current.CancellationToken);
        });
        Assert.IsType<LockLostException>(error);
        SortedDictionary<string, string> after = repository.DataFiles();
        Assert.All(before, file => Assert.Equal(file.Value, after.GetValueOrDefault(file.Key)));
    }

    /// <summary>Six segments, of each of which a part is superseded, and DELETEs whose older values are still there.</summary>
    private static ScriptedRepository ManySparseSegments()
    {
        CompactionScene scene = new(new ScriptedRepository(segmentsPerDirectory: 3, maxSegmentSize: 150));
        for (int n = 0; n < 5; n++)
        {
            scene.Put((n + 1, $"value {n}"), (n + 20, $"other {n}"));
        }

        scene.Delete(1, 2, 3);
        scene.Put((20, "new"), (21, "new"));
        return scene.Repository;
    }

    private static int Compact(MemoryFileSystem files, ScriptedRepository repository, WriteFormat format, Action<int> before)
    {
        WatchedFileSystem watched = new(files, repository.Path) { Before = (number, _) => before(number) };
        Exception? error = Record.Exception(() =>
        {
            using Repository session = repository.Open(format: format, services: repository.Services with { FileSystem = watched });
            session.Compact(Everything, TestContext.Current.CancellationToken);
        });
        Assert.True(error is null or IOException or BorgRepositoryException, error?.ToString());
        return watched.Operations.Count;
    }

    private static void AssertConsistent(MemoryFileSystem files, ScriptedRepository repository, string expected, string what)
    {
        RepositoryServices services = repository.Services with { FileSystem = files, Environment = new SimulatedEnvironment(processId: 77) };
        using (Repository session = repository.Open(services: services))
        {
            Assert.Equal((what, expected), (what, ScriptedRepository.Describe(session)));
            session.Put(SegmentScript.Key(60), "next"u8);
            session.Commit(new CommitOptions(), TestContext.Current.CancellationToken);
        }

        CheckScene check = new(repository.Path, services);
        check.AssertSound();
        foreach (string file in files.Files(repository.Path).Where(file => Path.GetFileName(file).Split('.')[0] is "index" or "hints" or "integrity"))
        {
            files.DeleteFile(file);
        }

        using Repository rebuilt = repository.Open(services: services);
        Assert.Equal((what, expected + " k60=next"), (what, ScriptedRepository.Describe(rebuilt)));
    }
}
