using Xunit;

namespace BorgRepo.Core.Tests.Vectors;

/// <summary>What nearly every test says to a session.</summary>
internal static class SessionExtensions
{
    /// <summary>A commit that leaves all older segments as they are; can be interrupted by the test runner.</summary>
    public static uint? CommitUncompacted(this Repository session) =>
        session.Commit(new CommitOptions { Compact = false }, TestContext.Current.CancellationToken);
}
