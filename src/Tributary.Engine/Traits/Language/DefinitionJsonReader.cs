using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tributary.Engine.Traits.Language;

/// <summary>Reads structured definitions. The first fault ends it.</summary>
internal static class DefinitionJsonReader
{
    // As many as anything can have, so that a list from outside ends.
    private const int ListMax = DefinitionRules.ConstantsMax;

    private static readonly string[] Groups = ["all", "any", "not", "anyone", "everyone", "of"];
    private static readonly string[] FilterNames = ["where", "excludeSources", "within", "between", "expiresAfter"];

    /// <summary>The definition, or what is wrong with it.</summary>
    public static (Definition? Definition, DefinitionFault? Fault) Read(JsonObject json)
    {
        try
        {
            var definition = ReadDefinition(json);
            return DefinitionRules.Check(definition) is { } broken ? (null, new DefinitionFault("", broken, [], null)) : (definition, null);
        }
        catch (DefinitionFaultException failure)
        {
            return (null, failure.Fault);
        }
    }

    private static Definition ReadDefinition(JsonObject json)
    {
        Knows(json, "", "type", "kind", "condition", "value");
        var scope = Choose(json, "", "type", "USERS", "ACCOUNTS") == "USERS" ? DefinitionScope.Users : DefinitionScope.Accounts;
        var kind = json["kind"] is null ? null : Choose(json, "", "kind", "AUDIENCE", "TRAIT");
        if (json["condition"] is not null == json["value"] is not null) throw Fault("", "A definition has either a condition or a value.", "condition", "value");
        if (json["condition"] is { } condition)
        {
            if (kind == "TRAIT") throw Fault("condition", "A computed trait is a value, not a condition.", "value");
            return new Definition(scope, ReadCondition(condition, "condition", 0), null);
        }

        if (kind == "AUDIENCE") throw Fault("value", "An audience is a condition, not a value.", "condition");
        return new Definition(scope, null, ReadScalar(json["value"], "value", 0));
    }

    private static Condition ReadCondition(JsonNode? node, string path, int depth)
    {
        if (depth >= DefinitionRules.DepthMax) throw Fault(path, $"Conditions are nested more than {DefinitionRules.DepthMax} deep.");
        var json = ReadObject(node, path);
        // A comparison that does not say of what is a comparison all the same.
        var group = json["is"] is not null ? "of" : OnlyOne(json, path, Groups, "A condition");
        if (group == "of") return ReadComparison(json, path, depth);
        Knows(json, path, group);
        var inner = json[group];
        var innerPath = $"{path}.{group}";
        switch (group)
        {
            case "not":
                return new Not(ReadCondition(inner, innerPath, depth + 1));
            case "anyone" or "everyone":
                return new Quantified(group == "everyone", ReadCondition(inner, innerPath, depth + 1));
            default:
                var parts = ReadList(inner, innerPath, (part, partPath) => ReadCondition(part, partPath, depth + 1));
                return group == "all" ? Conditions.All(parts) : Conditions.Some(parts);
        }
    }

    private static Comparison ReadComparison(JsonObject json, string path, int depth)
    {
        Knows(json, path, "of", "is", "to");
        var left = ReadScalar(json["of"], path + ".of", depth);
        var name = Choose(json, path, "is", [.. Words.Comparers.Keys.Order(StringComparer.Ordinal)]);
        var comparer = Words.Comparers[name];
        var to = json["to"];
        var toPath = path + ".to";
        switch (comparer)
        {
            case Comparer.Absent or Comparer.Exists:
                return to is null or JsonArray { Count: 0 } ? new Comparison(left, comparer, []) : throw Fault(toPath, $"{name} compares with nothing.");
            case Comparer.WithinLast or Comparer.WithinNext or Comparer.BeforeLast or Comparer.AfterNext:
                return new Comparison(left, comparer, [new Length(ReadDuration(OneOf(to, ref toPath), toPath))]);
            case Comparer.Contains or Comparer.Omits or Comparer.StartsWith or Comparer.EndsWith or Comparer.OneOf or Comparer.NoneOf:
                return new Comparison(left, comparer, new Sequence<Operand>([.. ReadList(to, toPath, (each, eachPath) => ReadOperand(each, eachPath, depth))]));
            default:
                return new Comparison(left, comparer, [ReadOperand(OneOf(to, ref toPath), toPath, depth)]);
        }
    }

    // A list of one, or the one itself.
    private static JsonNode? OneOf(JsonNode? to, ref string path)
    {
        if (to is not JsonArray list) return to;
        if (list.Count != 1) throw Fault(path, $"The comparison takes one value, not {list.Count}.");
        path += "[0]";
        return list[0];
    }

