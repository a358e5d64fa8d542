using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Durability;
using BorgRepo.Core.Tests.Simulation;
using Xunit;

namespace BorgRepo.Core.Tests.Segments;

/// <summary>Long values go to the file straight from the caller's memory or through a buffer, as it lies; it must make no difference.</summary>
public sealed class LongValueTests
{
    private const int Values = 70;

    [Fact]
    public void A_value_is_the_same_wherever_it_lay_in_memory()
    {
        Random random = new(3);
        byte[] memory = GC.AllocateUninitializedArray<byte>(2_500_000, pinned: true);
        random.NextBytes(memory);
        RepositoryServices services = new(new MemoryFileSystem(), new SimulatedEnvironment());
        Repository.Create("/repository", new CreateOptions { MaxSegmentSize = 9_000_000 }, services);
        (int Start, int Length)[] places = [.. Enumerable.Range(0, Values).Select(i => (i, i % 7 == 0 ? random.Next(2_400_000) : random.Next(60_000, 140_000)))];
        using (Repository writer = Repository.Open("/repository", new OpenOptions { Access = SessionAccess.Write }, services, TestContext.Current.CancellationToken))
        {
            for (int i = 0; i < Values; i++)
            {
                writer.Put(ScriptRun.Id(i), memory.AsSpan(places[i].Start, places[i].Length));
                Assert.True(writer.Get(ScriptRun.Id(i)).AsSpan().SequenceEqual(memory.AsSpan(places[i].Start, places[i].Length)), $"value {i} before the commit");
            }

            writer.Commit(cancellationToken: TestContext.Current.CancellationToken);
        }

        using Repository reader = Repository.Open("/repository", new OpenOptions(), services, TestContext.Current.CancellationToken);
        for (int i = 0; i < Values; i++)
        {
            Assert.True(reader.Get(ScriptRun.Id(i)).AsSpan().SequenceEqual(memory.AsSpan(places[i].Start, places[i].Length)), $"value {i}");
        }
    }
}
