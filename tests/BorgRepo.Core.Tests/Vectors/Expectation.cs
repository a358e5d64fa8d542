namespace BorgRepo.Core.Tests.Vectors;

/// <summary>All that real borg did with one vector, as far as the tests of opening, reading, writing and compacting need it.</summary>
internal sealed record Expectation(
    string Name,
    string Description,
    IReadOnlyDictionary<string, string> Files,
    ExpectedState Read,
    IReadOnlyDictionary<string, string?> FilesAfterRead,
    ExpectedError? Write,
    IReadOnlyDictionary<string, string?> FilesAfterWrite,
    ExpectedState AfterWrite);
