using BorgRepo.Core.Checking;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Segments;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Traps;
using Xunit;

namespace BorgRepo.Core.Tests.Checking;

/// <summary>Checks of a part say what they did and no more, and a check with a time limit goes on where it stopped.</summary>
public sealed class PartialCheckTests
{
    private const int Segments = 10;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void With_a_time_limit_each_run_goes_on_where_the_one_before_stopped_until_all_is_read(int workers)
    {
        ScriptedRepository repository = TenSegments();
        repository.Edit("data/0/2", content => content[60] ^= 1).Edit("data/0/7", content => content[60] ^= 1);
        List<uint?> stops = [];
        List<uint?> damaged = [];
        int segments = 0;
        do
        {
            CheckScene scene = Scene(repository, secondsPerSegment: 10);
            CheckResult result = scene.Check(new CheckOptions { MaxDuration = TimeSpan.FromSeconds(25), Workers = workers });
            Assert.Null(result.ObjectCount);
            Assert.Equal(scene.Errors.Count == 0 ? CheckConclusion.PartlyChecked : CheckConclusion.Damaged, result.Conclusion);
            damaged.AddRange(scene.Findings.Select(finding => finding.Segment));
            segments += result.SegmentCount;
            stops.Add(result.LastSegmentChecked);
            Assert.Equal(result.LastSegmentChecked is { } last ? $"last_segment_checked = {last}" : null, Progress(repository));
        }
        while (stops[^1] is not null);

        Assert.Equal([2u, 5u, 8u, null], stops);
        Assert.Equal([2u, 7u], damaged);
        Assert.Equal(Segments, segments);
    }

    [Fact]
    public void A_whole_check_forgets_the_progress_of_a_partial_one_and_a_quick_or_planned_or_chosen_one_does_not()
    {
        ScriptedRepository repository = TenSegments();
        Scene(repository, 10).Check(new CheckOptions { MaxDuration = TimeSpan.FromSeconds(25) });
        const string progress = "last_segment_checked = 2";
        Assert.Equal(progress, Progress(repository));
        CheckScene scene = new(repository);
        scene.Check(new CheckOptions { Quick = true });
        Assert.Equal(progress, Progress(repository));
        scene.Check(new CheckOptions { Repair = true, PlanOnly = true });
        Assert.Equal(progress, Progress(repository));
        scene.Check(new CheckOptions { Segments = SegmentSelection.Parse(["3..4"]) });
        Assert.Equal(progress, Progress(repository));
        scene.Check(new CheckOptions { Quick = true, MaxDuration = TimeSpan.FromSeconds(1) });
        Assert.Equal(progress, Progress(repository));
        scene.Check();
        Assert.Null(Progress(repository));
    }

    [Fact]
    public void A_choice_of_segments_reads_these_and_judges_nothing_else()
    {
        ScriptedRepository repository = TenSegments();
        repository.Edit("data/0/2", content => content[60] ^= 1).Edit("data/0/5", content => content[60] ^= 1);
        repository.Delete("data/0/8");
        CheckScene scene = new(repository);
        CheckResult result = scene.Check(new CheckOptions { Segments = SegmentSelection.Parse(["1", "3..6"]) });
        Assert.Equal(5, result.SegmentCount);
        Assert.Equal([5u], scene.Findings.Select(finding => finding.Segment!.Value));
        Assert.Null(result.ObjectCount);
        Assert.Equal(CheckConclusion.PartlyChecked, scene.Check(new CheckOptions { Segments = SegmentSelection.Parse(["3..4"]) }).Conclusion);
    }

    [Fact]
    public void A_quick_check_sees_broken_headers_and_a_wrong_index_but_claims_nothing_about_values()
    {
        ScriptedRepository repository = TenSegments();
        repository.Edit("data/0/2", content => content[60] ^= 1);
        CheckScene scene = new(repository);
        Assert.Equal(CheckConclusion.PartlyChecked, scene.Check(new CheckOptions { Quick = true }).Conclusion);
        Assert.Empty(scene.Findings);
        repository.WithIndex(index => index.Remove(SegmentScript.Key(4), out _)).Edit("data/0/6", content => content[15] = 0x7f);
        scene.Check(new CheckOptions { Quick = true });
        Assert.Equal([FindingKind.SizeTooBig, FindingKind.IndexEntryMissing], scene.Errors);
        Assert.Equal(SegmentScript.Key(6), scene.Findings[0].Id);
    }

    [Fact]
    public void A_repair_of_a_part_is_refused()
    {
        ScriptedRepository repository = TenSegments();
        CheckScene scene = new(repository);
        SortedDictionary<string, string> before = repository.Files();
        Assert.Throws<ArgumentException>(() => scene.Check(new CheckOptions { Repair = true, MaxDuration = TimeSpan.FromSeconds(1) }));
        Assert.Throws<ArgumentException>(() => scene.Check(new CheckOptions { Repair = true, Segments = SegmentSelection.Parse(["1"]) }));
        Assert.Throws<ArgumentException>(() => scene.Check(new CheckOptions { Repair = true, Quick = true }));
        Assert.Throws<InvalidTransactionStateException>(() => scene.Check(new CheckOptions { Repair = true }, SessionAccess.Read));
        Assert.Equal(before, repository.Files());
    }

    [Fact]
    public void Nothing_is_checked_while_a_transaction_is_under_way()
    {
        ScriptedRepository repository = TenSegments();
        using Repository session = repository.Open();
        session.Put(SegmentScript.Key(1), "changed"u8);
        Assert.Throws<InvalidTransactionStateException>(() => session.Check(new CheckOptions(), _ => { }, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_check_or_repair_that_is_cancelled_leaves_everything_as_it_was(int workers)
    {
        ScriptedRepository repository = TenSegments();
        repository.Edit("data/0/2", content => content[60] ^= 1);
        SortedDictionary<string, string> before = repository.Files();
        using CancellationTokenSource cancel = new();
        int begun = 0;
        RepositoryServices services = repository.Services with
        {
            Progress = _ =>
            {
                if (++begun == 8)
                {
                    cancel.Cancel();
                }
            },
        };
        foreach (bool repair in new[] { false, true })
        {
            using Repository session = repository.Open(services: services);
            Assert.ThrowsAny<OperationCanceledException>(() => session.Check(new CheckOptions { Repair = repair, Workers = workers }, _ => { }, cancel.Token));
        }

        Assert.Equal(before, repository.Files());
    }

    private static ScriptedRepository TenSegments()
    {
        ScriptedRepository repository = new();
        for (uint n = 0; n < Segments; n++)
        {
            repository.Segment(n, $"""P(k{n},"value of {n}") P(k{n + 100},"another") C""");
        }

        return repository.Indexed();
    }

    /// <summary>A check for which reading each segment takes some time.</summary>
    private static CheckScene Scene(ScriptedRepository repository, int secondsPerSegment)
    {
        string? segment = null;
        RepositoryServices services = repository.Services with
        {
            Progress = progress =>
            {
                if (progress.Detail != segment)
                {
                    segment = progress.Detail;
                    repository.Environment.Clock.Advance(TimeSpan.FromSeconds(secondsPerSegment));
                }
            },
        };
        return new CheckScene(repository.Path, services);
    }

    private static string? Progress(ScriptedRepository repository) =>
        repository.ReadText("config").Split('\n').SingleOrDefault(line => line.StartsWith("last_segment_checked", StringComparison.Ordinal));
}
