namespace BorgRepo.Core.Tests.Vectors;

/// <summary>What getting one object gave: length and digest of its value, or an error (borg's class name and its text).</summary>
internal sealed record ExpectedObject(long Length, string? Digest, ExpectedError? Error);
