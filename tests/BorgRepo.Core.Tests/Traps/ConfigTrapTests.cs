using BorgRepo.Core.Errors;
using Xunit;

namespace BorgRepo.Core.Tests.Traps;

/// <summary>Traps of the format (README.md beside this file) about the config and about what is not for us, numbered as there.</summary>
public sealed class ConfigTrapTests
{
    [Fact]
    public void Trap_35_continuation_lines_unknown_options_percent_signs_and_upper_case_survive_a_change()
    {
        string config = ScriptedRepository.Config(extra: "Unknown_Option = 100% of %(nothing)s\nkey = hello key\n\tline2\n\n[other]\nx = y\n");
        ScriptedRepository repository = new(config: config.Replace("append_only = 0", "APPEND_ONLY = no", StringComparison.Ordinal));
        using (Repository session = repository.Open())
        {
            Assert.False(session.AppendOnly);
            Assert.Equal("hello key\nline2", session.LoadKey());
            session.UpdateSettings(appendOnly: true, storageQuota: 1234, additionalFreeSpace: null);
            Assert.True(session.AppendOnly);
        }

        string text = repository.ReadText("config");
        Assert.Contains("unknown_option = 100% of %(nothing)s\n", text, StringComparison.Ordinal);
        Assert.Contains("key = hello key\n\tline2\n", text, StringComparison.Ordinal);
        Assert.Contains("append_only = 1\n", text, StringComparison.Ordinal);
        Assert.Contains("storage_quota = 1234\n", text, StringComparison.Ordinal);
        Assert.Contains("[other]\nx = y\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Trap_35_a_key_is_saved_with_tabs_before_its_further_lines_and_read_back_alike()
    {
        ScriptedRepository repository = new();
        using (Repository session = repository.Open())
        {
            Assert.Empty(session.LoadKey());
            session.SaveKey("BORG_KEY abc\nline two=\nline three");
        }

        Assert.Contains("key = BORG_KEY abc\n\tline two=\n\tline three\n", repository.ReadText("config"), StringComparison.Ordinal);
        using Repository reopened = repository.Open(SessionAccess.Read);
        Assert.Equal("BORG_KEY abc\nline two=\nline three", reopened.LoadKey());
    }

    [Theory]
    [InlineData("500M", 500_000_000)]
    [InlineData("1.5G", 1_500_000_000)]
    [InlineData("4000", 4000)]
    [InlineData("0", 0)]
    public void Trap_35_sizes_may_have_a_suffix_when_read(string text, long expected)
    {
        ScriptedRepository repository = new(config: ScriptedRepository.Config().Replace("storage_quota = 0", $"storage_quota = {text}", StringComparison.Ordinal));
        using Repository session = repository.Open(SessionAccess.Read);
        Assert.Equal(expected, session.StorageQuota);
    }

    [Fact]
    public void Trap_35_a_config_with_line_ends_of_Windows_keeps_all_it_says_when_it_is_changed()
    {
        string key = "key = BORG_KEY abc\n\tline two=\n\tline three";
        ScriptedRepository repository = new(config: ScriptedRepository.Config(extra: $"{key}\nunknown = kept").ReplaceLineEndings("\r\n"));
        using (Repository session = repository.Open(SessionAccess.Write))
        {
            Assert.Equal("BORG_KEY abc\nline two=\nline three", session.LoadKey());
            session.UpdateSettings(appendOnly: true, storageQuota: 123_456_789, additionalFreeSpace: null);
        }

        string written = repository.ReadText("config");
        Assert.Contains("unknown = kept\n", written, StringComparison.Ordinal);
        Assert.Contains(key + "\n", written, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', written);
        using Repository reopened = repository.Open(SessionAccess.Read);
        Assert.Equal("BORG_KEY abc\nline two=\nline three", reopened.LoadKey());
        Assert.Equal((true, 123_456_789L, 1000), (reopened.AppendOnly, reopened.StorageQuota, reopened.SegmentsPerDirectory));
        Assert.Equal(new string('a', 64), reopened.Id.ToString());
    }

    [Theory]
    [InlineData("\n", "\r\n")]
    [InlineData("[repository]", "\uFEFF[repository]")]
    [InlineData("[repository]", "# a comment\n\n[repository]\n; another")]
    [InlineData(" = ", ":")]
    [InlineData("id = ", "id =   ")]
    public void Trap_35_the_dialect_of_the_file_is_read_as_borg_reads_it(string usual, string variant)
    {
        ScriptedRepository repository = new(config: ScriptedRepository.Config().Replace(usual, variant, StringComparison.Ordinal));
        using Repository session = repository.Open(SessionAccess.Read);
        Assert.Equal(new string('a', 64), session.Id.ToString());
        Assert.Equal(1000, session.SegmentsPerDirectory);
    }

    [Theory]
    [InlineData("version = 1", "version = 2", "2")]
    [InlineData("version = 1", "version = one", "one")]
    [InlineData("version = 1\n", "", "version")]
    [InlineData("max_segment_size = 1000000", "max_segment_size = 4273995776", "4273995776")]
    [InlineData("max_segment_size = 1000000", "max_segment_size = many", "many")]
    [InlineData("segments_per_dir = 1000", "segments_per_dir = 0", "segments_per_dir")]
    [InlineData("id = aaaaaaaaaa", "id = ", "id")]
    public void Trap_37_a_config_of_another_kind_is_refused_with_its_reason_and_nothing_is_touched(string usual, string variant, string named)
    {
        ScriptedRepository repository = new(config: ScriptedRepository.Config().Replace(usual, variant, StringComparison.Ordinal));
        repository.Segment(0, "P(k1,\"abc\") C");
        SortedDictionary<string, string> before = repository.Files();
        InvalidRepositoryConfigException error = Assert.Throws<InvalidRepositoryConfigException>(() => repository.Open());
        Assert.Contains(named, error.Reason, StringComparison.Ordinal);
        Assert.Equal(before, repository.Files());
        Assert.False(Repository.IsRepository(repository.Path, repository.Services));
    }

    [Fact]
    public void Trap_37_an_entry_of_borg_2_is_named_as_that_and_not_as_a_wrong_checksum()
    {
        // The checksum of such an entry covers only size, tag, key and the 8 bytes of the entry's hash.
        byte[] entry = SegmentScript.Entry(3, [.. SegmentScript.Key(2).ToArray(), 1, 2, 3, 4, 5, 6, 7, 8, .. "value"u8]);
        BitConverter.TryWriteBytes(entry, System.IO.Hashing.Crc32.HashToUInt32(entry.AsSpan(4, 45)));
        ScriptedRepository repository = new ScriptedRepository().Segment(0, "P(k1,\"abc\") C")
            .Write("data/0/1", [.. SegmentScript.Magic, .. entry, .. SegmentScript.Commit]).Segment(2, "C");
        SortedDictionary<string, string> before = repository.DataFiles();
        using (Repository session = repository.Open())
        {
            IntegrityException error = Assert.Throws<IntegrityException>(() => session.Count);
            Assert.Equal((IntegrityKind.Put2Entry, 1u, 8L), (error.Kind, error.Segment, error.Offset));
            Assert.Throws<IntegrityException>(() => session.Put(SegmentScript.Key(3), "x"u8));
        }

        Assert.Equal(before, repository.DataFiles());
    }

    [Fact]
    public void Trap_37_attic_has_an_error_of_its_own()
    {
        ScriptedRepository repository = new ScriptedRepository().Write("data/0/0", [.. "ATTICSEG"u8, .. SegmentScript.Commit]);
        AtticRepositoryException error = Assert.Throws<AtticRepositoryException>(() => repository.Open(SessionAccess.Read));
        Assert.Equal(repository.Path, error.Path);
    }
}
