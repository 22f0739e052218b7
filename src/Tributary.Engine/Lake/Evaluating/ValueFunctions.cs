using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using DuckDB.NET.Data;
using DuckDB.NET.Data.DataChunk.Reader;
using DuckDB.NET.Data.DataChunk.Writer;
using Tributary.Engine.Traits.Folding;
using Tributary.Engine.Traits.Language;
using Tributary.Model;

namespace Tributary.Engine.Lake.Evaluating;

/// <summary>
/// What DuckDB asks back: the rules of single values, so that the lake takes and compares them exactly as the evaluator of the river does. All are pure, and total:
/// whatever people pass to them in a query of their own gives a value or null.
/// </summary>
/// <remarks>Values are in the form of <see cref="EncodedValues"/>.</remarks>
internal static class ValueFunctions
{
    /// <summary>Added to a comparer's number when its operands are a list of which each is looked at.</summary>
    public const int OfList = 100;

    private static readonly ScalarFunctionOptions Options = new() { IsPureFunction = true, HandlesNulls = true };

    [ThreadStatic]
    private static (string Text, ValuePath Path) _lastPath;

    [ThreadStatic]
    private static (string Text, Values Values) _lastOperands;

    /// <summary>Makes the functions known to an instance.</summary>
    public static void Register(DuckDBConnection connection)
    {
        connection.RegisterScalarFunction<string, string, string>("trib_value", Map((row, at) => Value(Text(row[0], at), Text(row[1], at))), Options);
        connection.RegisterScalarFunction<string, bool, string, string>("trib_trait", Map((row, at) => Trait(Text(row[0], at), Flag(row[1], at), Text(row[2], at))), Options);
        connection.RegisterScalarFunction<string, string>("trib_text", Map((row, at) => Text(row[0], at) is { } text ? EncodedValues.Write(QueryValue.Of(text)) : null), Options);
        connection.RegisterScalarFunction<int, string, string, bool>("trib_holds", (row, writer, count) =>
        {
            for (ulong at = 0; at < count; at++) writer.WriteValue(row[0].IsValid(at) && Holds(row[0].GetValue<int>(at), Text(row[1], at), Text(row[2], at) ?? ""), at);
        }, Options);
        connection.RegisterScalarFunction<int, string, long, long, bool>("trib_dated", (row, writer, count) =>
        {
            for (ulong at = 0; at < count; at++)
                writer.WriteValue(row[0].IsValid(at) && row[2].IsValid(at) && row[3].IsValid(at) && HoldsAt(row[0].GetValue<int>(at), Text(row[1], at), row[2].GetValue<long>(at), row[3].GetValue<long>(at)), at);
        }, Options);
        connection.RegisterScalarFunction<string, int, string>("trib_typed", Map((row, at) => row[1].IsValid(at) ? Typed(Text(row[0], at), row[1].GetValue<int>(at)) : null), Options);
        connection.RegisterScalarFunction<string, string>("trib_taken", Map((row, at) => Taken(Text(row[0], at))), Options);
        connection.RegisterScalarFunction<string, string>("trib_order", Map((row, at) => Order(Text(row[0], at))), Options);
        connection.RegisterScalarFunction<string, string>("trib_last", Map((row, at) => EncodedValues.Write(EncodedValues.Read(Text(row[0], at)).Last)), Options);
        connection.RegisterScalarFunction<string, double>("trib_number", (row, writer, count) => Fill(writer, count, at => Number(Text(row[0], at))), Options);
        connection.RegisterScalarFunction<string, long>("trib_whole", (row, writer, count) => Fill(writer, count, at => Part(Text(row[0], at), isRest: false)), Options);
        connection.RegisterScalarFunction<string, long>("trib_rest", (row, writer, count) => Fill(writer, count, at => Part(Text(row[0], at), isRest: true)), Options);
        connection.RegisterScalarFunction<string, long, bool, string>(
            "trib_total", Map((row, at) => row[1].IsValid(at) ? Total(Text(row[0], at), row[1].GetValue<long>(at), Flag(row[2], at) == true) : null), Options);
        connection.RegisterScalarFunction<string, int>("trib_space", (row, writer, count) => Fill(writer, count, at => Space(Text(row[0], at))), Options);
    }

