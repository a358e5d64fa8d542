using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace BorgRepo.Completers;

/// <summary>Completes numbers of segments, and the end of a range, from the open session on the command line. It takes no lock.</summary>
public sealed class SegmentCompleter : IArgumentCompleter
{
    private const string Dots = "..";

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName,
        string parameterName,
        string wordToComplete,
        CommandAst commandAst,
        IDictionary fakeBoundParameters)
    {
        ArgumentNullException.ThrowIfNull(fakeBoundParameters);
        if (BoundSession.Find(fakeBoundParameters) is not { } session)
        {
            return [];
        }

        string word = (wordToComplete ?? string.Empty).Trim('\'', '"');
        int end = word.LastIndexOf(Dots, StringComparison.Ordinal);
        string kept = end < 0 ? string.Empty : word[..(end + Dots.Length)];
        return session.FindSegments(word[kept.Length..], BoundSession.MostResults, BoundSession.Patience)
            .Select(number => new CompletionResult(kept + number));
    }
}
