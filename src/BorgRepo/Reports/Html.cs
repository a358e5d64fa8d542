using System.Globalization;
using System.Net;
using System.Text;

namespace BorgRepo.Reports;

/// <summary>Builds a page from escaped pieces.</summary>
internal sealed class Html
{
    private readonly StringBuilder _text = new();

    /// <summary>Adds markup as it is.</summary>
    public Html Raw(string markup)
    {
        _text.Append(markup);
        return this;
    }

    /// <summary>Adds markup with values in it; every value is escaped.</summary>
    public Html Add(FormattableString markup)
    {
        object?[] values = [.. markup.GetArguments().Select(value => (object?)Escape(value))];
        _text.AppendFormat(CultureInfo.InvariantCulture, markup.Format, values);
        return this;
    }

    /// <summary>The page so far.</summary>
    public override string ToString() => _text.ToString();

    private static string Escape(object? value) =>
        WebUtility.HtmlEncode(Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty);
}
