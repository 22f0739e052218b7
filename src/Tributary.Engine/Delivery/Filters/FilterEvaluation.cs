using System.Text;
using Tributary.Engine.Delivery.Fql;
using Tributary.Engine.Delivery.Mapping;

namespace Tributary.Engine.Delivery.Filters;

/// <summary>
/// Asks a statement about an event. A missing field is null, and null is tolerated; any other value of a wrong type makes the statement fail, and a filter that
/// fails lets nothing through.
/// </summary>
internal ref struct FilterEvaluation(EventDocument message)
{
    /// <summary>Why there is no answer; null while there is one.</summary>
    public string? Fault { get; private set; }

    /// <returns>Whether the statement holds; null when it failed.</returns>
    public bool? Holds(FilterExpression expression)
    {
        var holds = Truth(expression);
        return Fault is null ? holds : null;
    }

    private bool Truth(FilterExpression expression)
    {
        switch (expression)
        {
            case FilterNot not:
                return !Truth(not.Operand);
            case FilterJunction junction:
                foreach (var operand in junction.Operands)
                {
                    if (Truth(operand) != junction.IsAnd || Fault is not null) return !junction.IsAnd;
                }

                return junction.IsAnd;
            case FilterComparison comparison:
                return Compare(comparison.Operator, Value(comparison.Left), Value(comparison.Right));
            default:
                var value = Value(expression);
                if (value.Kind is not (ScriptKind.True or ScriptKind.False) && !value.IsNullish) Fail($"A {TypeOf(value)} is neither true nor false.");
                return value.Kind == ScriptKind.True;
        }
    }

    private ScriptValue Value(FilterExpression expression)
    {
        switch (expression)
        {
            case FilterLiteral literal:
                return literal.Script;
            case FilterPath path:
                var found = message.Root;
                foreach (var step in path.Steps) found = found.Kind == ScriptKind.Object ? found.Get(step) : default;
                return found;
            case FilterList list:
                var elements = new List<ScriptValue>(list.Elements.Length);
                foreach (var element in list.Elements) elements.Add(Value(element));
                return ScriptValue.Of(elements);
            case FilterCall call:
                return Call(call, Value(call.Arguments[0]), call.Arguments.Length > 1 ? Value(call.Arguments[1]) : default);
            default:
                return ScriptValue.Of(Truth(expression));
        }
    }

    private bool Compare(string comparison, ScriptValue left, ScriptValue right)
    {
        switch (comparison)
        {
            case "=":
                return AreEqual(left, right);
            case "!=":
                return !AreEqual(left, right);
            case "in":
                if (right.IsNullish) return false;
                if (right.Kind == ScriptKind.Array) return right.AsList().Exists(element => AreEqual(left, element));
                Fail($"in needs a list on its right side, not a {TypeOf(right)}.");
                return false;
        }

        if (left.Kind != ScriptKind.Number || right.Kind != ScriptKind.Number) return false;
        return comparison switch
        {
            "<" => left.Number < right.Number,
            "<=" => left.Number <= right.Number,
            ">" => left.Number > right.Number,
            _ => left.Number >= right.Number,
        };
    }

    // Values of different types are never equal. Objects can only come from the event; they are equal when their members are.
    private static bool AreEqual(ScriptValue left, ScriptValue right)
    {
        if (left.IsNullish || right.IsNullish) return left.IsNullish && right.IsNullish;
        if (left.Kind != right.Kind) return false;
        switch (left.Kind)
        {
            case ScriptKind.Number:
                return left.Number == right.Number;
            case ScriptKind.Text:
                return left.Text == right.Text;
            case ScriptKind.Array:
                var (mine, theirs) = (left.AsList(), right.AsList());
                return mine.Count == theirs.Count && mine.Zip(theirs).All(pair => AreEqual(pair.First, pair.Second));
            case ScriptKind.Object:
                var (one, other) = (left.AsObject(), right.AsObject());
                return one.Count == other.Count && one.Members.All(member => AreEqual(member.Value, other.Find(member.Key)));
            default:
                return true;
        }
    }

    private ScriptValue Call(FilterCall call, ScriptValue first, ScriptValue second)
    {
        switch (call.Function)
        {
            case FilterFunction.Contains:
                if (first.IsNullish || second.IsNullish) return ScriptValue.Of(false);
                return IsText(call, first) && IsText(call, second) ? ScriptValue.Of(first.Text.Contains(second.Text, StringComparison.Ordinal)) : default;
            case FilterFunction.Match:
                if (first.IsNullish || second.IsNullish) return ScriptValue.Of(false);
                return IsText(call, first) && IsText(call, second) ? Match(call.Pattern, first.Text, second) : default;
            case FilterFunction.Length:
                return Length(call, first);
            case FilterFunction.Typeof:
                return ScriptValue.Of(TypeOf(first));
            case FilterFunction.Bool or FilterFunction.String or FilterFunction.Number:
                return first.IsNullish ? ScriptValue.Null : Cast(call.Function, first);
            default:
                if (first.IsNullish) return ScriptValue.Null;
                return IsText(call, first) ? ScriptValue.Of(InCase(call.Function, first.Text)) : default;
        }
    }

    private ScriptValue Match(Glob? pattern, string text, ScriptValue given)
    {
        if (pattern is not null) return ScriptValue.Of(pattern.Matches(text));
        var (read, fault) = Glob.Read(given.Text);
        return read is null ? Fail(fault!) : ScriptValue.Of(read.Matches(text));
    }

    private ScriptValue Length(FilterCall call, ScriptValue value)
    {
        if (value.IsNullish) return ScriptValue.Of(0d);
        if (value.Kind == ScriptKind.Array) return ScriptValue.Of((double)value.AsList().Count);
        return IsText(call, value) ? ScriptValue.Of((double)Encoding.UTF8.GetByteCount(value.Text)) : default;
    }

    private ScriptValue Cast(FilterFunction function, ScriptValue value)
    {
        var isText = value.Kind is ScriptKind.Text or ScriptKind.Number or ScriptKind.True or ScriptKind.False;
        if (!isText) return Fail($"{function.Name()} cannot make anything of a {TypeOf(value)}.");
        value.TryWriteText(out var text);
        switch (function)
        {
            case FilterFunction.String:
                return ScriptValue.Of(text);
            case FilterFunction.Bool:
                if (value.Kind == ScriptKind.Number) return ScriptValue.Of(value.Number != 0);
                return text is "true" or "false" ? ScriptValue.Of(text == "true") : Fail($"bool cannot make anything of the text \"{text}\".");
            default:
                if (value.Kind is ScriptKind.True or ScriptKind.False) return ScriptValue.Of(value.Kind == ScriptKind.True ? 1d : 0d);
                var number = text.Length == 0 ? double.NaN : ScriptNumber.Read(text);
                return double.IsNaN(number) ? Fail($"number cannot make anything of the text \"{text}\".") : ScriptValue.Of(number);
        }
    }

    private static string InCase(FilterFunction function, string text)
    {
        if (function == FilterFunction.Lowercase) return ScriptCase.Lower(text);
        if (function == FilterFunction.Uppercase) return ScriptCase.Upper(text);
        var words = text.Split([.. " \t\r\n_-./"], StringSplitOptions.RemoveEmptyEntries);
        return function switch
        {
            FilterFunction.Snakecase => ScriptCase.Lower(string.Join('_', words)),
            FilterFunction.Kebabcase => ScriptCase.Lower(string.Join('-', words)),
            _ => string.Join(' ', words.Select(word => ScriptCase.Upper(word[..1]) + ScriptCase.Lower(word[1..]))),
        };
    }

    private bool IsText(FilterCall call, ScriptValue value)
    {
        if (value.Kind == ScriptKind.Text) return true;
        Fail($"{call.Function.Name()} needs a text, not a {TypeOf(value)}.");
        return false;
    }

    private static string TypeOf(ScriptValue value) => value.Kind switch
    {
        ScriptKind.Undefined or ScriptKind.Null => "null",
        ScriptKind.False or ScriptKind.True => "bool",
        ScriptKind.Number => "number",
        ScriptKind.Text => "string",
        ScriptKind.Array => "list",
        ScriptKind.Object => "object",
    };

    private ScriptValue Fail(string message)
    {
        Fault ??= message;
        return default;
    }
}
