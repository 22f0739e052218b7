using System.Globalization;
using System.Text;
using System.Text.Json;
using DuckDB.NET.Native;
using Tributary.Engine.Identity;
using Tributary.Engine.Traits.Folding;
using Tributary.Engine.Traits.Language;
using Tributary.Model;

namespace Tributary.Engine.Lake.Evaluating;

/// <summary>
/// What DuckDB asks back: the rules of single values, so that the lake takes and compares them exactly as the evaluator of the river does. All are pure, and total:
/// whatever people pass to them in a query of their own gives a value or null.
/// </summary>
/// <remarks>Values are in the form of <see cref="EncodedValues"/>, paths in that of <see cref="EncodedValues.Path(ValuePath)"/>.</remarks>
internal static class ValueFunctions
{
    /// <summary>Added to a comparer's number when its operands are a list of which each is looked at.</summary>
    public const int OfList = 100;

    private const int BufferKeep = 1 << 16;
    private const DuckDBType Text = DuckDBType.Varchar;
    private const DuckDBType Code = DuckDBType.Integer;
    private const DuckDBType Whole = DuckDBType.BigInt;
    private const DuckDBType Units = DuckDBType.HugeInt;
    private const DuckDBType Flag = DuckDBType.Boolean;

    // The same for all rows of a query.
    [ThreadStatic]
    private static (byte[]? Text, ValuePath Path) _lastPath;

    [ThreadStatic]
    private static (byte[]? Text, QueryValue[] Values) _lastOperands;

    [ThreadStatic]
    private static ByteWriter? _writer;

    private static readonly Reduction[] OfType = [.. Enum.GetValues<Traits.Language.ValueType>().Select(type => new Reduction(new EventStream("", []), ReducerKind.Unique, As: type))];