    private static Operand ReadOperand(JsonNode? node, string path, int depth)
    {
        switch (node?.GetValueKind())
        {
            case JsonValueKind.String:
                return new Constant(QueryValue.Of(ReadText(node, path, DefinitionRules.ConstantTextMax, isEmptyToo: true)));
            case JsonValueKind.True or JsonValueKind.False:
                return new Constant(QueryValue.Of(node.GetValueKind() == JsonValueKind.True));
            case JsonValueKind.Number:
                var number = QueryValue.Of(ReadNumber(node));
                return number.IsNothing ? throw Fault(path, "The number is too large.") : new Constant(number);
            case JsonValueKind.Object when node["date"] is { } date:
                Knows(node.AsObject(), path, "date");
                return new Constant(ReadDate(date, path + ".date"));
            case JsonValueKind.Object:
                return new Reference(ReadScalar(node, path, depth));
            default:
                throw Fault(path, "There must be something to compare with.", "a text", "a number", "true", "false", "{\"date\": …}", "a value");
        }
    }

    private static QueryValue ReadDate(JsonNode node, string path)
    {
        var text = ReadText(node, path, 40);
        // What the language cannot say is no date either.
        if (ValueComparison.ReadInstant(text) is { } instant && !text.Contains(' ', StringComparison.Ordinal) && IsOneToken(text)) return QueryValue.OfInstant(instant, text);
        throw Fault(path, "It is no date. Write yyyy-mm-dd, or a time with Z or an offset.");
    }

    private static bool IsOneToken(string text)
    {
        try
        {
            return QueryLexer.Read(text) is [{ Kind: QueryTokenKind.Value, Value.Kind: QueryValueKind.Instant } token, _] && token.Length == text.Length;
        }
        catch (QueryFaultException)
        {
            return false;
        }
    }

    private static Scalar ReadScalar(JsonNode? node, string path, int depth)
    {
        var json = ReadObject(node, path);
        switch (OnlyOne(json, path, Words.Scalars, "A value"))
        {
            case "trait":
                Knows(json, path, "trait");
                return new TraitScalar(ReadPath(json["trait"], path + ".trait"));
            case "event":
                return ReadReduction(json, path, depth);
            default:
                return ReadPart(json, path);
        }
    }

    private static EventScalar ReadPart(JsonNode? node, string path)
    {
        var json = ReadObject(node, path);
        var part = OnlyOne(json, path, ["property", "context"], "A part of an event");
        Knows(json, path, part, "parent");
        return new EventScalar(part == "context" ? EventPart.Context : EventPart.Properties, ReadPath(json[part], $"{path}.{part}"), IsOfParent(json, path));
    }

    private static Reduction ReadReduction(JsonObject json, string path, int depth)
    {
        var reducer = Enum.GetValues<ReducerKind>().ToDictionary(DefinitionJson.NameOf)[Choose(json, path, "reduce", [.. Enum.GetValues<ReducerKind>().Select(DefinitionJson.NameOf)])];
        var isTyped = reducer is ReducerKind.Max or ReducerKind.Min or ReducerKind.Mode;
        Knows(json, path, ["event", "filters", "reduce", .. reducer == ReducerKind.Count ? [] : new[] { "value" }, .. isTyped ? ["as"] : Array.Empty<string>(), .. reducer == ReducerKind.Mode ? ["least"] : Array.Empty<string>()]);
        var name = ReadText(json["event"], path + ".event", DefinitionRules.EventNameMax);
        var filters = json["filters"] is null or JsonArray { Count: 0 } ? [] : ReadList(json["filters"], path + ".filters", (filter, filterPath) => ReadFilter(filter, filterPath, depth));
        var of = reducer == ReducerKind.Count ? null : ReadPart(json["value"], path + ".value");
        var type = json["as"] is null ? ValueType.Unstated : Choose(json, path, "as", reducer == ReducerKind.Mode ? ["number", "string", "array"] : ["number", "string"]) switch
        {
            "number" => ValueType.Number,
            "string" => ValueType.String,
            _ => ValueType.Array,
        };
        var least = reducer == ReducerKind.Mode ? ReadCount(json["least"], path + ".least") : 0;
        return new Reduction(new EventStream(name, new Sequence<StreamFilter>([.. filters])), reducer, of, type, least);
    }

    private static StreamFilter ReadFilter(JsonNode? node, string path, int depth)
    {
        var json = ReadObject(node, path);
        var filter = OnlyOne(json, path, FilterNames, "A filter");
        var inner = json[filter];
        var innerPath = $"{path}.{filter}";
        if (filter is "within" or "between") Knows(json, path, filter, "parent");
        else Knows(json, path, filter);
        switch (filter)
        {
            case "where":
                return new WhereFilter(ReadCondition(inner, innerPath, depth + 1));
            case "excludeSources":
                return new SourcesFilter(new Sequence<string>([.. ReadList(inner, innerPath, (id, idPath) => ReadText(id, idPath, DefinitionRules.ConstantTextMax, isEmptyToo: true))]));
            case "within":
                return new WithinFilter(ReadDuration(inner, innerPath), IsOfParent(json, path));
            case "between":
                var lengths = ReadList(inner, innerPath, ReadDuration);
                if (lengths.Count != 2) throw Fault(innerPath, "between takes two lengths of time: the nearer and the farther.");
                return new BetweenFilter(lengths[0], lengths[1], IsOfParent(json, path));
            default:
                return new SessionFilter(ReadDuration(inner, innerPath));
        }
    }

