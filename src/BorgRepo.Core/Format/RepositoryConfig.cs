using System.Globalization;
using BorgRepo.Core.Errors;

namespace BorgRepo.Core.Format;

/// <summary>
/// The settings of a repository: the content of its <c>config</c> file (docs/format.md, "config"). What it does not know
/// it keeps, and a value that is not changed keeps its spelling.
/// </summary>
public sealed class RepositoryConfig
{
    /// <summary>Borg refuses segments from this size on: offsets in a segment must fit 32 bits even after one more entry.</summary>
    public const long MaxSegmentSizeLimit = 4273995776;

    /// <summary>The only format version there is an engine for.</summary>
    public const int SupportedVersion = 1;

    private const string Section = "repository";
    private const string AppendOnlyOption = "append_only";
    private const string StorageQuotaOption = "storage_quota";
    private const string AdditionalFreeSpaceOption = "additional_free_space";
    private const string LastSegmentCheckedOption = "last_segment_checked";
    private const string KeyOption = "key";

    private readonly IniDocument _document;
    private readonly string _path;
    private bool _appendOnly;
    private long _storageQuota;
    private long _additionalFreeSpace;

    private RepositoryConfig(IniDocument document, string repositoryPath)
    {
        _document = document;
        _path = repositoryPath;
        if (!document.HasSection(Section))
        {
            throw Invalid("no repository section found");
        }

        Version = (int)ReadInteger("version", int.MaxValue);
        if (Version != SupportedVersion)
        {
            throw Invalid($"repository version {Version} is not supported, only version {SupportedVersion} is");
        }

        MaxSegmentSize = ReadSize("max_segment_size", missing: null);
        if (MaxSegmentSize >= MaxSegmentSizeLimit)
        {
            throw Invalid($"max_segment_size >= {MaxSegmentSizeLimit}");
        }

        SegmentsPerDirectory = (int)ReadInteger("segments_per_dir", int.MaxValue);
        if (SegmentsPerDirectory < 1)
        {
            throw Invalid("segments_per_dir is 0");
        }

        _additionalFreeSpace = ReadSize(AdditionalFreeSpaceOption, missing: 0);
        _appendOnly = ReadBoolean(AppendOnlyOption);
        _storageQuota = ReadSize(StorageQuotaOption, missing: 0);
        string id = Required("id");
        Id = ObjectId.TryParse(id.Trim(), out ObjectId parsed) ? parsed : throw Invalid($"id '{id}' is not 64 hex digits");
    }

    /// <summary>Version of the repository's format.</summary>
    public int Version { get; }

    /// <summary>Segments in one folder below <c>data</c>.</summary>
    public int SegmentsPerDirectory { get; }

    /// <summary>Size in bytes beyond which a segment is closed.</summary>
    public long MaxSegmentSize { get; }

    /// <summary>The repository's own id.</summary>
    public ObjectId Id { get; }

    /// <summary>Old states are never removed.</summary>
    public bool AppendOnly
    {
        get => _appendOnly;
        set
        {
            if (value != _appendOnly)
            {
                _appendOnly = value;
                _document.Set(Section, AppendOnlyOption, value ? "1" : "0");
            }
        }
    }

    /// <summary>Quota in bytes, 0 for none.</summary>
    public long StorageQuota
    {
        get => _storageQuota;
        set => SetSize(StorageQuotaOption, ref _storageQuota, value);
    }

    /// <summary>Bytes that a commit leaves free on the volume besides its own need.</summary>
    public long AdditionalFreeSpace
    {
        get => _additionalFreeSpace;
        set => SetSize(AdditionalFreeSpaceOption, ref _additionalFreeSpace, value);
    }

