using BorgRepo.Core.Format;
using Xunit;

namespace BorgRepo.Core.Tests.Vectors;

/// <summary>The transaction that was made on every vector: put one object, delete the lowest id there is, commit.</summary>
internal static class ExpectationRun
{
    public static ObjectId NewId { get; } = ObjectId.Parse(new string('0', 63) + "1");

    public static byte[] Value => "written by the expectation run"u8.ToArray();

    /// <returns>The id that was deleted; null if there was no object.</returns>
    public static ObjectId? RunOn(Repository repository, CommitOptions? commit = null)
    {
        ObjectId? lowest = repository.List().Order().Select(id => (ObjectId?)id).FirstOrDefault();
        repository.Put(NewId, Value);
        if (lowest is { } id)
        {
            repository.Delete(id);
        }

        repository.Commit(commit ?? new CommitOptions { Compact = false }, TestContext.Current.CancellationToken);
        return lowest;
    }
}
