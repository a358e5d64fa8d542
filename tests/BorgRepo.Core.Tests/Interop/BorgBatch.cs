using System.Text.Json.Nodes;
using BorgRepo.Core.Format;
using Xunit;

namespace BorgRepo.Core.Tests.Interop;

/// <summary>A sequence of operations that can be given to both implementations.</summary>
internal sealed class BorgBatch
{
    private readonly List<(string Name, ObjectId Id, byte[] Value)> _steps = [];

    private double? _threshold;

    public bool RollsBack => _steps.Count > 0 && _steps[^1].Name == "rollback";

    public BorgBatch Put(in ObjectId id, byte[] value) => Add("put", id, value);

    public BorgBatch Delete(in ObjectId id) => Add("delete", id, []);

    /// <summary>A commit; with a threshold it also compacts.</summary>
    public BorgBatch Commit(double? threshold = null)
    {
        _threshold = threshold;
        return Add("commit", default, []);
    }

    public BorgBatch Rollback() => Add("rollback", default, []);

    public JsonArray ToJson()
    {
        JsonArray steps = [];
        foreach ((string name, ObjectId id, byte[] value) in _steps)
        {
            steps.Add(name switch
            {
                "put" => new JsonArray(name, id.ToString(), Convert.ToHexStringLower(value)),
                "delete" => new JsonArray(name, id.ToString()),
                "commit" when _threshold is { } threshold => new JsonArray(name, threshold),
                _ => new JsonArray((JsonNode)name),
            });
        }

        return steps;
    }

    public void RunOn(Repository repository)
    {
        foreach ((string name, ObjectId id, byte[] value) in _steps)
        {
            switch (name)
            {
                case "put":
                    repository.Put(id, value);
                    break;
                case "delete":
                    repository.Delete(id);
                    break;
                case "commit":
                    repository.Commit(
                        new CommitOptions { Compact = _threshold is not null, Threshold = _threshold ?? 0 }, TestContext.Current.CancellationToken);
                    break;
                default:
                    repository.Rollback();
                    break;
            }
        }
    }

    private BorgBatch Add(string name, in ObjectId id, byte[] value)
    {
        _steps.Add((name, id, value));
        return this;
    }
}
