namespace Tributary.Engine.Traits.Language;

/// <summary>The part of the parser that reads values: traits, parts of events, and streams with their filters and reducers.</summary>
internal sealed partial class QueryParser
{
    private Scalar ReadScalar()
    {
        var word = Current;
        if (word.Kind != QueryTokenKind.Word) throw Unexpected($"{word} cannot begin a condition.", "trait('…')", "event('…')", "NOT", "(");
        switch (word.Text)
        {
            case "trait":
                _at++;
                Take("(");
                var trait = new TraitScalar(ReadPath());
                Take(")");
                return trait;
            case "property" or "context":
                return ReadEventScalar();
            case "event":
                return ReadReduction();
            case "entity":
                throw new QueryFaultException(new QueryFault(word.Position, word.Length, "Entities are not supported: there is no data graph to read them from.", ["trait", "event"], null));
            default:
                throw Unexpected($"{word} is no value.", [.. Words.Scalars]);
        }
    }

    private EventScalar ReadEventScalar()
    {
        if (!Current.Is("property") && !Current.Is("context")) throw Unexpected($"{Current} names no part of an event.", "property('…')", "context('…')");
        var part = Take().Text == "property" ? EventPart.Properties : EventPart.Context;
        Take("(");
        var ofParent = TryTakeParent();
        var position = Current;
        var path = ReadPath();
        if (part == EventPart.Context && path.Steps[0] == "traits")
            throw new QueryFaultException(new QueryFault(position.Position, position.Length, "context.traits cannot be used: what it holds is not what the profile knows.", ["trait('…')"], null));
        Take(")");
        return new EventScalar(part, path, ofParent);
    }

    // parent: stands before what it is said of, with or without the colon inside quotes.
    private bool TryTakeParent()
    {
        if (Current.Is("parent") && _tokens[_at + 1].Is(":"))
        {
            _at += 2;
            return true;
        }

        if (Current.Kind != QueryTokenKind.Value || Current.Value.Kind != QueryValueKind.Text || Current.Value.Text != "parent:") return false;
        // Something may be called so: only in front of a value it says whose that is.
        if (_tokens[_at + 1].Kind != QueryTokenKind.Value) return false;
        _at++;
        return true;
    }

    private ValuePath ReadPath()
    {
        var token = Current;
        if (token.Kind != QueryTokenKind.Value || token.Value.Kind != QueryValueKind.Text) throw Unexpected($"{token} is no name.", "'…'");
        _at++;
        return ValuePath.TryParse(token.Value.Text) ?? throw new QueryFaultException(new QueryFault(
            token.Position, token.Length, $"A name has 1 to {ValuePath.LengthMax} characters, at most {ValuePath.StepsMax} steps, and none of them is empty.", [], null));
    }

    private Reduction ReadReduction()
    {
        _at++;
        Take("(");
        var name = Current;
        if (name.Kind != QueryTokenKind.Value || name.Value.Kind != QueryValueKind.Text) throw Unexpected($"{name} is no event name.", "'…'");
        if (name.Value.Text.Length is 0 or > DefinitionRules.EventNameMax)
            throw new QueryFaultException(new QueryFault(name.Position, name.Length, $"The name of an event has 1 to {DefinitionRules.EventNameMax} characters.", [], null));
        _at++;
        Take(")");
        var filters = new List<StreamFilter>();
        while (true)
        {
            if (!Current.Is(".")) throw Unexpected("Events must be brought down to a value.", ".count()", ".sum(…)", ".where(…)", ".within(…)");
            _at++;
            var method = TakeWord("a filter or a reducer", Words.Reducers.Keys);
            if (Words.Reducers.TryGetValue(method.Text, out var reducer)) return ReadReducer(new EventStream(name.Value.Text, new Sequence<StreamFilter>([.. filters])), reducer);
            if (!Words.Filters.Contains(method.Text)) throw Unknown(method, "is no filter and no reducer", [.. Words.Filters, .. Words.Reducers.Keys]);
            Take("(");
            filters.Add(ReadFilter(method));
            Take(")");
        }
    }

    private StreamFilter ReadFilter(QueryToken method)
    {
        switch (method.Text)
        {
            case "where":
                return new WhereFilter(ReadOr());
            case "sources":
                return ReadSources();
            case "within":
                var ofParent = TryTakeParent();
                return new WithinFilter(ReadDuration(), ofParent);
            case "between":
                var isOfParent = TryTakeParent();
                var near = ReadDuration();
                Take(",");
                return new BetweenFilter(near, ReadDuration(), isOfParent);
            default:
                return new SessionFilter(ReadDuration());
        }
    }

    private SourcesFilter ReadSources()
    {
        Take("{");
        Take("exclude");
        Take(":");
        var isListed = TryTake("[");
        var ids = new List<string>();
        do
        {
            if (Current.Kind != QueryTokenKind.Value || Current.Value.Kind != QueryValueKind.Text) throw Unexpected($"{Current} is no id of a source.", "'…'");
            ids.Add(Take().Value.Text);
        }
        while (TryTake(","));
        if (isListed) Take("]", ",");
        Take("}", ",");
        return new SourcesFilter(new Sequence<string>([.. ids]));
    }

    private Reduction ReadReducer(EventStream stream, ReducerKind reducer)
    {
        Take("(");
        if (reducer == ReducerKind.Count)
        {
            Take(")");
            return new Reduction(stream, reducer);
        }

        var of = ReadEventScalar();
        var type = ValueType.Unstated;
        if (TryTake("as"))
        {
            var word = TakeWord("a type", ["number", "string", "array"]);
            type = word.Text switch
            {
                "number" when reducer is ReducerKind.Max or ReducerKind.Min or ReducerKind.Mode => ValueType.Number,
                "string" when reducer is ReducerKind.Max or ReducerKind.Min or ReducerKind.Mode => ValueType.String,
                "array" when reducer == ReducerKind.Mode => ValueType.Array,
                _ => throw Unknown(word, $"is no type that {reducer.ToString().ToLowerInvariant()} takes", reducer == ReducerKind.Mode ? ["number", "string", "array"] : ["number", "string"]),
            };
        }

        var least = 0;
        if (reducer == ReducerKind.Mode)
        {
            Take(",", "as");
            least = ReadCount("how often the value must occur");
        }

        Take(")");
        if (reducer == ReducerKind.Unique && Current.Is(".") && _tokens[_at + 1].Is("count"))
        {
            _at += 2;
            Take("(");
            Take(")");
            reducer = ReducerKind.UniqueCount;
        }

        return new Reduction(stream, reducer, of, type, least);
    }

    private Duration ReadDuration()
    {
        var count = ReadCount("a length of time");
        var word = TakeWord("a unit", ["seconds", "minutes", "hours", "days"]);
        if (!Words.Units.TryGetValue(word.Text, out var unit)) throw Unknown(word, "is no unit of time", Words.Units.Keys);
        return new Duration(count, unit);
    }

    private int ReadCount(string what)
    {
        if (Current.Kind == QueryTokenKind.Value && Current.Value.Kind == QueryValueKind.Number && Current.Value.Number is >= 1 and <= int.MaxValue
            && Math.Floor(Current.Value.Number) == Current.Value.Number) return (int)Take().Value.Number;
        throw Unexpected($"{Current} is not {what}: it must be a whole number of at least 1.", "a whole number");
    }
}
