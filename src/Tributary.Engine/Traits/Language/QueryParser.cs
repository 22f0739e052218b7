using System.Diagnostics.CodeAnalysis;

namespace Tributary.Engine.Traits.Language;

/// <summary>Reads queries. What it accepts obeys every rule of the language; see <see cref="DefinitionRules"/> for those that are not grammar.</summary>
internal sealed partial class QueryParser
{
    /// <summary>Longest query, in characters.</summary>
    public const int LengthMax = 20_000;

    private readonly List<QueryToken> _tokens;
    private int _at;
    private int _depth;

    private QueryParser(List<QueryToken> tokens) => _tokens = tokens;

    private QueryToken Current => _tokens[_at];

    /// <summary>Reads a query.</summary>
    /// <param name="query">The text.</param>
    /// <param name="scope">Whom it is about.</param>
    /// <param name="kind">What it must give; null takes either.</param>
    /// <param name="definition">What it says.</param>
    /// <param name="fault">Why it says nothing.</param>
    public static bool TryParse(
        string query, DefinitionScope scope, DefinitionKind? kind, [NotNullWhen(true)] out Definition? definition, [NotNullWhen(false)] out QueryFault? fault)
    {
        definition = null;
        fault = null;
        try
        {
            if (query.Length > LengthMax) throw new QueryFaultException(new QueryFault(LengthMax, 0, $"The query has {query.Length} characters, the most are {LengthMax}.", [], null));
            var parser = new QueryParser(QueryLexer.Read(query));
            definition = parser.ReadDefinition(scope, kind);
            if (DefinitionRules.Check(definition) is { } broken) throw new QueryFaultException(new QueryFault(0, query.Length, broken, [], null));
            return true;
        }
        catch (QueryFaultException failure)
        {
            definition = null;
            fault = failure.Fault;
            return false;
        }
    }

    private Definition ReadDefinition(DefinitionScope scope, DefinitionKind? kind)
    {
        if (Current.Kind == QueryTokenKind.End) throw Unexpected("An empty query selects nothing.", "trait('…')", "event('…')", "(");
        // A scalar alone is a trait; followed by a comparison it begins an audience.
        if (kind != DefinitionKind.Audience && IsScalar(Current))
        {
            var scalar = ReadScalar();
            if (Current.Kind == QueryTokenKind.End) return new Definition(scope, null, scalar);
            if (kind == DefinitionKind.Trait)
                throw Unexpected(IsComparison() ? "A computed trait is a value, not a comparison." : $"Nothing can follow here, but {Current} does.", "the end of the query");
            _at = 0;
        }
        else if (kind == DefinitionKind.Trait)
        {
            throw Unexpected($"A computed trait cannot begin with {Current}.", "event('…')", "trait('…')");
        }

        var condition = ReadOr();
        if (Current.Kind != QueryTokenKind.End)
            throw Current.Is(")") ? Unexpected("There is a ) too many.") : Unexpected($"The condition is complete, but {Current} follows.", "AND", "OR", "the end of the query");
        return new Definition(scope, condition, null);
    }

    private Condition ReadOr()
    {
        var parts = new List<Condition> { ReadAnd() };
        while (TryTake("OR")) parts.Add(ReadAnd());
        return Conditions.Some(parts);
    }

    private Condition ReadAnd()
    {
        var parts = new List<Condition> { ReadUnary() };
        while (TryTake("AND")) parts.Add(ReadUnary());
        return Conditions.All(parts);
    }

    private Condition ReadUnary()
    {
        if (++_depth > DefinitionRules.DepthMax) throw Unexpected($"Conditions are nested more than {DefinitionRules.DepthMax} deep.");
        try
        {
            if (TryTake("NOT")) return new Not(ReadUnary());
            if (TryTake("ANY")) return new Quantified(false, ReadUnary());
            if (TryTake("ALL")) return new Quantified(true, ReadUnary());
            if (!TryTake("(")) return ReadComparison();
            var inner = ReadOr();
            Take(")", "AND", "OR");
            return inner;
        }
        finally
        {
            _depth--;
        }
    }

