using BorgRepo.Core.Tests.Simulation;
using Xunit;

namespace BorgRepo.Core.Tests.Durability;

/// <summary>What Windows forbids and Unix allows: to replace, rename or delete what is open.</summary>
public sealed class OpenFileTests
{
    // A killed process closes its files without a call that a simulation could see.
    public static TheoryData<string> Scripts => [.. CrashScripts.All.Keys.Where(name => !name.StartsWith("kill", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Scripts))]
    public void Nothing_is_replaced_or_renamed_or_deleted_while_it_is_open_and_nothing_stays_open(string script)
    {
        OccupyingFileSystem files = new(new MemoryFileSystem(new SimulatedTime()).AddDirectory("/backups"));
        using (ScriptRun run = new(files, () => 0))
        {
            CrashScripts.All[script](run, 1);
            run.Close();
        }

        Assert.Empty(files.Refusals);
        Assert.Empty(files.Occupied);
    }
}
