namespace BorgRepo.Core.Tests.Vectors;

/// <summary>An exception of real borg.</summary>
internal sealed record ExpectedError(string ClassName, string Message);