    /// <summary>All of them.</summary>
    public static SqlFunction[] All { get; } =
    [
        // A value of JSON: json, path.
        OfTexts("trib_value", 2, static (a, b, to) => EncodedValues.Write(Value(a, PathOf(b)), to)),
        // A value of a trait as the lake has it: value, whether it is a text, path.
        new("trib_trait", Text, [Text, Flag, Text], static (rows, result) =>
        {
            var (value, isText, path) = (rows[0], rows[1], rows[2]);
            for (var row = 0; row < rows.Count; row++)
                Put(result, row, value.IsNull(row) || path.IsNull(row) ? default : Trait(value.Text(row), isText.IsNull(row) ? null : isText.Value<bool>(row), PathOf(path.Text(row))));
        }),
        // The value that a text is.
        OfTexts("trib_text", 1, static (a, _, to) => EncodedValues.Write(QueryValue.Of(Encoding.UTF8.GetString(a)), to)),
        // Whether values compare so with others: comparer, values, operands.
        new("trib_holds", Flag, [Code, Text, Text], static (rows, result) =>
        {
            var (code, left, with) = (rows[0], rows[1], rows[2]);
            for (var row = 0; row < rows.Count; row++)
                result.Set(row, !code.IsNull(row) && Holds(code.Value<int>(row), left.IsNull(row) ? Values.Nothing : EncodedValues.Read(left.Text(row)), with.IsNull(row) ? [] : with.Text(row)));
        }),
        // The same of a value of JSON: comparer, json, path, operands.
        new("trib_meets", Flag, [Code, Text, Text, Text], static (rows, result) =>
        {
            var (code, json, path, with) = (rows[0], rows[1], rows[2], rows[3]);
            for (var row = 0; row < rows.Count; row++)
            {
                var left = json.IsNull(row) || path.IsNull(row) ? Values.Nothing : Value(json.Text(row), PathOf(path.Text(row)));
                result.Set(row, !code.IsNull(row) && Holds(code.Value<int>(row), left, with.IsNull(row) ? [] : with.Text(row)));
            }
        }),
        // Whether dates compare so with a time that moves: comparer, values, length, now.
        new("trib_dated", Flag, [Code, Text, Whole, Whole], static (rows, result) =>
        {
            var (code, left, length, now) = (rows[0], rows[1], rows[2], rows[3]);
            for (var row = 0; row < rows.Count; row++)
            {
                var isAsked = !code.IsNull(row) && !left.IsNull(row) && !length.IsNull(row) && !now.IsNull(row);
                result.Set(row, isAsked && HoldsAt(code.Value<int>(row), EncodedValues.Read(left.Text(row)), length.Value<long>(row), now.Value<long>(row)));
            }
        }),
        // A value as a reducer of a type takes it: value, type.
        new("trib_typed", Text, [Text, Code], static (rows, result) =>
        {
            var (value, type) = (rows[0], rows[1]);
            for (var row = 0; row < rows.Count; row++)
            {
                if (value.IsNull(row) || type.IsNull(row)) result.SetNull(row);
                else if (value.Text(row) is var text && IsOfType(text, type.Value<int>(row))) result.SetText(row, text);
                else Put(result, row, new Values(Typed(EncodedValues.One(text), type.Value<int>(row))));
            }
        }),
        // The values of an event that together are one.
        OfTexts("trib_taken", 1, static (a, _, to) => EncodedValues.Write(Reductions.Taken(OfType[(int)Traits.Language.ValueType.Array], EncodedValues.Read(a)), to)),
        // What values are ordered by.
        OfTexts("trib_order", 1, static (a, _, to) => Order(EncodedValues.One(a), to)),
        // The last of several.
        OfTexts("trib_last", 1, static (a, _, to) => EncodedValues.Write(EncodedValues.Read(a).Last, to)),
        // The number that a value is or spells.
        OfValues("trib_number", DuckDBType.Double, static text => ValueComparison.NumberOf(EncodedValues.One(text))),
        // The same as a part of a sum, in millionths of millionths: 10^11 of the largest fit.
        OfValues("trib_part", Units, static text => ValueComparison.NumberOf(EncodedValues.One(text)) is { } number ? ExactSum.Of(number)?.Units : null),
        // A sum or mean: millionths of millionths, how many, whether a mean.
        new("trib_total", Text, [Units, Whole, Flag], static (rows, result) =>
        {
            var (units, count, isMean) = (rows[0], rows[1], rows[2]);
            for (var row = 0; row < rows.Count; row++)
            {
                var isAsked = !units.IsNull(row) && !count.IsNull(row);
                Put(result, row, isAsked ? new Values(Total(new ExactSum(units.Value<Int128>(row)), count.Value<long>(row), !isMean.IsNull(row) && isMean.Value<bool>(row))) : default);
            }
        }),
        // The space of a profile id.
        OfValues<int>("trib_space", Code, static text => ProfileId.TryParse(text, out var id) ? id.Space : null),
    ];

    private delegate bool Writing(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, ByteWriter to);

    private delegate T? Reading<T>(ReadOnlySpan<byte> text) where T : unmanaged;

    // Of one or two texts a text; null when one of them is null, and when nothing is written.
    private static SqlFunction OfTexts(string name, int parameters, Writing write) => new(name, Text, [.. Enumerable.Repeat(Text, parameters)], (rows, result) =>
    {
        var (first, second) = (rows[0], rows[parameters - 1]);
        var to = _writer ??= new ByteWriter();
        for (var row = 0; row < rows.Count; row++)
        {
            to.Clear(BufferKeep);
            if (!first.IsNull(row) && !second.IsNull(row) && write(first.Text(row), second.Text(row), to)) result.SetText(row, to.Written);
            else result.SetNull(row);
        }
    });

    private static SqlFunction OfValues<T>(string name, DuckDBType type, Reading<T> read) where T : unmanaged => new(name, type, [Text], (rows, result) =>
    {
        var column = rows[0];
        for (var row = 0; row < rows.Count; row++) result.Set(row, column.IsNull(row) ? null : read(column.Text(row)));
    });

    private static void Put(SqlResult result, int row, Values values)
    {
        var to = _writer ??= new ByteWriter();
        to.Clear(BufferKeep);
        if (EncodedValues.Write(values, to)) result.SetText(row, to.Written);
        else result.SetNull(row);
    }

    private static Values Value(ReadOnlySpan<byte> json, ValuePath path)
    {
        try
        {
            if (!path.IsMany) return new Values(ValueReader.One(json, path));
            var many = new List<QueryValue>();
            ValueReader.Many(json, path, many);
            return Values.Of(many);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return Values.Nothing;
        }
    }

