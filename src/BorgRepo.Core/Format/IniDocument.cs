using System.Text;

namespace BorgRepo.Core.Format;

/// <summary>
/// An INI file in the dialect of the parser that borg uses (docs/format.md, "config"). Everything that this dialect keeps
/// when it rewrites a file is kept: unknown options, other sections, their order, values of several lines. Comments are
/// not, exactly as there.
/// </summary>
internal sealed class IniDocument
{
    /// <summary>Options of this section stand in for options that a section lacks; it is written first.</summary>
    private const string DefaultSection = "DEFAULT";

    private readonly OrderedDictionary<string, string> _defaults = new(StringComparer.Ordinal);
    private readonly OrderedDictionary<string, OrderedDictionary<string, string>> _sections = new(StringComparer.Ordinal);

    /// <summary>Reads a whole file.</summary>
    /// <exception cref="FormatException">A line that is neither section, option nor continuation, or something twice; names the line.</exception>
    public static IniDocument Parse(string text)
    {
        var document = new IniDocument();
        document.Read(text.AsSpan().TrimStart('\uFEFF'));
        return document;
    }

    /// <summary>True if the section is there. The name is case-sensitive; the section of defaults does not count.</summary>
    public bool HasSection(string section) => _sections.ContainsKey(section);

    /// <summary>Adds an empty section at the end.</summary>
    public void AddSection(string section) => _sections.Add(section, new(StringComparer.Ordinal));

    /// <summary>An option's value, or null.</summary>
    public string? Get(string section, string option)
    {
        if (_sections.TryGetValue(section, out OrderedDictionary<string, string>? options)
            && options.TryGetValue(option, out string? value))
        {
            return value;
        }

        return _defaults.GetValueOrDefault(option);
    }

    /// <summary>Sets an option in its place, a new one at the end of the section.</summary>
    public void Set(string section, string option, string value) => _sections[section][option] = value;

    /// <summary>Removes an option.</summary>
    public void Remove(string section, string option) => _sections[section].Remove(option);

    /// <summary>The text of the file, with LF line ends.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        if (_defaults.Count > 0)
        {
            Write(text, DefaultSection, _defaults);
        }

        foreach ((string name, OrderedDictionary<string, string> options) in _sections)
        {
            Write(text, name, options);
        }

        return text.ToString();
    }

    private static void Write(StringBuilder text, string section, OrderedDictionary<string, string> options)
    {
        text.Append('[').Append(section).Append("]\n");
        foreach ((string option, string value) in options)
        {
            // The TAB is what makes the next line of a value a continuation instead of an option.
            text.Append(option).Append(" = ").Append(value.Replace("\n", "\n\t", StringComparison.Ordinal)).Append('\n');
        }

        text.Append('\n');
    }

    private void Read(ReadOnlySpan<char> text)
    {
        OrderedDictionary<string, string>? section = null;
        string? option = null;
        var lines = new List<string>();
        int indent = 0;
        int number = 0;
        while (!text.IsEmpty)
        {
            ReadOnlySpan<char> line = TakeLine(ref text);
            ReadOnlySpan<char> content = Strip(line);
            number++;
            if (content.IsEmpty)
            {
                lines.Add(string.Empty);
                continue;
            }

            if (content[0] is '#' or ';')
            {
                continue;
            }

            int depth = line.IndexOf(content[0]);
            if (option is not null && depth > indent)
            {
                lines.Add(content.ToString());
                continue;
            }

            Store(section, option, lines);
            option = null;
            indent = depth;
            int closing = content[0] == '[' ? content.LastIndexOf(']') : -1;
            if (closing > 1)
            {
                // Whatever follows the bracket is ignored there, too.
                section = Begin(content[1..closing].ToString(), number);
            }
            else
            {
                option = ReadOption(section, content, number, lines);
            }
        }

        Store(section, option, lines);
    }

    private OrderedDictionary<string, string> Begin(string name, int number)
    {
        if (name == DefaultSection)
        {
            return _defaults;
        }

        var options = new OrderedDictionary<string, string>(StringComparer.Ordinal);
        return _sections.TryAdd(name, options) ? options : throw new FormatException($"line {number}: section [{name}] is there twice");
    }

    private static string ReadOption(OrderedDictionary<string, string>? section, ReadOnlySpan<char> content, int number, List<string> lines)
    {
        if (section is null)
        {
            throw new FormatException($"line {number}: there is no section before this line");
        }

        int delimiter = content.IndexOfAny('=', ':');
        if (delimiter <= 0)
        {
            throw new FormatException($"line {number}: neither a section nor an option");
        }

        string option = Strip(content[..delimiter]).ToString().ToLowerInvariant();
        if (section.ContainsKey(option))
        {
            throw new FormatException($"line {number}: option '{option}' is there twice");
        }

        // Holds the option's place in the order until its last line is known.
        section.Add(option, string.Empty);
        lines.Clear();
        lines.Add(Strip(content[(delimiter + 1)..]).ToString());
        return option;
    }

    private static void Store(OrderedDictionary<string, string>? section, string? option, List<string> lines)
    {
        if (section is not null && option is not null)
        {
            section[option] = StripEnd(string.Join('\n', lines)).ToString();
        }

        lines.Clear();
    }

    private static ReadOnlySpan<char> TakeLine(ref ReadOnlySpan<char> text)
    {
        int end = text.IndexOfAny('\r', '\n');
        ReadOnlySpan<char> line = end < 0 ? text : text[..end];
        int next = end < 0 ? text.Length : end + 1;
        if (end >= 0 && text[end] == '\r' && next < text.Length && text[next] == '\n')
        {
            next++;
        }

        text = text[next..];
        return line;
    }

    private static ReadOnlySpan<char> Strip(ReadOnlySpan<char> text)
    {
        int start = 0;
        while (start < text.Length && IsBlank(text[start]))
        {
            start++;
        }

        return StripEnd(text[start..]);
    }

    private static ReadOnlySpan<char> StripEnd(ReadOnlySpan<char> text)
    {
        int end = text.Length;
        while (end > 0 && IsBlank(text[end - 1]))
        {
            end--;
        }

        return text[..end];
    }

    /// <summary>What that parser takes for a blank: more than .NET does by four control characters.</summary>
    private static bool IsBlank(char c) => char.IsWhiteSpace(c) || c is >= '\x1c' and <= '\x1f';
}
