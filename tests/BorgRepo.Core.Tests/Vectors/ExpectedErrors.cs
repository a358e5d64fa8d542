using System.Text.RegularExpressions;
using BorgRepo.Core.Errors;
using Xunit;

namespace BorgRepo.Core.Tests.Vectors;

/// <summary>Which of our errors stands for which exception of real borg.</summary>
internal static partial class ExpectedErrors
{
    private static readonly Dictionary<string, Type> Types = new()
    {
        ["AtticRepository"] = typeof(AtticRepositoryException),
        ["CheckNeeded"] = typeof(CheckNeededException),
        ["IntegrityError"] = typeof(IntegrityException),
        ["InvalidRepository"] = typeof(InvalidRepositoryException),
        ["InvalidRepositoryConfig"] = typeof(InvalidRepositoryConfigException),
        ["LockTimeout"] = typeof(LockTimeoutException),
        ["ObjectNotFound"] = typeof(ObjectNotFoundException),
        // From here on real borg crashed with an exception of Python: each has a line in the decisions.
        ["FileExistsError"] = typeof(CheckNeededException),
        ["FileNotFoundError"] = typeof(SegmentMissingException),
        ["NoOptionError"] = typeof(InvalidRepositoryConfigException),
        ["ValueError"] = typeof(InvalidRepositoryConfigException),
    };

    private static readonly (string Words, IntegrityKind[] Kinds)[] Reasons =
    [
        ("checksum mismatch", [IntegrityKind.ChecksumMismatch]),
        ("too big", [IntegrityKind.SizeTooBig]),
        ("too small", [IntegrityKind.SizeTooSmall]),
        ("short read", [IntegrityKind.ShortData]),
        // Tag 3 is borg 2's PUT2 and named as that.
        ("did not get acceptable tag", [IntegrityKind.UnknownTag, IntegrityKind.Put2Entry]),
        ("not for wanted id", [IntegrityKind.WrongKey]),
        ("unpack requires a buffer", [IntegrityKind.ShortHeader]),
        ("Invalid segment magic", [IntegrityKind.InvalidMagic]),
    ];

    public static Type TypeFor(ExpectedError expected) => Types[expected.ClassName];

    /// <summary>Type, and for a damaged entry also the place and the kind of the damage.</summary>
    public static void AssertMatches(ExpectedError expected, Exception? actual, string what)
    {
        Assert.True(actual is not null, $"{what}: no error, but borg says {expected.ClassName}: {expected.Message}");
        Assert.True(TypeFor(expected) == actual.GetType(), $"{what}: borg says {expected.ClassName}: {expected.Message}; we say {actual}");
        if (actual is not IntegrityException integrity)
        {
            return;
        }

        Match place = Place().Match(expected.Message);
        Assert.True(place.Success, expected.Message);
        Assert.Equal(place.Groups["segment"].Value, integrity.Segment.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(place.Groups["offset"].Value, integrity.Offset.ToString(System.Globalization.CultureInfo.InvariantCulture));
        IntegrityKind[] kinds = Reasons.First(reason => expected.Message.Contains(reason.Words, StringComparison.Ordinal)).Kinds;
        Assert.True(kinds.Contains(integrity.Kind), $"{what}: borg says {expected.Message}; we say {integrity.Kind}: {integrity.Message}");
    }

    [GeneratedRegex(@"\[segment (?<segment>\d+), offset (?<offset>\d+)\]")]
    private static partial Regex Place();
}
