using System.Buffers;
using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace BorgRepo.Completers;

/// <summary>Completes ids of objects from the open session given as -Repository. It opens nothing and takes no lock.</summary>
public sealed class ObjectIdCompleter : IArgumentCompleter
{
    private const int MostResults = 50;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(80);

    // Of these alone a number can be made, and PowerShell would.
    private static readonly SearchValues<char> DigitsOfNumbers = SearchValues.Create("0123456789e");

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName,
        string parameterName,
        string wordToComplete,
        CommandAst commandAst,
        IDictionary fakeBoundParameters)
    {
        ArgumentNullException.ThrowIfNull(fakeBoundParameters);

        // Given by position, the binder that guesses for completion may count a session as -Path.
        BorgRepository? session = fakeBoundParameters.Values.Cast<object?>()
            .Select(static bound => bound is PSObject wrapper ? wrapper.BaseObject : bound)
            .OfType<BorgRepository>()
            .FirstOrDefault(static bound => bound.IsOpen);
        string word = (wordToComplete ?? string.Empty).Trim('\'', '"');
        return session is null ? [] : session.FindIds(word, MostResults, Patience).Select(static id => new CompletionResult(Quote(id)));
    }

    private static string Quote(string id) => id.AsSpan().ContainsAnyExcept(DigitsOfNumbers) ? id : $"'{id}'";
}