    /// <summary>How far a partial check has come; null if none is under way. Text that is no segment number counts as null: the check starts over.</summary>
    public uint? LastSegmentChecked
    {
        get => uint.TryParse(_document.Get(Section, LastSegmentCheckedOption), NumberStyles.None, CultureInfo.InvariantCulture, out uint segment) ? segment : null;
        set => SetOrRemove(LastSegmentCheckedOption, value?.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>The text of the key that a client keeps in the repository, or null.</summary>
    /// <exception cref="ArgumentException">The text has a line that the format would take for a comment and lose.</exception>
    public string? Key
    {
        get => _document.Get(Section, KeyOption);
        set
        {
            if (value is not null && value.Split('\n').Skip(1).Any(line => line.TrimStart() is ['#' or ';', ..]))
            {
                throw new ArgumentException("A line of a key cannot start with '#' or ';': a config file cannot hold it.", nameof(value));
            }

            SetOrRemove(KeyOption, value);
        }
    }

    /// <summary>Reads the text of a config file.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="repositoryPath">The repository, for error messages.</param>
    /// <exception cref="InvalidRepositoryConfigException">Not a config that can be used; says why.</exception>
    public static RepositoryConfig Parse(string text, string repositoryPath)
    {
        try
        {
            return new RepositoryConfig(IniDocument.Parse(text), repositoryPath);
        }
        catch (FormatException broken)
        {
            throw new InvalidRepositoryConfigException(repositoryPath, broken.Message);
        }
    }

    /// <summary>The settings of a new repository, with the options and the order of the release whose layout is made.</summary>
    /// <exception cref="InvalidRepositoryConfigException">A value that no repository can have.</exception>
    public static RepositoryConfig CreateNew(
        ObjectId id,
        string repositoryPath,
        WriteFormat writeFormat = WriteFormat.Borg14,
        int? segmentsPerDirectory = null,
        long? maxSegmentSize = null,
        bool appendOnly = false,
        long storageQuota = 0,
        long additionalFreeSpace = 0)
    {
        bool old = writeFormat == WriteFormat.Borg10;
        var document = new IniDocument();
        document.AddSection(Section);
        Set("version", SupportedVersion);
        Set("segments_per_dir", segmentsPerDirectory ?? (old ? 10000 : 1000));
        Set("max_segment_size", maxSegmentSize ?? (old ? 5 * 1024 * 1024 : 500 * 1024 * 1024));
        Set(AppendOnlyOption, appendOnly ? 1 : 0);

        // borg 1.0 does not know these two, but keeps them; a later release then honours what was asked for.
        if (!old || storageQuota != 0)
        {
            Set(StorageQuotaOption, storageQuota);
        }

        if (!old || additionalFreeSpace != 0)
        {
            Set(AdditionalFreeSpaceOption, additionalFreeSpace);
        }

        document.Set(Section, "id", id.ToString());
        return new RepositoryConfig(document, repositoryPath);

        void Set(string option, long value) => document.Set(Section, option, value.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>The text to write to the file.</summary>
    public override string ToString() => _document.ToString();

    private InvalidRepositoryConfigException Invalid(string reason) => new(_path, reason);

    private string Required(string option) => _document.Get(Section, option) ?? throw Invalid($"no option '{option}'");

    private long ReadInteger(string option, long max)
    {
        string text = Required(option);
        return long.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value <= max
            ? value
            : throw Invalid($"{option} '{text}' is not a whole number from 0 to {max}");
    }

    private long ReadSize(string option, long? missing)
    {
        string? text = _document.Get(Section, option);
        if (text is null)
        {
            return missing ?? throw Invalid($"no option '{option}'");
        }

        return ConfigSize.TryParse(text, out long value)
            ? value
            : throw Invalid($"{option} '{text}' is not a size: bytes, or a number with one of the units K, M, G, T, P (powers of 1000)");
    }

    private bool ReadBoolean(string option)
    {
        string text = _document.Get(Section, option) ?? "0";
        return text.ToLowerInvariant() switch
        {
            "1" or "yes" or "true" or "on" => true,
            "0" or "no" or "false" or "off" => false,
            _ => throw Invalid($"{option} '{text}' is neither 1 nor 0"),
        };
    }

    private void SetSize(string option, ref long current, long value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        if (value != current)
        {
            current = value;

            // Plain digits: early releases of borg do not understand units.
            _document.Set(Section, option, value.ToString(CultureInfo.InvariantCulture));
        }
    }

    private void SetOrRemove(string option, string? value)
    {
        if (value is null)
        {
            _document.Remove(Section, option);
        }
        else
        {
            _document.Set(Section, option, value);
        }
    }
}
