using System.Text.RegularExpressions;
using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using BorgRepo.Core.Format;
using BorgRepo.Core.Tests.Vectors;
using Xunit;

namespace BorgRepo.Core.Tests;

/// <summary>
/// Keeps the directions in which the engine's parts may depend on each other (docs/contributing.md). That files, clock and
/// random bytes are reached only in Storage is kept by the compiler: BannedSymbols.txt.
/// </summary>
public sealed partial class ArchitectureTests
{
    private const string Root = "BorgRepo.Core";

    // The root has the entry point, and the options and results that everybody passes to it and gets from it.
    private const string EntryPoint = "Repository";
    private const string Options = "Options";
    private static readonly string[] EntryPoints = ["Repository", "RepositoryCreation", "RepositoryComparison"];

    // A part may use the parts before it and those in its own row.
    private static readonly string[][] Rows =
    [
        ["Errors", "Format"],
        [Options],
        ["Storage"],
        ["Segments", "Index", "Hints", "Locking"],
        ["Transactions"],
        ["Compaction", "Checking", "Inspection", "Copying"],
        [EntryPoint],
        ["Remote"],
    ];

    private static readonly IType[] OwnTypes =
        [.. new ArchLoader().LoadAssemblies(typeof(ObjectId).Assembly).Build().Types.Where(IsOwn)];

    private static readonly Use[] Uses =
    [
        .. OwnTypes
            .SelectMany(type => type.Dependencies.Select(dependency => new Use(type, dependency.Target)))
            .Where(use => IsOwn(use.Target) && PartOf(use.Type) != PartOf(use.Target))
            .Distinct(),
    ];

    public static TheoryData<string> Parts => [.. Rows.SelectMany(row => row)];

    [Theory]
    [MemberData(nameof(Parts))]
    public void A_part_uses_only_parts_before_it_or_beside_it(string part) =>
        AssertNone(Uses.Where(use => PartOf(use.Type) == part && RowOf(use.Target) > RowOf(use.Type)));

    [Fact]
    public void Parts_of_one_row_do_not_use_each_other_in_a_circle()
    {
        // Errors speak of ids and places, and formats report errors: that one row is a whole.
        foreach (string[] row in Rows.Skip(1))
        {
            var left = row.ToList();
            while (left.Count > 0)
            {
                string? free = left.Find(part => !Uses.Any(use => PartOf(use.Type) == part && left.Contains(PartOf(use.Target))));
                Assert.True(free is not null, $"{string.Join(", ", left)} use each other in a circle.");
                left.Remove(free);
            }
        }
    }

    [Fact]
    public void Every_type_belongs_to_a_part()
    {
        AssertNone(OwnTypes.Where(type => RowOf(type) < 0));
        Assert.Contains(Uses, use => use.Type.Name == nameof(CreateOptions) && use.Target.Name == nameof(WriteFormat));
    }

    [Fact]
    public void The_engine_knows_only_its_libraries_and_nothing_of_PowerShell()
    {
        string[] libraries = ["MessagePack", "System.IO.Hashing"];
        AssertNone(typeof(ObjectId).Assembly.GetReferencedAssemblies()
            .Select(reference => reference.Name!)
            .Where(name => !libraries.Contains(name) && !name.StartsWith("Microsoft.Win32.", StringComparison.Ordinal))
            .Where(name => !name.StartsWith("System.", StringComparison.Ordinal) || name.StartsWith("System.Management", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_picture_of_the_architecture_shows_all_parts_and_only_uses_that_exist()
    {
        string text = File.ReadAllText(ProjectFolder.Combine("docs", "architecture.md"));
        string picture = text[text.IndexOf("subgraph engine", StringComparison.Ordinal)..];
        (string From, string To)[] arrows =
        [
            .. Arrow().Matches(picture[..picture.IndexOf("\n    end", StringComparison.Ordinal)])
                .Select(match => (match.Groups["from"].Value, match.Groups["to"].Value)),
        ];
        Assert.Equal(
            Rows.SelectMany(row => row).Where(part => part != Options).Order(),
            arrows.SelectMany(arrow => new[] { arrow.From, arrow.To }).Distinct().Order());
        AssertNone(arrows.Where(arrow => !Uses.Any(use => PartOf(use.Type) == arrow.From && PartOf(use.Target) == arrow.To)));
    }

    [GeneratedRegex(@"^\s*(?<from>\w+)(?:\[[^\]]*\])? --> (?<to>\w+)", RegexOptions.Multiline)]
    private static partial Regex Arrow();

    private static void AssertNone<T>(IEnumerable<T> faults)
    {
        string text = string.Join('\n', faults);
        Assert.True(text.Length == 0, text);
    }

    // A type parameter has no namespace.
    private static bool IsOwn(IType type) =>
        type.Namespace?.FullName is { } space && (space == Root || space.StartsWith(Root + ".", StringComparison.Ordinal));

    private static string PartOf(IType type)
    {
        string name = type.FullName[(Root.Length + 1)..];
        if (type.Namespace.FullName != Root)
        {
            return name.Split('.')[0];
        }

        return EntryPoints.Contains(name.Split('+', '/', '`')[0]) ? EntryPoint : Options;
    }

    private static int RowOf(IType type) => Array.FindIndex(Rows, row => row.Contains(PartOf(type)));

    private sealed record Use(IType Type, IType Target)
    {
        public override string ToString() => $"{Type.FullName} uses {Target.FullName}";
    }
}
