using System.Text;

namespace BorgRepo.Core.Remote;

/// <summary>Splits a command line into words as a POSIX shell quotes them; nothing is expanded.</summary>
public static class ShellWords
{
    /// <summary>The words of a line.</summary>
    /// <param name="line">The line.</param>
    /// <param name="backslashQuotes">False where the backslash separates folders: outside of double quotes it is then a letter.</param>
    /// <exception cref="FormatException">A quote is not closed, or the line ends in a backslash.</exception>
    public static IReadOnlyList<string> Split(string line, bool backslashQuotes = true)
    {
        List<string> words = [];
        StringBuilder word = new();
        bool isInWord = false;
        for (int i = 0; i < line.Length; i++)
        {
            switch (line[i])
            {
                case ' ' or '\t' or '\r' or '\n':
                    if (isInWord)
                    {
                        words.Add(word.ToString());
                        word.Clear();
                        isInWord = false;
                    }

                    break;
                case '\'':
                    isInWord = true;
                    int end = line.IndexOf('\'', i + 1);
                    word.Append(end < 0 ? throw NotClosed(line) : line[(i + 1)..end]);
                    i = end;
                    break;
                case '"':
                    isInWord = true;
                    i = AppendQuoted(line, i + 1, word);
                    break;
                case '\\' when backslashQuotes:
                    isInWord = true;
                    word.Append(++i < line.Length ? line[i] : throw NotClosed(line));
                    break;
                case char letter:
                    isInWord = true;
                    word.Append(letter);
                    break;
            }
        }

        if (isInWord)
        {
            words.Add(word.ToString());
        }

        return words;
    }

    // Between double quotes a backslash only quotes itself and the quote. Returns the place of the closing quote.
    private static int AppendQuoted(string line, int start, StringBuilder word)
    {
        for (int i = start; i < line.Length; i++)
        {
            switch (line[i])
            {
                case '"':
                    return i;
                case '\\' when i + 1 < line.Length && line[i + 1] is '"' or '\\':
                    word.Append(line[++i]);
                    break;
                case char letter:
                    word.Append(letter);
                    break;
            }
        }

        throw NotClosed(line);
    }

    private static FormatException NotClosed(string line) => new($"A quote is not closed in: {line}");
}
