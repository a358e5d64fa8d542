namespace BorgRepo.Core.Tests.Simulation;

/// <summary>Ends a simulated process. No code but the test's catches it by type.</summary>
internal sealed class ProcessKilledException() : Exception("The simulated process was killed.");