    private static string? Value(string? json, string? path)
    {
        if (json is null || path is null) return null;
        try
        {
            return Read(Encoding.UTF8.GetBytes(json), PathOf(path));
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string? Trait(string? value, bool? isText, string? path)
    {
        if (value is null || path is null) return null;
        var way = PathOf(path);
        // Rows from before the kind was kept: what reads as JSON of another kind is taken for that.
        if (isText ?? !IsOtherJson(value)) return way.Steps.Count > 0 ? null : Value(JsonSerializer.Serialize(value), path);
        return Value(value, path);
    }

    private static bool IsOtherJson(string text)
    {
        if (text.Length == 0 || !(char.IsAsciiDigit(text[0]) || text[0] is '-' or '{' or '[' or 't' or 'f')) return false;
        try
        {
            using var json = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 128 });
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string? Read(byte[] json, ValuePath path)
    {
        if (!path.IsMany) return EncodedValues.Write(ValueReader.One(json, path));
        var many = new List<QueryValue>();
        ValueReader.Many(json, path, many);
        return EncodedValues.Write(Values.Of(many));
    }

    // Of several values, one that satisfies the comparison is enough.
    private static bool Holds(int code, string? left, string with)
    {
        var isList = code >= OfList;
        var comparer = (Comparer)(isList ? code - OfList : code);
        if (!Enum.IsDefined(comparer) || comparer is Comparer.WithinLast or Comparer.WithinNext or Comparer.BeforeLast or Comparer.AfterNext) return false;
        var values = EncodedValues.Read(left);
        if (comparer is Comparer.Absent or Comparer.Exists) return comparer == Comparer.Exists == values.Count > 0;
        if (!ReferenceEquals(_lastOperands.Text, with) && _lastOperands.Text != with) _lastOperands = (with, EncodedValues.Read(with));
        var operands = _lastOperands.Values;
        var all = new QueryValue[Math.Max(isList ? 0 : 1, operands.Count)];
        for (var i = 0; i < operands.Count; i++) all[i] = operands[i];
        if (isList) return HoldsForOne(comparer, values, all);
        foreach (var one in all)
            if (HoldsForOne(comparer, values, [one])) return true;
        return false;
    }

    private static bool HoldsForOne(Comparer comparer, Values values, ReadOnlySpan<QueryValue> with)
    {
        if (values.Count == 0) return ValueComparison.Holds(comparer, QueryValue.Nothing, with);
        for (var i = 0; i < values.Count; i++)
            if (ValueComparison.Holds(comparer, values[i], with)) return true;
        return false;
    }

    private static bool HoldsAt(int code, string? left, long length, long now)
    {
        var comparer = (Comparer)code;
        if (comparer is not (Comparer.WithinLast or Comparer.WithinNext or Comparer.BeforeLast or Comparer.AfterNext)) return false;
        var values = EncodedValues.Read(left);
        for (var i = 0; i < values.Count; i++)
            if (ValueComparison.HoldsAt(comparer, values[i], length, now, out _)) return true;
        return false;
    }

    private static string? Typed(string? value, int type)
    {
        if (value is null || !Enum.IsDefined((Traits.Language.ValueType)type)) return null;
        var reduction = new Reduction(new EventStream("", []), ReducerKind.Unique, As: (Traits.Language.ValueType)type);
        return EncodedValues.Write(Reductions.Typed(reduction, EncodedValues.One(value)));
    }

    private static string? Taken(string? values)
    {
        var reduction = new Reduction(new EventStream("", []), ReducerKind.Unique, As: Traits.Language.ValueType.Array);
        return EncodedValues.Write(Reductions.Taken(reduction, EncodedValues.Read(values)));
    }

    // A text whose order by bytes is the order of lists: by the units of UTF-16, then by kind.
    private static string? Order(string? value)
    {
        if (value is null) return null;
        var one = EncodedValues.One(value);
        var text = one.ToString();
        return string.Create((text.Length * 4) + 2, (text, one.Kind), static (target, from) =>
        {
            for (var i = 0; i < from.text.Length; i++) ((int)from.text[i]).TryFormat(target[(i * 4)..], out _, "X4", CultureInfo.InvariantCulture);
            target[^2] = ' ';
            target[^1] = (char)('0' + (int)from.Kind);
        });
    }

    private static double? Number(string? value) => value is null ? null : ValueComparison.NumberOf(EncodedValues.One(value));

    private static long? Part(string? value, bool isRest)
    {
        if (Number(value) is not { } number || ExactSum.Of(number) is not { } part) return null;
        var (whole, rest) = Int128.DivRem(part.Units, Scale);
        return (long)(isRest ? rest : whole);
    }

    private const long Scale = 1_000_000_000_000;

    private static string? Total(string? units, long count, bool isMean)
    {
        if (count == 0 || !Int128.TryParse(units, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var sum)) return null;
        var total = new ExactSum(sum);
        return EncodedValues.Write(QueryValue.Of(isMean ? total.Over(count) : total.Value));
    }

    private static int? Space(string? profile) => ProfileId.TryParse(profile, out var id) ? id.Space : null;

    private static ValuePath PathOf(string text)
    {
        if (_lastPath.Text != text) _lastPath = (text, EncodedValues.Path(text));
        return _lastPath.Path;
    }

    private static string? Text(IDuckDBDataReader column, ulong at) => column.IsValid(at) ? column.GetValue<string>(at) : null;

    private static bool? Flag(IDuckDBDataReader column, ulong at) => column.IsValid(at) ? column.GetValue<bool>(at) : null;

    private static Action<IReadOnlyList<IDuckDBDataReader>, IDuckDBDataWriter, ulong> Map(Func<IReadOnlyList<IDuckDBDataReader>, ulong, string?> value) => (row, writer, count) =>
    {
        for (ulong at = 0; at < count; at++)
        {
            if (value(row, at) is { } text) writer.WriteValue(text, at);
            else writer.WriteNull(at);
        }
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fill<T>(IDuckDBDataWriter writer, ulong count, Func<ulong, T?> value) where T : struct
    {
        for (ulong at = 0; at < count; at++)
        {
            if (value(at) is { } one) writer.WriteValue(one, at);
            else writer.WriteNull(at);
        }
    }
}
