using System.Collections.Immutable;

namespace Tributary.Engine.Delivery.Fql;

/// <summary>
/// Makes a tree of a trigger exactly as Segment's <c>destination-subscriptions</c> does. Words that make no condition are passed over, the last <c>and</c> or
/// <c>or</c> of a level decides for the whole level, and parentheses do not nest.
/// </summary>
internal sealed class TriggerParser
{
    // Names that every JavaScript object inherits. The original finds them in its table of fields and then eats the next two words.
    private static readonly HashSet<string> Inherited =
    [
        "constructor", "__defineGetter__", "__defineSetter__", "hasOwnProperty", "__lookupGetter__", "__lookupSetter__", "isPrototypeOf", "propertyIsEnumerable",
        "toString", "valueOf", "__proto__", "toLocaleString",
    ];

    private readonly List<TriggerToken> _tokens;
    private int _at;
    private FqlFault? _fault;

    private TriggerParser(List<TriggerToken> tokens) => _tokens = tokens;

    public static (TriggerGroup? Tree, FqlFault? Fault) Parse(string fql)
    {
        var (tokens, fault) = TriggerLexer.Read(fql);
        if (fault is not null) return (null, fault);
        var (node, parseFault) = Parse(Join(tokens));
        TriggerLexer.Return(tokens);
        if (parseFault is not null) return (null, parseFault);
        return node switch
        {
            null => (null, new FqlFault("There is no condition here. Conditions ask for type, event, name, userId, properties.…, traits.… or context.…, for example type = \"track\".", 0)),
            TriggerGroup group => (group, null),
            _ => (new TriggerGroup("and", [node]), null),
        };
    }

    private static (TriggerNode? Node, FqlFault? Fault) Parse(List<TriggerToken> tokens)
    {
        var parser = new TriggerParser(tokens);
        var node = parser.ParseLevel();
        return (node, parser._fault);
    }

    // Name, dot, name is one name; the pieces of a path that look like numbers or keywords are not joined.
    private static List<TriggerToken> Join(List<TriggerToken> tokens)
    {
        if (!tokens.Exists(token => token.Kind == TriggerTokenKind.Dot)) return tokens;
        var kept = 0;
        for (var at = 0; at < tokens.Count; at++)
        {
            var isPath = tokens[at].Kind == TriggerTokenKind.Dot && kept > 0 && tokens[kept - 1].Kind == TriggerTokenKind.Name
                && at + 1 < tokens.Count && tokens[at + 1].Kind == TriggerTokenKind.Name;
            if (isPath) tokens[kept - 1] = tokens[kept - 1] with { Value = $"{tokens[kept - 1].Value}.{tokens[++at].Value}" };
            else tokens[kept++] = tokens[at];
        }

        tokens.RemoveRange(kept, tokens.Count - kept);
        return tokens;
    }

    private TriggerNode? ParseLevel()
    {
        var nodes = ImmutableArray.CreateBuilder<TriggerNode?>(4);
        var joinedBy = "and";
        while (_fault is null && TryTake(out var token) && token.Kind != TriggerTokenKind.End)
        {
            switch (token.Kind)
            {
                case TriggerTokenKind.Name:
                    ParseCondition(token, nodes);
                    if (IsFunction(token)) ParseFunction(token, nodes, isNegated: false);
                    break;
                case TriggerTokenKind.Operator when token.Value == "!" && TryPeek(out var next) && IsFunction(next):
                    ParseFunction(_tokens[_at++], nodes, isNegated: true);
                    break;
                case TriggerTokenKind.ParenthesisLeft:
                    nodes.Add(ParseGroup(token));
                    break;
                case TriggerTokenKind.Conditional:
                    joinedBy = token.Value;
                    break;
            }
        }

        return nodes.Count > 1 ? new TriggerGroup(joinedBy, nodes.DrainToImmutable()) : nodes.Count == 1 ? nodes[0] : null;
    }

    private TriggerNode? ParseGroup(TriggerToken open)
    {
        var inner = new List<TriggerToken>();
        while (TryTake(out var token))
        {
            if (token.Kind == TriggerTokenKind.ParenthesisRight)
            {
                inner.Add(new TriggerToken(TriggerTokenKind.End, "eos", token.Position));
                var (node, fault) = Parse(inner);
                _fault ??= fault;
                return node;
            }

            inner.Add(token);
        }

        _fault ??= new FqlFault("This parenthesis is not closed. Parentheses in triggers do not nest, and contains( or match( inside of them ends the group.", open.Position);
        return null;
    }

