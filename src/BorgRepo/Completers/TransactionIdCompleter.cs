using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace BorgRepo.Completers;

/// <summary>Completes ids of transactions, newest first, from the open session on the command line. It takes no lock.</summary>
public sealed class TransactionIdCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName,
        string parameterName,
        string wordToComplete,
        CommandAst commandAst,
        IDictionary fakeBoundParameters)
    {
        ArgumentNullException.ThrowIfNull(fakeBoundParameters);
        string word = (wordToComplete ?? string.Empty).Trim('\'', '"');
        return BoundSession.Find(fakeBoundParameters) is { } session
            ? session.FindTransactions(word, BoundSession.MostResults, BoundSession.Patience).Select(static id => new CompletionResult(id))
            : [];
    }
}
