using BorgRepo.Core.Checking;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Traps;
using BorgRepo.Core.Tests.Vectors;
using Xunit;

namespace BorgRepo.Core.Tests.Checking;

/// <summary>Checks and repairs a repository and keeps the findings.</summary>
internal sealed class CheckScene(string path, RepositoryServices services)
{
    public CheckScene(MemoryVector vector)
        : this(vector.Path, vector.Services)
    {
    }

    public CheckScene(ScriptedRepository repository)
        : this(repository.Path, repository.Services)
    {
    }

    public List<Finding> Findings { get; } = [];

    public IReadOnlyList<FindingKind> Kinds => [.. Findings.Select(finding => finding.Kind)];

    public IReadOnlyList<FindingKind> Errors => [.. Findings.Where(finding => finding.Severity == FindingSeverity.Error).Select(finding => finding.Kind)];

    public CheckResult Check(CheckOptions? options = null, SessionAccess access = SessionAccess.Write)
    {
        Findings.Clear();
        using Repository repository = Open(access);
        return repository.Check(options ?? new CheckOptions(), Findings.Add, TestContext.Current.CancellationToken);
    }

    public CheckResult Repair(bool noBackup = false) => Check(new CheckOptions { Repair = true, NoBackup = noBackup });

    public CheckResult Plan() => Check(new CheckOptions { Repair = true, PlanOnly = true }, SessionAccess.ReadNoLock);

    /// <summary>A check that must find nothing at all.</summary>
    public CheckResult AssertSound()
    {
        CheckResult result = Check();
        Assert.True(result.Conclusion == CheckConclusion.Sound && result.WarningCount == 0, Describe());
        return result;
    }

    public Repository Open(SessionAccess access = SessionAccess.Write) => Repository.Open(
        path, new OpenOptions { Access = access, LockWait = TimeSpan.Zero }, services, TestContext.Current.CancellationToken);

    /// <summary>For the message of a failed test.</summary>
    public string Describe() => string.Join('\n', Findings.Select(finding => $"{finding.Severity} {finding.Kind}: {finding.Message}"));
}