    private static Duration ReadDuration(JsonNode? node, string path)
    {
        var json = ReadObject(node, path);
        Knows(json, path, "count", "unit");
        var count = ReadCount(json["count"], path + ".count");
        return new Duration(count, Words.Units[Choose(json, path, "unit", [.. Words.Units.Keys.Order(StringComparer.Ordinal)])]);
    }

    private static int ReadCount(JsonNode? node, string path)
    {
        if (node?.GetValueKind() == JsonValueKind.Number && ReadNumber(node) is >= 1 and <= int.MaxValue and var number && Math.Floor(number) == number) return (int)number;
        throw Fault(path, "It must be a whole number of at least 1.");
    }

    private static double ReadNumber(JsonNode node) => double.Parse(node.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture);

    private static bool IsOfParent(JsonObject json, string path) => json["parent"]?.GetValueKind() switch
    {
        null or JsonValueKind.False => false,
        JsonValueKind.True => true,
        _ => throw Fault(path + ".parent", "It must be true or false.", "true", "false"),
    };

    private static ValuePath ReadPath(JsonNode? node, string path) =>
        ValuePath.TryParse(ReadText(node, path, ValuePath.LengthMax)) ?? throw Fault(path, $"A name has at most {ValuePath.StepsMax} steps, and none of them is empty.");

    private static string ReadText(JsonNode? node, string path, int lengthMax, bool isEmptyToo = false)
    {
        if (node?.GetValueKind() != JsonValueKind.String) throw Fault(path, "It must be a text.");
        var text = node.GetValue<string>();
        if (text.Length > lengthMax || (text.Length == 0 && !isEmptyToo)) throw Fault(path, $"It has {(isEmptyToo ? "at most" : "1 to")} {lengthMax} characters.");
        return text;
    }

    private static List<T> ReadList<T>(JsonNode? node, string path, Func<JsonNode?, string, T> read)
    {
        if (node is not JsonArray { Count: > 0 and <= ListMax } list) throw Fault(path, $"It must be a list of 1 to {ListMax}.");
        var items = new List<T>(list.Count);
        for (var i = 0; i < list.Count; i++) items.Add(read(list[i], $"{path}[{i}]"));
        return items;
    }

    private static JsonObject ReadObject(JsonNode? node, string path) => node as JsonObject ?? throw Fault(path, "It must be an object.");

    private static string Choose(JsonObject json, string path, string member, params string[] choices)
    {
        var at = path.Length == 0 ? member : $"{path}.{member}";
        if (json[member] is not { } node) throw Fault(at, "It is missing.", choices);
        var text = node.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : null;
        if (text is not null && choices.Contains(text)) return text;
        throw Fault(at, text is null ? "It must be a text." : "There is no such choice.", text, choices);
    }

    // Which of several members says what the object is; exactly one must be there.
    private static string OnlyOne(JsonObject json, string path, IReadOnlyList<string> members, string what)
    {
        var given = members.Where(member => json[member] is not null).ToList();
        if (given.Count == 1) return given[0];
        if (given.Count == 0 && json.Count > 0) Knows(json, path, [.. members]);
        throw Fault(path, given.Count == 0 ? $"{what} needs one of its members." : $"{what} cannot be {given[0]} and {given[1]} at once.", [.. members]);
    }

    private static void Knows(JsonObject json, string path, params string[] members)
    {
        foreach (var (name, _) in json)
            if (!members.Contains(name)) throw Fault(path.Length == 0 ? Cut(name) : $"{path}.{Cut(name)}", "There is no such member here.", name, members);
    }

    private static string Cut(string name) => name.Length <= 60 ? name : name[..60] + "…";

    private static DefinitionFaultException Fault(string path, string message, params string[] expected) => Fault(path, message, null, expected);

    private static DefinitionFaultException Fault(string path, string message, string? given, string[] expected) =>
        new(new DefinitionFault(path, message, new Sequence<string>([.. expected]), given is null || given.Length > 40 ? null : Words.Closest(given, expected)));

    /// <summary>Thrown and caught within the reader.</summary>
    private sealed class DefinitionFaultException(DefinitionFault fault) : Exception(fault.Message)
    {
        public DefinitionFault Fault { get; } = fault;
    }
}
