using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Tributary.Engine.Identity;
using Tributary.Engine.Traits.Folding;
using Tributary.Engine.Traits.Language;

namespace Tributary.Engine.Lake.Evaluating;

/// <summary>
/// Values of definitions as SQL carries them, in UTF-8: a letter for the kind and then the text (<c>b</c> 0 or 1, <c>n</c> number, <c>t</c> text, <c>i</c> instant),
/// several of them with a separator between; nothing is null. Equal values have equal texts.
/// </summary>
internal static class EncodedValues
{
    /// <summary>Stands between values.</summary>
    public const char Separator = '\u001e';

    private const char Escape = '\u001f';

    /// <summary>Writes values; null for none.</summary>
    public static string? Write(Values values)
    {
        var to = new ByteWriter();
        return Write(values, to) ? Encoding.UTF8.GetString(to.Written) : null;
    }

    /// <inheritdoc cref="Write(Values)"/>
    public static string? Write(QueryValue value) => Write(new Values(value));

    /// <summary>Writes values; false when there are none.</summary>
    public static bool Write(Values values, ByteWriter to)
    {
        for (var i = 0; i < values.Count; i++)
        {
            if (i > 0) to.WriteByte((byte)Separator);
            Write(values[i], to);
        }

        return values.Count > 0;
    }

    /// <summary>Writes a value; false for nothing.</summary>
    public static bool Write(QueryValue value, ByteWriter to)
    {
        switch (value.Kind)
        {
            case QueryValueKind.Nothing:
                return false;
            case QueryValueKind.Boolean:
                to.Write(value.Truth ? "b1"u8 : "b0"u8);
                return true;
            case QueryValueKind.Number:
                to.WriteByte((byte)'n');
                WriteText(to, QueryValue.NumberText(value.Number));
                return true;
            case QueryValueKind.Text:
                to.WriteByte((byte)'t');
                WriteText(to, Escaped(value.Text));
                return true;
            case QueryValueKind.Instant:
                to.WriteByte((byte)'i');
                WriteText(to, value.Instant.ToString(CultureInfo.InvariantCulture));
                to.WriteByte((byte)':');
                WriteText(to, Escaped(value.Text));
                return true;
            default:
                throw new InvalidOperationException("Not a kind.");
        }
    }

    /// <summary>Reads values; the empty text is none.</summary>
    public static Values Read(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty) return Values.Nothing;
        if (!text.Contains((byte)Separator)) return new Values(One(text));
        var values = new List<QueryValue>();
        foreach (var part in text.Split((byte)Separator)) values.Add(One(text[part]));
        return Values.Of(values);
    }

    /// <summary>Reads one value; what nobody wrote here is nothing.</summary>
    public static QueryValue One(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty) return QueryValue.Nothing;
        var rest = text[1..];
        switch (text[0])
        {
            case (byte)'b':
                return QueryValue.Of(rest.SequenceEqual("1"u8));
            case (byte)'n':
                return double.TryParse(rest, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? QueryValue.Of(number) : QueryValue.Nothing;
            case (byte)'t':
                return QueryValue.Of(Plain(Encoding.UTF8.GetString(rest)));
            case (byte)'i' when Utf8Parser.TryParse(rest, out long time, out var length) && length < rest.Length && rest[length] == ':':
                return QueryValue.OfInstant(time, Plain(Encoding.UTF8.GetString(rest[(length + 1)..])));
            default:
                return QueryValue.Nothing;
        }
    }

    /// <summary>The steps of a path as one text.</summary>
    public static string Path(ValuePath path) => string.Join(Separator, path.Steps.Select(Escaped));

    /// <summary>Reads what <see cref="Path(ValuePath)"/> wrote.</summary>
    public static ValuePath Path(string text) => new(text.Length == 0 ? [] : new Sequence<string>([.. text.Split(Separator).Select(Plain)]));

    private static void WriteText(ByteWriter to, string text) => Encoding.UTF8.GetBytes(text, to.Reserve(Encoding.UTF8.GetByteCount(text)));

    // NUL too, at which DuckDB ends a text that it is given back.
    private static string Escaped(string text) => text.AsSpan().IndexOfAny(Separator, Escape, '\0') < 0
        ? text
        : text.Replace("\u001f", "\u001fa", StringComparison.Ordinal).Replace("\u001e", "\u001fb", StringComparison.Ordinal).Replace("\0", "\u001fc", StringComparison.Ordinal);

    private static string Plain(string text) => text.Contains(Escape)
        ? text.Replace("\u001fc", "\0", StringComparison.Ordinal).Replace("\u001fb", "\u001e", StringComparison.Ordinal).Replace("\u001fa", "\u001f", StringComparison.Ordinal)
        : text;
}
