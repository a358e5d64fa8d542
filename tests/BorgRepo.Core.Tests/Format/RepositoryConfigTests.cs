using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using Xunit;

namespace BorgRepo.Core.Tests.Format;

public sealed class RepositoryConfigTests
{
    private const string Path = "/backups/here";
    private const string Id = "00000000000000000000000000000000000000000000000000000000000000ab";

    private const string Written =
        $"""
        [repository]
        version = 1
        segments_per_dir = 1000
        max_segment_size = 524288000
        append_only = 0
        storage_quota = 0
        additional_free_space = 0
        id = {Id}


        """;

    [Fact]
    public void A_new_config_is_the_text_of_borg_1_2_4()
    {
        RepositoryConfig config = RepositoryConfig.CreateNew(ObjectId.Parse(Id), Path);
        Assert.Equal(Written, config.ToString());
    }

    [Fact]
    public void A_new_config_for_borg_1_0_is_the_text_of_that_release()
    {
        RepositoryConfig config = RepositoryConfig.CreateNew(ObjectId.Parse(Id), Path, WriteFormat.Borg10, appendOnly: true);
        Assert.Equal(
            $"[repository]\nversion = 1\nsegments_per_dir = 10000\nmax_segment_size = 5242880\nappend_only = 1\nid = {Id}\n\n",
            config.ToString());
    }

    [Fact]
    public void All_settings_of_a_new_repository_reach_the_config()
    {
        RepositoryConfig config = RepositoryConfig.Parse(
            RepositoryConfig.CreateNew(ObjectId.Parse(Id), Path, WriteFormat.Borg10, 7, 8000, true, 9, 10).ToString(), Path);
        Assert.Equal(7, config.SegmentsPerDirectory);
        Assert.Equal(8000, config.MaxSegmentSize);
        Assert.True(config.AppendOnly);
        Assert.Equal(9, config.StorageQuota);
        Assert.Equal(10, config.AdditionalFreeSpace);
        Assert.Equal(Id, config.Id.ToString());
        Assert.Equal(1, config.Version);
    }

    [Fact]
    public void A_new_repository_cannot_have_settings_that_could_not_be_opened()
    {
        Assert.Throws<InvalidRepositoryConfigException>(() => RepositoryConfig.CreateNew(default, Path, segmentsPerDirectory: 0));
        Assert.Throws<InvalidRepositoryConfigException>(() => RepositoryConfig.CreateNew(default, Path, maxSegmentSize: RepositoryConfig.MaxSegmentSizeLimit));
        Assert.Throws<InvalidRepositoryConfigException>(() => RepositoryConfig.CreateNew(default, Path, storageQuota: -1));
    }

    [Theory]
    [InlineData("", "no repository section found")]
    [InlineData("[Repository]\nversion = 1\n", "no repository section found")]
    [InlineData("version = 1\n", "line 1: there is no section before this line")]
    public void A_file_without_the_section_is_refused(string text, string reason) => Assert.Equal(reason, Refused(text).Reason);

    [Theory]
    [InlineData("2", "repository version 2 is not supported")]
    [InlineData("0", "repository version 0 is not supported")]
    [InlineData("one", "version 'one' is not a whole number")]
    [InlineData("-1", "version '-1' is not a whole number")]
    [InlineData("99999999999999999999", "version '99999999999999999999' is not a whole number")]
    public void Only_version_1_is_opened_and_the_error_names_what_is_there(string version, string reason) =>
        Assert.StartsWith(reason, Refused(With("version", version)).Reason, StringComparison.Ordinal);

