using System.Globalization;

namespace Tributary.Engine.Traits.Language;

/// <summary>What a value is.</summary>
internal enum QueryValueKind : byte
{
    /// <summary>There is no value.</summary>
    Nothing,
    Boolean,
    Number,
    Text,

    /// <summary>A point in time: only constants are one; values of events and profiles are texts that may be read as one.</summary>
    Instant,
}

/// <summary>
/// A value of a definition, an event or a profile. Objects and arrays are their JSON text, as Segment flattens them.
/// </summary>
internal readonly record struct QueryValue
{
    private readonly double _number;
    private readonly string? _text;

    private QueryValue(QueryValueKind kind, double number, string? text) => (Kind, _number, _text) = (kind, number, text);

    public static QueryValue Nothing => default;

    public QueryValueKind Kind { get; }

    public bool IsNothing => Kind == QueryValueKind.Nothing;

    public bool Truth => _number != 0;

    public double Number => _number;

    /// <summary>The text of a text, and of an instant as it was written.</summary>
    public string Text => _text ?? "";

    /// <summary>Milliseconds since 1970.</summary>
    public long Instant => (long)_number;

    public static QueryValue Of(bool value) => new(QueryValueKind.Boolean, value ? 1 : 0, null);

    /// <summary>A number; nothing when it is not finite.</summary>
    public static QueryValue Of(double value) => double.IsFinite(value) ? new(QueryValueKind.Number, value == 0 ? 0 : value, null) : Nothing;

    public static QueryValue Of(string value) => new(QueryValueKind.Text, 0, value);

    /// <summary>An instant, as it was written in a query.</summary>
    public static QueryValue OfInstant(long milliseconds, string written) => new(QueryValueKind.Instant, milliseconds, written);

    /// <summary>What the value is as a text: what substrings are looked for in.</summary>
    public override string ToString() => Kind switch
    {
        QueryValueKind.Nothing => "",
        QueryValueKind.Boolean => Truth ? "true" : "false",
        QueryValueKind.Number => NumberText(_number),
        QueryValueKind.Text or QueryValueKind.Instant => Text,
    };

    /// <summary>A number in its shortest form that reads back as itself, without an exponent where that is possible.</summary>
    public static string NumberText(double value) =>
        Math.Abs(value) < 1e15 && Math.Floor(value) == value ? ((long)value).ToString(CultureInfo.InvariantCulture) : value.ToString("R", CultureInfo.InvariantCulture);
}
