using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using Xunit;

namespace BorgRepo.Core.Tests.Vectors;

/// <summary>Reads everything a session offers and holds it against what real borg saw.</summary>
internal static class StateComparison
{
    public static void AssertSame(ExpectedState expected, Repository repository, string what)
    {
        AssertObjects(expected, repository, what);
        Assert.Equal(expected.TransactionId, repository.TransactionId);
        AssertScan(expected, repository, what);
    }

    /// <summary>Ids and values only: every id exactly once, every value or the error that getting it gives.</summary>
    public static void AssertObjects(ExpectedState expected, Repository repository, string what)
    {
        List<ObjectId> ids = [.. repository.List()];
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.Equal(expected.Count, ids.Count);
        Assert.Equal(expected.Count, repository.Count);
        if (expected.Objects is { } objects)
        {
            Assert.Equal(objects.Keys.Order(StringComparer.Ordinal), ids.Select(id => id.ToString()).Order(StringComparer.Ordinal));
            foreach (ObjectId id in ids)
            {
                AssertObject(objects[id.ToString()], repository, id, $"{what}, object {id}");
            }
        }
        else
        {
            Assert.Equal(expected.ObjectsDigest, DigestOfObjects(repository, ids));
        }
    }

    /// <summary>Current objects in disk order, as far as their headers can be read.</summary>
    public static void AssertScan(ExpectedState expected, Repository repository, string name)
    {
        List<ObjectInfo> scanned = [.. repository.Scan(cancellationToken: TestContext.Current.CancellationToken)];
        Assert.Equal(scanned.OrderBy(info => info.Location.Segment).ThenBy(info => info.Location.Offset), scanned);
        if (BetterThanBorg.ScanWithout(name) is { } leftOut)
        {
            Assert.Equal(
                repository.List().Select(id => id.ToString()).Except(leftOut).Order(StringComparer.Ordinal),
                scanned.Select(info => info.Id.ToString()).Order(StringComparer.Ordinal));
            return;
        }

        Assert.Equal(expected.ScanCount, scanned.Count);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (ObjectInfo info in scanned)
        {
            hash.AppendData(info.Id.ToArray());
        }

        Assert.Equal(expected.ScanDigest, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>All objects as "length digest" by hex id.</summary>
    public static SortedDictionary<string, string> DescribeObjects(Repository repository)
    {
        SortedDictionary<string, string> result = new(StringComparer.Ordinal);
        foreach (ObjectId id in repository.List())
        {
            byte[] value = repository.Get(id);
            result.Add(id.ToString(), FileTree.DescribeContent(value.Length, Digest(value)));
        }

        return result;
    }

    public static string Digest(ReadOnlySpan<byte> value) => Convert.ToHexStringLower(SHA256.HashData(value));

    private static void AssertObject(ExpectedObject expected, Repository repository, ObjectId id, string what)
    {
        byte[]? value = null;
        Exception? error = Record.Exception(() => value = repository.Get(id));
        if (expected.Error is { } expectedError)
        {
            ExpectedErrors.AssertMatches(expectedError, error, what);
            // A damaged entry must be named with its key, or nobody can tell what is lost.
            Assert.True(error is not IntegrityException { Id: { } named } || named == id, what);
            return;
        }

        Assert.True(error is null, $"{what}: {error}");
        Assert.Equal(expected.Length, value!.Length);
        Assert.Equal(expected.Digest, Digest(value));
    }

    /// <summary>The digest of the same JSON text that Python's json.dumps(..., sort_keys=True) gives.</summary>
    private static string DigestOfObjects(Repository repository, IEnumerable<ObjectId> ids)
    {
        StringBuilder text = new("{");
        foreach (ObjectId id in ids.Order())
        {
            byte[] value = repository.Get(id);
            text.Append(text.Length == 1 ? string.Empty : ", ");
            text.Append(CultureInfo.InvariantCulture, $"\"{id}\": [{value.Length}, \"{Digest(value)}\"]");
        }

        return Digest(Encoding.UTF8.GetBytes(text.Append('}').ToString()));
    }
}
