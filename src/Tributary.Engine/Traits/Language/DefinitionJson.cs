using System.Text.Json.Nodes;

namespace Tributary.Engine.Traits.Language;

/// <summary>Why a structured definition is none.</summary>
/// <param name="Path">Where in the JSON, e.g. <c>condition.all[1].is</c>; empty when the whole is meant.</param>
/// <param name="Message">What is wrong, as a sentence.</param>
/// <param name="Expected">What could stand there; empty when the rule is not about what stands there.</param>
/// <param name="Suggestion">What was probably meant; null when nothing is close.</param>
internal sealed record DefinitionFault(string Path, string Message, Sequence<string> Expected, string? Suggestion)
{
    public override string ToString() => Path.Length == 0 ? Message : $"{Path}: {Message}";
}

/// <summary>
/// A definition as nested objects, for editors with rows and groups. Both directions lose nothing: reading what was written gives the same definition.
/// </summary>
/// <remarks>The form: docs/reference/query-language.md.</remarks>
internal static class DefinitionJson
{
    /// <summary>Deepest nesting of objects and lists that a definition can come to, its own object included.</summary>
    public const int DepthMax = 250;

    /// <summary>Writes a definition.</summary>
    public static JsonObject Write(Definition definition)
    {
        var json = new JsonObject { ["type"] = TypeOf(definition.Scope), ["kind"] = KindOf(definition.Kind) };
        if (definition.Condition is { } condition) json["condition"] = Write(condition);
        else json["value"] = Write(definition.Value!);
        return json;
    }

    /// <summary>Reads what <see cref="Write(Definition)"/> writes, and every other spelling of it. What it accepts obeys every rule of the language.</summary>
    /// <param name="json">The definition.</param>
    /// <param name="definition">What it says; null when there is a fault.</param>
    /// <param name="fault">What is wrong with it; null when nothing is.</param>
    public static bool TryRead(
        JsonObject json, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Definition? definition, [System.Diagnostics.CodeAnalysis.NotNullWhen(false)] out DefinitionFault? fault)
    {
        (definition, fault) = DefinitionJsonReader.Read(json);
        return definition is not null;
    }

    /// <summary>The scope as the API names it.</summary>
    public static string TypeOf(DefinitionScope scope) => scope == DefinitionScope.Users ? "USERS" : "ACCOUNTS";

    /// <summary>The kind as the API names it.</summary>
    public static string KindOf(DefinitionKind kind) => kind == DefinitionKind.Audience ? "AUDIENCE" : "TRAIT";

    /// <summary>The reducer's name: as in the language, and <c>unique_count</c>.</summary>
    public static string NameOf(ReducerKind reducer) => reducer == ReducerKind.UniqueCount ? "unique_count" : reducer.ToString().ToLowerInvariant();

    private static JsonObject Write(Condition condition) => condition switch
    {
        AllOf all => new JsonObject { ["all"] = Write(all.Parts) },
        OneOf one => new JsonObject { ["any"] = Write(one.Parts) },
        Not not => new JsonObject { ["not"] = Write(not.Inner) },
        Quantified quantified => new JsonObject { [quantified.IsAll ? "everyone" : "anyone"] = Write(quantified.Inner) },
        Comparison comparison => Write(comparison),
        _ => throw new InvalidOperationException("Not a condition."),
    };

    private static JsonArray Write(Sequence<Condition> parts) => [.. parts.Select(part => (JsonNode)Write(part))];

    private static JsonObject Write(Comparison comparison)
    {
        var json = new JsonObject { ["of"] = Write(comparison.Left), ["is"] = Words.ComparerNames[comparison.Comparer] };
        if (comparison.Operands.Count > 0) json["to"] = new JsonArray([.. comparison.Operands.Select(Write)]);
        return json;
    }

    private static JsonNode Write(Operand operand) => operand switch
    {
        Constant { Value: { Kind: QueryValueKind.Boolean } value } => JsonValue.Create(value.Truth),
        Constant { Value: { Kind: QueryValueKind.Number } value } => JsonValue.Create(value.Number),
        Constant { Value: { Kind: QueryValueKind.Instant } value } => new JsonObject { ["date"] = value.Text },
        Constant { Value: var value } => JsonValue.Create(value.Text),
        Length length => Write(length.Duration),
        Reference reference => Write(reference.Value),
        _ => throw new InvalidOperationException("Not an operand."),
    };

    private static JsonObject Write(Scalar scalar)
    {
        switch (scalar)
        {
            case TraitScalar trait:
                return new JsonObject { ["trait"] = trait.Path.ToString() };
            case EventScalar part:
                return OfParent(new JsonObject { [part.Part == EventPart.Context ? "context" : "property"] = part.Path.ToString() }, part.OfParent);
            case Reduction reduction:
                var json = new JsonObject { ["event"] = reduction.Stream.Event };
                if (reduction.Stream.Filters.Count > 0) json["filters"] = new JsonArray([.. reduction.Stream.Filters.Select(filter => (JsonNode)Write(filter))]);
                json["reduce"] = NameOf(reduction.Reducer);
                if (reduction.Of is { } of) json["value"] = Write(of);
                if (reduction.As != ValueType.Unstated) json["as"] = reduction.As.ToString().ToLowerInvariant();
                if (reduction.Reducer == ReducerKind.Mode) json["least"] = reduction.Least;
                return json;
            default:
                throw new InvalidOperationException("Not a value.");
        }
    }

    private static JsonObject Write(StreamFilter filter) => filter switch
    {
        WhereFilter where => new JsonObject { ["where"] = Write(where.Condition) },
        SourcesFilter sources => new JsonObject { ["excludeSources"] = new JsonArray([.. sources.Excluded.Select(id => (JsonNode)JsonValue.Create(id))]) },
        WithinFilter within => OfParent(new JsonObject { ["within"] = Write(within.Duration) }, within.OfParent),
        BetweenFilter between => OfParent(new JsonObject { ["between"] = new JsonArray(Write(between.Near), Write(between.Far)) }, between.OfParent),
        SessionFilter session => new JsonObject { ["expiresAfter"] = Write(session.Gap) },
        _ => throw new InvalidOperationException("Not a filter."),
    };

    private static JsonObject Write(Duration duration) => new() { ["count"] = duration.Count, ["unit"] = duration.Unit.ToString().ToLowerInvariant() + "s" };

    private static JsonObject OfParent(JsonObject json, bool isOfParent)
    {
        if (isOfParent) json["parent"] = true;
        return json;
    }
}
