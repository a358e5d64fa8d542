using System.Collections;
using System.Globalization;
using System.Management.Automation;

namespace BorgRepo.Commands;

/// <summary>Lets -Id take text, a <see cref="BorgId"/>, or 32 bytes. Whether the text is an id, the cmdlet says.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class IdTransformationAttribute : ArgumentTransformationAttribute
{
    /// <summary>True where one id is taken, not many.</summary>
    public bool One { get; set; }

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object input = Unwrap(inputData);
        if ((TryConvert(input) ?? TryReadToken(inputData, input)) is { } id)
        {
            return One ? id : new[] { id };
        }

        if (One || input is not IEnumerable items || input is IDictionary)
        {
            throw Refuse(input);
        }

        List<string> ids = [];
        foreach (object? item in items)
        {
            object value = Unwrap(item);
            ids.Add(TryConvert(value) ?? throw Refuse(value));
        }

        return ids.ToArray();
    }

    private static object Unwrap(object? value) => value switch
    {
        PSObject wrapper => wrapper.BaseObject,
        null => string.Empty,
        _ => value,
    };

    private static string? TryConvert(object value) => value switch
    {
        string text => text,
        BorgId id => id.ToString(),
        BorgObject found => found.Id,
        // Another length becomes a text that is no id: it is for the cmdlet to say so, with its own error id.
        byte[] bytes => bytes.Length == BorgId.Length ? Convert.ToHexStringLower(bytes) : $"{bytes.Length} bytes",
        // What @(1, 2, ...) and a byte array out of a job are.
        object[] { Length: BorgId.Length } numbers when Array.TrueForAll(numbers, IsByte) =>
            Convert.ToHexStringLower(Array.ConvertAll(numbers, ToByte)),
        _ => null,
    };

    // Digits without quotes are a number to PowerShell; its own conversion to text still knows what was typed (01, 12e4).
    // Within a list it does not, so numbers there are refused rather than taken for other ids.
    private static string? TryReadToken(object given, object value) => value is int or long or double or decimal
        ? LanguagePrimitives.ConvertTo(given, typeof(string), CultureInfo.InvariantCulture) as string
        : null;

    private static bool IsByte(object? number) => Unwrap(number) is byte or (int and >= 0 and <= byte.MaxValue);

    private static byte ToByte(object? number) => Unwrap(number) is byte b ? b : (byte)(int)Unwrap(number);

    // The inner exception makes the binder look for another parameter for a pipeline object.
    private static ArgumentTransformationMetadataException Refuse(object input) => new(
        $"An id is 64 hex digits as text, or {BorgId.Length} bytes, not a {input.GetType().Name}.",
        new PSInvalidCastException("Not an id."));
}