    [Theory]
    [InlineData("version")]
    [InlineData("segments_per_dir")]
    [InlineData("max_segment_size")]
    [InlineData("id")]
    public void A_missing_option_is_named(string option)
    {
        string text = string.Join('\n', Written.Split('\n').Where(line => !line.StartsWith(option, StringComparison.Ordinal)));
        Assert.Equal($"no option '{option}'", Refused(text).Reason);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0123456789")]
    [InlineData("00000000000000000000000000000000000000000000000000000000000000abcd")]
    [InlineData("g0000000000000000000000000000000000000000000000000000000000000ab")]
    public void An_id_that_is_not_64_hex_digits_is_refused(string id) =>
        Assert.Equal($"id '{id}' is not 64 hex digits", Refused(With("id", id)).Reason);

    [Theory]
    [InlineData("524288000", 524288000)]
    [InlineData("1K", 1000)]
    [InlineData("500M", 500_000_000)]
    [InlineData("1.5G", 1_500_000_000)]
    [InlineData("8.2M", 8_199_999)]
    [InlineData("0", 0)]
    [InlineData("4273995775", 4273995775)]
    public void A_segment_size_may_have_a_unit(string text, long bytes) =>
        Assert.Equal(bytes, RepositoryConfig.Parse(With("max_segment_size", text), Path).MaxSegmentSize);

    [Theory]
    [InlineData("4273995776")]
    [InlineData("5G")]
    [InlineData("1k")]
    [InlineData("")]
    [InlineData("G")]
    [InlineData("-1")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("1e400")]
    [InlineData("99999999999999999999")]
    [InlineData("1,5G")]
    public void A_segment_size_that_cannot_be_is_refused(string text) =>
        Assert.StartsWith("max_segment_size ", Refused(With("max_segment_size", text)).Reason, StringComparison.Ordinal);

    [Theory]
    [InlineData("0")]
    [InlineData("-5")]
    [InlineData("2147483648")]
    [InlineData("1K")]
    public void A_folder_holds_at_least_one_segment(string text) =>
        Assert.StartsWith("segments_per_dir ", Refused(With("segments_per_dir", text)).Reason, StringComparison.Ordinal);

    [Theory]
    [InlineData("1", true)]
    [InlineData("Yes", true)]
    [InlineData("TRUE", true)]
    [InlineData("on", true)]
    [InlineData("0", false)]
    [InlineData("no", false)]
    [InlineData("False", false)]
    [InlineData("off", false)]
    public void Append_only_is_a_boolean_of_many_spellings(string text, bool expected) =>
        Assert.Equal(expected, RepositoryConfig.Parse(With("append_only", text), Path).AppendOnly);

    [Fact]
    public void Append_only_that_is_no_boolean_is_refused() =>
        Assert.Equal("append_only 'maybe' is neither 1 nor 0", Refused(With("append_only", "maybe")).Reason);

    [Fact]
    public void Options_that_early_releases_do_not_write_have_defaults()
    {
        RepositoryConfig config = RepositoryConfig.Parse($"[repository]\nversion = 1\nsegments_per_dir = 10000\nmax_segment_size = 5242880\nid = {Id.ToUpperInvariant()}  \n", Path);
        Assert.False(config.AppendOnly);
        Assert.Equal(0, config.StorageQuota);
        Assert.Equal(0, config.AdditionalFreeSpace);
        Assert.Null(config.LastSegmentChecked);
        Assert.Null(config.Key);
        Assert.Equal(Id, config.Id.ToString());
    }

    [Fact]
    public void What_is_unknown_or_unchanged_keeps_its_place_and_spelling()
    {
        string text = With("storage_quota", "1.5G").Replace("append_only", "note = line 1\n\tline 2\nappend_only", StringComparison.Ordinal) + "[other]\nx = 100 %\n\n";
        RepositoryConfig config = RepositoryConfig.Parse(text, Path);
        config.StorageQuota = 1_500_000_000;
        Assert.Equal(text, config.ToString());
        config.StorageQuota = 1_500_000_001;
        config.AppendOnly = true;
        config.LastSegmentChecked = 17;
        Assert.Equal(
            text.Replace("1.5G", "1500000001", StringComparison.Ordinal)
                .Replace("append_only = 0", "append_only = 1", StringComparison.Ordinal)
                .Replace($"id = {Id}\n", $"id = {Id}\nlast_segment_checked = 17\n", StringComparison.Ordinal),
            config.ToString());
        Assert.Equal(17u, config.LastSegmentChecked);
        config.LastSegmentChecked = null;
        Assert.DoesNotContain("last_segment_checked", config.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_of_several_lines_is_kept_with_tabs_and_read_back()
    {
        RepositoryConfig config = RepositoryConfig.Parse(Written, Path);
        config.Key = "hello key\nline2";
        Assert.EndsWith($"id = {Id}\nkey = hello key\n\tline2\n\n", config.ToString(), StringComparison.Ordinal);
        Assert.Equal("hello key\nline2", RepositoryConfig.Parse(config.ToString(), Path).Key);
        config.Key = null;
        Assert.Equal(Written, config.ToString());
    }

    [Fact]
    public void A_key_that_would_not_survive_the_file_is_refused()
    {
        RepositoryConfig config = RepositoryConfig.Parse(Written, Path);
        Assert.Throws<ArgumentException>(() => config.Key = "first\n # second");
        Assert.Equal(Written, config.ToString());
        config.Key = "# first\nsecond";
        Assert.Equal("# first\nsecond", RepositoryConfig.Parse(config.ToString(), Path).Key);
    }

    private static string With(string option, string value) =>
        string.Join('\n', Written.Split('\n').Select(line => line.StartsWith(option + " =", StringComparison.Ordinal) ? $"{option} = {value}" : line));

    private static InvalidRepositoryConfigException Refused(string text)
    {
        InvalidRepositoryConfigException error = Assert.Throws<InvalidRepositoryConfigException>(() => RepositoryConfig.Parse(text, Path));
        Assert.Equal(Path, error.Path);
        return error;
    }
}
