using System.Globalization;
using System.Text;
using Tributary.Engine.Traits.Folding;
using Tributary.Engine.Traits.Language;

namespace Tributary.Engine.Lake.Evaluating;

/// <summary>
/// Values of definitions as SQL carries them: a letter for the kind and then the text (<c>b</c> 0 or 1, <c>n</c> number, <c>t</c> text, <c>i</c> instant), several of
/// them with a separator between; nothing is null. Equal values have equal texts.
/// </summary>
internal static class EncodedValues
{
    /// <summary>Stands between values.</summary>
    public const char Separator = '\u001e';

    private const char Escape = '\u001f';

    /// <summary>Writes values; null for none.</summary>
    public static string? Write(Values values)
    {
        if (values.Count == 0) return null;
        if (values.Count == 1) return Write(values[0]);
        var text = new StringBuilder();
        for (var i = 0; i < values.Count; i++)
        {
            if (i > 0) text.Append(Separator);
            text.Append(Write(values[i]));
        }

        return text.ToString();
    }

    /// <summary>Writes a value; null for nothing.</summary>
    public static string? Write(QueryValue value) => value.Kind switch
    {
        QueryValueKind.Nothing => null,
        QueryValueKind.Boolean => value.Truth ? "b1" : "b0",
        QueryValueKind.Number => "n" + QueryValue.NumberText(value.Number),
        QueryValueKind.Text => "t" + Escaped(value.Text),
        QueryValueKind.Instant => $"i{value.Instant.ToString(CultureInfo.InvariantCulture)}:{Escaped(value.Text)}",
    };

    /// <summary>Reads values; null and the empty text are none.</summary>
    public static Values Read(string? text)
    {
        if (string.IsNullOrEmpty(text)) return Values.Nothing;
        if (!text.Contains(Separator)) return new Values(One(text));
        var values = new List<QueryValue>();
        foreach (var part in text.Split(Separator)) values.Add(One(part));
        return Values.Of(values);
    }

    /// <summary>Reads one value; what nobody wrote here is nothing.</summary>
    public static QueryValue One(string text)
    {
        if (text.Length == 0) return QueryValue.Nothing;
        var rest = text[1..];
        switch (text[0])
        {
            case 'b':
                return QueryValue.Of(rest == "1");
            case 'n':
                return double.TryParse(rest, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? QueryValue.Of(number) : QueryValue.Nothing;
            case 't':
                return QueryValue.Of(Plain(rest));
            case 'i' when rest.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon && long.TryParse(rest.AsSpan(0, colon), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var time):
                return QueryValue.OfInstant(time, Plain(rest[(colon + 1)..]));
            default:
                return QueryValue.Nothing;
        }
    }

    /// <summary>The steps of a path as one text.</summary>
    public static string Path(ValuePath path) => string.Join(Separator, path.Steps.Select(Escaped));

    /// <summary>Reads what <see cref="Path(ValuePath)"/> wrote.</summary>
    public static ValuePath Path(string text) => new(text.Length == 0 ? [] : new Sequence<string>([.. text.Split(Separator).Select(Plain)]));

    // NUL too, at which DuckDB ends a text that it is given back.
    private static string Escaped(string text) => text.AsSpan().IndexOfAny(Separator, Escape, '\0') < 0
        ? text
        : text.Replace("\u001f", "\u001fa", StringComparison.Ordinal).Replace("\u001e", "\u001fb", StringComparison.Ordinal).Replace("\0", "\u001fc", StringComparison.Ordinal);

    private static string Plain(string text) => text.Contains(Escape)
        ? text.Replace("\u001fc", "\0", StringComparison.Ordinal).Replace("\u001fb", "\u001e", StringComparison.Ordinal).Replace("\u001fa", "\u001f", StringComparison.Ordinal)
        : text;
}