    private static Values Trait(ReadOnlySpan<byte> value, bool? isText, ValuePath path)
    {
        // Rows from before the kind was kept: what reads as JSON of another kind is taken for that.
        if (!(isText ?? !IsOtherJson(value))) return Value(value, path);
        return path.Steps.Count > 0 ? Values.Nothing : new Values(ValueReader.OfText(Encoding.UTF8.GetString(value)));
    }

    private static bool IsOtherJson(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty || !(char.IsAsciiDigit((char)text[0]) || text[0] is (byte)'-' or (byte)'{' or (byte)'[' or (byte)'t' or (byte)'f')) return false;
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = 128 });
        try
        {
            while (reader.Read()) { }
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    // Of several values, one that satisfies the comparison is enough.
    private static bool Holds(int code, Values values, ReadOnlySpan<byte> with)
    {
        var isList = code >= OfList;
        var comparer = (Comparer)(isList ? code - OfList : code);
        // What follows is of relative dates.
        if (comparer is < Comparer.Equals or > Comparer.AfterDate) return false;
        if (comparer is Comparer.Absent or Comparer.Exists) return comparer == Comparer.Exists == values.Count > 0;
        var operands = OperandsOf(with);
        if (isList) return HoldsForOne(comparer, values, operands);
        if (operands.Length == 0) return HoldsForOne(comparer, values, [QueryValue.Nothing]);
        for (var i = 0; i < operands.Length; i++)
            if (HoldsForOne(comparer, values, operands.AsSpan(i, 1))) return true;
        return false;
    }

    private static bool HoldsForOne(Comparer comparer, Values values, ReadOnlySpan<QueryValue> with)
    {
        if (values.Count == 0) return ValueComparison.Holds(comparer, QueryValue.Nothing, with);
        for (var i = 0; i < values.Count; i++)
            if (ValueComparison.Holds(comparer, values[i], with)) return true;
        return false;
    }

    private static bool HoldsAt(int code, Values values, long length, long now)
    {
        var comparer = (Comparer)code;
        if (comparer is not (Comparer.WithinLast or Comparer.WithinNext or Comparer.BeforeLast or Comparer.AfterNext)) return false;
        for (var i = 0; i < values.Count; i++)
            if (ValueComparison.HoldsAt(comparer, values[i], length, now, out _)) return true;
        return false;
    }

    private static bool IsOfType(ReadOnlySpan<byte> value, int type) => !value.IsEmpty && (Traits.Language.ValueType)type switch
    {
        Traits.Language.ValueType.String => value[0] == 't',
        Traits.Language.ValueType.Number => value[0] == 'n',
        _ => false,
    };

    private static QueryValue Typed(QueryValue value, int type) => (uint)type < (uint)OfType.Length ? Reductions.Typed(OfType[type], value) : QueryValue.Nothing;

    // A text whose order by bytes is the order of lists: by the units of UTF-16, then by kind.
    private static bool Order(QueryValue value, ByteWriter to)
    {
        foreach (var unit in value.ToString()) ((int)unit).TryFormat(to.Reserve(4), out _, "X4", CultureInfo.InvariantCulture);
        to.WriteByte((byte)' ');
        to.WriteByte((byte)('0' + (int)value.Kind));
        return true;
    }

    private static QueryValue Total(ExactSum sum, long count, bool isMean) => count == 0 ? QueryValue.Nothing : QueryValue.Of(isMean ? sum.Over(count) : sum.Value);

    private static ValuePath PathOf(ReadOnlySpan<byte> text)
    {
        if (_lastPath.Text is null || !text.SequenceEqual(_lastPath.Text)) _lastPath = (text.ToArray(), EncodedValues.Path(Encoding.UTF8.GetString(text)));
        return _lastPath.Path;
    }

    private static QueryValue[] OperandsOf(ReadOnlySpan<byte> text)
    {
        if (_lastOperands.Text is null || !text.SequenceEqual(_lastOperands.Text))
        {
            var values = EncodedValues.Read(text);
            var all = new QueryValue[values.Count];
            for (var i = 0; i < all.Length; i++) all[i] = values[i];
            _lastOperands = (text.ToArray(), all);
        }

        return _lastOperands.Values;
    }
}