    private void ParseCondition(TriggerToken field, ImmutableArray<TriggerNode?>.Builder nodes)
    {
        var dot = field.Value.IndexOf('.', StringComparison.Ordinal);
        var first = dot < 0 ? field.Value : field.Value.AsSpan(0, dot);
        var type = TypeOf(first);
        if (type is null && !Inherited.Contains(first.ToString())) return;
        if (!TryTake(out var comparison))
        {
            _fault ??= new FqlFault("Operator token is missing", field.Position);
            return;
        }

        if (!TryTake(out var value))
        {
            _fault ??= new FqlFault("Value token is missing", comparison.Position);
            return;
        }

        if (type is not null) nodes.Add(Condition(type, field.Value, comparison.Value, value));
    }

    private static TriggerCondition Condition(string type, string field, string comparison, TriggerToken value)
    {
        var isPath = type is "event-property" or "event-trait" or "event-context";
        var name = isPath ? PathIn(field) : null;
        var special = (comparison, value) switch
        {
            ("!=", { Value: "null" }) when type is not ("event" or "event-type") => "exists",
            ("=", { Value: "null" }) when type is not ("event" or "event-type") => "not_exists",
            ("=", { Value: "true" }) when isPath || type == "userId" => "is_true",
            ("=", { Value: "false" }) when isPath || type == "userId" => "is_false",
            _ => null,
        };
        if (special is not null) return new TriggerCondition(type, name, special);
        if (!isPath) return new TriggerCondition(type, null, comparison, TextOf(value), true);
        if (value.Kind == TriggerTokenKind.Number) comparison = comparison switch { "=" => "number_equals", "!=" => "number_not_equals", _ => comparison };
        return new TriggerCondition(type, name, comparison, ValueOf(value), true);
    }

    // The arguments are taken by their position; what stands between them is not looked at.
    private void ParseFunction(TriggerToken function, ImmutableArray<TriggerNode?>.Builder nodes, bool isNegated)
    {
        TryTake(out _);
        if (!TryTake(out var field))
        {
            _fault ??= new FqlFault($"{function.Value}() is missing a 1st argument", function.Position);
            return;
        }

        TryTake(out _);
        if (!TryTake(out var value))
        {
            _fault ??= new FqlFault($"{function.Value}() is missing a 2nd argument", function.Position);
            return;
        }

        TryTake(out _);
        var (comparison, expected) = ("contains", TextOf(value));
        if (function.Value == "match")
        {
            var isStart = value.Value.EndsWith("*\"", StringComparison.Ordinal);
            comparison = isStart ? "starts_with" : "ends_with";
            expected = expected.Length == 0 ? expected : isStart ? expected[..^1] : expected[1..];
        }

        if (isNegated) comparison = $"not_{comparison}";
        if (field.Value is "event" or "name" or "userId") nodes.Add(new TriggerCondition(field.Value, null, comparison, expected, true));
        foreach (var (start, type) in (ReadOnlySpan<(string, string)>)[("properties", "event-property"), ("traits", "event-trait"), ("context", "event-context")])
        {
            if (field.Value.StartsWith(start, StringComparison.Ordinal)) nodes.Add(new TriggerCondition(type, PathIn(field.Value), comparison, expected, true));
        }
    }

    private bool TryTake(out TriggerToken token)
    {
        if (!TryPeek(out token)) return false;
        _at++;
        return true;
    }

    private bool TryPeek(out TriggerToken token)
    {
        token = _at < _tokens.Count ? _tokens[_at] : default;
        return _at < _tokens.Count;
    }

    private static bool IsFunction(TriggerToken token) => token is { Kind: TriggerTokenKind.Name, Value: "contains" or "match" };

    private static string? TypeOf(ReadOnlySpan<char> first) => first switch
    {
        "type" => "event-type",
        "event" => "event",
        "name" => "name",
        "userId" => "userId",
        "context" => "event-context",
        "properties" => "event-property",
        "traits" => "event-trait",
        _ => null,
    };

    // A field that is no path keeps its name: properties != null asks for properties.properties.
    private static string PathIn(string field)
    {
        foreach (var start in (ReadOnlySpan<string>)["properties.", "traits.", "context."])
        {
            if (field.StartsWith(start, StringComparison.Ordinal)) return field[start.Length..];
        }

        return field;
    }

    private static object ValueOf(TriggerToken token) => token switch
    {
        { Kind: TriggerTokenKind.Text } => Unquoted(token.Value),
        { Kind: TriggerTokenKind.Number } => ScriptNumber.Read(token.Value),
        { Kind: TriggerTokenKind.Name, Value: "true" or "false" } => token.Value == "true",
        _ => token.Value,
    };

    private static string TextOf(TriggerToken token) => ValueOf(token) switch
    {
        double number => ScriptNumber.Write(number),
        bool flag => flag ? "true" : "false",
        var text => (string)text,
    };

    // Only double quotes are taken off, so a text in single quotes never equals anything without them.
    private static string Unquoted(string text)
    {
        var inner = text.AsSpan();
        if (inner.StartsWith('"')) inner = inner[1..];
        if (inner.EndsWith('"')) inner = inner[..^1];
        return inner.Length == text.Length ? text : inner.ToString();
    }
}
