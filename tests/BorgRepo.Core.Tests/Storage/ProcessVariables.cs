using Xunit;

namespace BorgRepo.Core.Tests.Storage;

/// <summary>Tests that change variables of the process; nothing else runs meanwhile, least of all a child that inherits them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessVariables
{
    public const string Name = "process environment";
}
