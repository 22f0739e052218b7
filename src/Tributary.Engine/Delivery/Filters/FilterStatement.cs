using System.Text.Json.Nodes;
using Tributary.Engine.Delivery.Fql;

namespace Tributary.Engine.Delivery.Filters;

/// <summary>
/// The statement of a destination filter, compiled: FQL as Segment documents it for filters and transformations. Rules: spec/connections.md §5.4. Immutable.
/// </summary>
public sealed class FilterStatement
{
    private readonly FilterExpression _expression;

    private FilterStatement(FilterExpression expression) => _expression = expression;

    /// <summary>Longest statement, in bytes of UTF-8.</summary>
    public const int BytesMax = FilterParser.BytesMax;

    /// <summary>Reads a statement; <c>all</c> alone is one that every event matches.</summary>
    /// <returns>The statement, or what was expected and where.</returns>
    public static (FilterStatement? Statement, FqlFault? Fault) Compile(string fql)
    {
        if (fql == "all") return (new FilterStatement(new FilterLiteral(true)), null);
        var (expression, fault) = FilterParser.Parse(fql);
        return expression is null ? (null, fault) : (new FilterStatement(expression), null);
    }

    /// <summary>Reads the JSON form of a statement.</summary>
    public static (FilterStatement? Statement, FqlFault? Fault) Compile(JsonNode? json)
    {
        var (expression, fault) = FilterJson.Read(json);
        return expression is null ? (null, fault) : (new FilterStatement(expression), null);
    }

    /// <summary>Asks the statement about an event.</summary>
    /// <returns>Whether it matches; null when the statement failed, and then why. A failed filter lets nothing through.</returns>
    public (bool? Matches, string? Fault) Ask(EventDocument message)
    {
        var evaluation = new FilterEvaluation(message);
        var holds = evaluation.Holds(_expression);
        return (holds, evaluation.Fault);
    }

    /// <summary>The statement as text, which reads back as the same statement.</summary>
    public string ToFql() => FilterText.Write(_expression);

    /// <summary>The statement as JSON: lists that begin with the operator; a text is a path, <c>{"value":…}</c> a value, <c>{"list":[…]}</c> a list.</summary>
    public JsonNode? ToJson() => FilterText.ToJson(_expression);
}
