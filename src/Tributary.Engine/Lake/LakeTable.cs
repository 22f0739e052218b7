using System.Buffers.Text;

namespace Tributary.Engine.Lake;

/// <summary>A column of a table of the lake.</summary>
/// <param name="Name">In snake case; unique in its table.</param>
/// <param name="Type">Fixed when the column came into being.</param>
/// <param name="Values">The values of the batch at hand.</param>
/// <param name="IsField">True when a field of the message fills it, such as <c>name</c> of a page: a property of that name only fills in.</param>
internal sealed record LakeColumn(string Name, LakeType Type, ColumnBuffer Values, bool IsField);

/// <summary>
/// One table of the lake: its columns, and the rows of the batch at hand. A column comes into being with its first value that is not null, which also
/// fixes its type; later values are cast or become null.
/// </summary>
/// <remarks>What is new here exists in DuckDB only after <see cref="LakeDefinitions"/> has created it, just before the rows are written.</remarks>
internal sealed class LakeTable(string schema, string name, LakeTableRules rules, TextArena texts)
{
    private readonly Dictionary<string, int> _byName = new(StringComparer.Ordinal);

    public string Schema => schema;

    public string Name => name;

    public LakeTableRules Rules => rules;

    /// <summary>It holds objects: fewer names are taken, as an object is no message.</summary>
    public bool IsOfObjects { get; init; }

    public List<LakeColumn> Columns { get; } = [];

    /// <summary>How many of <see cref="Columns"/>, from the first, exist in DuckDB; 0 when the table does not exist.</summary>
    public int CreatedColumns { get; set; }

    /// <summary>Rows of the batch at hand.</summary>
    public int Rows { get; private set; }

    /// <summary>Rows of the batch at hand whose id may have been loaded long ago; see <see cref="LateRepeats"/>.</summary>
    public List<int> Suspects { get; } = [];

    /// <summary>The level of keys that the columns of properties or traits come from.</summary>
    public PathNode Fields { get; } = new("");

    /// <summary>The level of keys of <c>context</c>.</summary>
    public PathNode Context { get; } = new(LakeTableRules.ContextPrefix);

    public long Capacity => Columns.Sum(column => (long)column.Values.Capacity);

    public int BeginRow() => Rows++;

    public int IndexOf(string column) => _byName.TryGetValue(column, out var index) ? index : -1;

    public bool Has(string column) => _byName.ContainsKey(column);

    /// <summary>Adds a column that every table of its kind has, or that DuckDB already knows.</summary>
    public LakeColumn Define(string column, LakeType type, bool isField = false)
    {
        if (_byName.TryGetValue(column, out var known)) return Columns[known];
        var added = new LakeColumn(column, type, new ColumnBuffer(type, texts), isField);
        _byName.Add(column, Columns.Count);
        Columns.Add(added);
        return added;
    }

    /// <summary>Finds or makes the column of a key whose first value that is not null is at hand.</summary>
    public int Resolve(string column, LakeType typeOfValue, bool ofContext)
    {
        if (IsOfObjects ? rules.RefusesOfObjects(column) : rules.Refuses(column, ofContext)) return PathNode.Dropped;
        column = rules.Fit(column);
        if (_byName.TryGetValue(column, out var index)) return index;
        if (Columns.Count >= rules.ColumnsMax || column.Length > LakeTableRules.ColumnNameLengthMax)
        {
            rules.Losses.ColumnRefused(this, column);
            return PathNode.Dropped;
        }

        Define(column, ofContext ? rules.ContextType(column, typeOfValue) : typeOfValue);
        return Columns.Count - 1;
    }

    public void SetText(int row, int column, ReadOnlySpan<byte> text)
    {
        var values = Columns[column].Values;
        if (Columns[column].IsField && values.IsSet(row)) return;
        if (values.Type == LakeType.Text) values.SetText(row, text);
        else if (!TryCast(values, row, text)) rules.Losses.ValueUncastable();
    }

    public void SetInteger(int row, int column, long value)
    {
        var values = Columns[column].Values;
        switch (values.Type)
        {
            case LakeType.BigInt: values.SetInt64(row, value); break;
            case LakeType.Double: values.SetDouble(row, value); break;
            case LakeType.Boolean when value is 0 or 1: values.SetBoolean(row, value == 1); break;
            case LakeType.Boolean or LakeType.Timestamp: rules.Losses.ValueUncastable(); break;
            case LakeType.Text:
                Span<byte> text = stackalloc byte[20];
                Utf8Formatter.TryFormat(value, text, out var written);
                values.SetText(row, text[..written]);
                break;
        }
    }

    /// <summary>Sets a number with a fraction, or one beyond 64 bits; <paramref name="raw"/> is how it was written.</summary>
    public void SetDouble(int row, int column, double value, ReadOnlySpan<byte> raw)
    {
        var values = Columns[column].Values;
        switch (values.Type)
        {
            case LakeType.Double: values.SetDouble(row, value); break;
            case LakeType.BigInt when Math.Abs(value) < 9.2e18: values.SetInt64(row, (long)value); break;
            case LakeType.Text: values.SetText(row, raw); break;
            case LakeType.BigInt or LakeType.Boolean or LakeType.Timestamp: rules.Losses.ValueUncastable(); break;
        }
    }

    public void SetBoolean(int row, int column, bool value)
    {
        var values = Columns[column].Values;
        switch (values.Type)
        {
            case LakeType.Boolean: values.SetBoolean(row, value); break;
            case LakeType.BigInt: values.SetInt64(row, value ? 1 : 0); break;
            case LakeType.Double: values.SetDouble(row, value ? 1 : 0); break;
            case LakeType.Text: values.SetText(row, value ? "true"u8 : "false"u8); break;
            case LakeType.Timestamp: rules.Losses.ValueUncastable(); break;
        }
    }

    /// <summary>Forgets the batch.</summary>
    public void Clear(bool release)
    {
        if (Rows == 0) return;
        Rows = 0;
        Suspects.Clear();
        foreach (var column in Columns) column.Values.Clear(release);
    }

    /// <summary>The table's name as SQL writes it.</summary>
    public string Sql => $"{LakeDatabase.Catalog}.{Quote(schema)}.{Quote(name)}";

    /// <summary>An identifier as SQL writes it.</summary>
    public static string Quote(string identifier) => $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    public override string ToString() => $"{schema}.{name}";

    /// <summary>Puts a text into a column of another type when the whole text is a value of that type.</summary>
    private static bool TryCast(ColumnBuffer values, int row, ReadOnlySpan<byte> text)
    {
        switch (values.Type)
        {
            case LakeType.Timestamp when IsoTime.TryParse(text, out var microseconds):
                values.SetInt64(row, microseconds);
                return true;
            case LakeType.BigInt when Utf8Parser.TryParse(text, out long integer, out var used) && used == text.Length:
                values.SetInt64(row, integer);
                return true;
            case LakeType.Double when Utf8Parser.TryParse(text, out double number, out var used) && used == text.Length && double.IsFinite(number):
                values.SetDouble(row, number);
                return true;
            case LakeType.Boolean when text.SequenceEqual("true"u8) || text.SequenceEqual("false"u8):
                values.SetBoolean(row, text[0] == 't');
                return true;
            default:
                return false;
        }
    }
}
