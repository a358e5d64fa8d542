using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace BorgRepo.Completers;

/// <summary>Completes ids of objects from the open session given as -Repository. It opens nothing and takes no lock.</summary>
public sealed class ObjectIdCompleter : IArgumentCompleter
{
    private const int MostResults = 50;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(80);

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName,
        string parameterName,
        string wordToComplete,
        CommandAst commandAst,
        IDictionary fakeBoundParameters)
    {
        ArgumentNullException.ThrowIfNull(fakeBoundParameters);
        object? bound = fakeBoundParameters["Repository"];
        if ((bound is PSObject wrapper ? wrapper.BaseObject : bound) is not BorgRepository { IsOpen: true } session)
        {
            return [];
        }

        string word = (wordToComplete ?? string.Empty).Trim('\'', '"');
        return session.FindIds(word, MostResults, Patience).Select(id => new CompletionResult(id));
    }
}
