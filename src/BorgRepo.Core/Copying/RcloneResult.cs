namespace BorgRepo.Core.Copying;

/// <summary>How a call of rclone ended.</summary>
/// <param name="ExitCode">0 for success, 3 for a folder and 4 for a file that is not there.</param>
/// <param name="Output">What it wrote, if nobody received it.</param>
/// <param name="Messages">What it said besides.</param>
public sealed record RcloneResult(int ExitCode, byte[] Output, IReadOnlyList<string> Messages);
