namespace BorgRepo.Core.Tests.Vectors;

/// <summary>All that real borg did with one vector, as far as the tests need it.</summary>
internal sealed record Expectation(
    string Name,
    string Description,
    IReadOnlyDictionary<string, string> Files,
    ExpectedState Read,
    IReadOnlyDictionary<string, string?> FilesAfterRead,
    ExpectedError? Write,
    IReadOnlyDictionary<string, string?> FilesAfterWrite,
    ExpectedState AfterWrite,
    ExpectedError? CheckError,
    bool? CheckResult,
    ExpectedError? Repair,
    ExpectedState AfterRepair);