    private Comparison ReadComparison()
    {
        var left = ReadScalar();
        if (Current.Kind == QueryTokenKind.Sign && Words.Signs.TryGetValue(Current.Text, out var sign))
        {
            _at++;
            return new Comparison(left, sign, [ReadOperand()]);
        }

        if (!Current.Is(".")) throw Unexpected($"A value must be compared with something, but {Current} follows it.", "=", "!=", ">", ">=", "<", "<=", ".equals(…)");
        _at++;
        var name = TakeWord("a comparison", Words.Comparers.Keys);
        if (!Words.Comparers.TryGetValue(name.Text, out var comparer)) throw Unknown(name, "is no comparison", Words.Comparers.Keys);
        Take("(");
        var operands = ReadOperands(comparer);
        Take(")", ",");
        return new Comparison(left, comparer, operands);
    }

    private Sequence<Operand> ReadOperands(Comparer comparer)
    {
        switch (comparer)
        {
            case Comparer.Absent or Comparer.Exists:
                return [];
            case Comparer.WithinLast or Comparer.WithinNext or Comparer.BeforeLast or Comparer.AfterNext:
                return [new Length(ReadDuration())];
            case Comparer.Contains or Comparer.Omits or Comparer.StartsWith or Comparer.EndsWith or Comparer.OneOf or Comparer.NoneOf:
                var isListed = TryTake("[");
                var operands = new List<Operand> { ReadOperand() };
                while (TryTake(",")) operands.Add(ReadOperand());
                if (isListed) Take("]", ",");
                return new Sequence<Operand>([.. operands]);
            default:
                return [ReadOperand()];
        }
    }

    private Operand ReadOperand()
    {
        if (Current.Kind == QueryTokenKind.Value) return new Constant(Take().Value);
        if (Current.Is("true") || Current.Is("false")) return new Constant(QueryValue.Of(Take().Text == "true"));
        if (Current.Is("literal"))
        {
            _at++;
            Take("(");
            if (Current.Kind != QueryTokenKind.Value && !Current.Is("true") && !Current.Is("false")) throw Unexpected($"{Current} is no constant.", "'text'", "a number", "a date");
            var inner = ReadOperand();
            Take(")");
            return inner;
        }

        if (Current.Kind == QueryTokenKind.Word && Current.Text is "True" or "False" or "TRUE" or "FALSE")
            throw new QueryFaultException(new QueryFault(Current.Position, Current.Length, $"{Current} is written in small letters.", ["true", "false"], Current.Text.ToLowerInvariant()));
        if (IsScalar(Current)) return new Reference(ReadScalar());
        throw Unexpected($"{Current} cannot be compared with.", "'text'", "a number", "a date", "true", "false", "trait('…')");
    }

    private static bool IsScalar(QueryToken token) => token.Kind == QueryTokenKind.Word && (Words.Scalars.Contains(token.Text) || token.Text == "entity");

    private bool IsComparison() =>
        (Current.Kind == QueryTokenKind.Sign && Words.Signs.ContainsKey(Current.Text)) || (Current.Is(".") && Words.Comparers.ContainsKey(_tokens[_at + 1].Text));

    private bool TryTake(string text)
    {
        if (!Current.Is(text)) return false;
        _at++;
        return true;
    }

    private QueryToken Take() => _tokens[_at++];

    private void Take(string text, params ReadOnlySpan<string> orElse)
    {
        if (TryTake(text)) return;
        throw Unexpected($"{Current} cannot stand here.", [text, .. orElse]);
    }

    private QueryToken TakeWord(string what, IEnumerable<string> known)
    {
        if (Current.Kind == QueryTokenKind.Word) return Take();
        throw Unexpected($"{Current} cannot stand here; {what} must.", [.. known.Order(StringComparer.Ordinal).Take(5)]);
    }

    private static QueryFaultException Unknown(QueryToken word, string message, IEnumerable<string> known)
    {
        var all = known.Order(StringComparer.Ordinal).ToArray();
        return new QueryFaultException(new QueryFault(word.Position, word.Length, $"{word} {message}.", new Sequence<string>([.. all]), Words.Closest(word.Text, all)));
    }

    private QueryFaultException Unexpected(string message, params string[] expected)
    {
        var keywords = expected.Where(word => word.All(char.IsAsciiLetter)).Concat(["AND", "OR", "NOT", "ANY", "ALL"]).Concat(Words.Scalars);
        var suggestion = Current.Kind == QueryTokenKind.Word ? Words.Closest(Current.Text, keywords) : null;
        return new QueryFaultException(new QueryFault(Current.Position, Current.Length, message, new Sequence<string>([.. expected]), suggestion == Current.Text ? null : suggestion));
    }
}
