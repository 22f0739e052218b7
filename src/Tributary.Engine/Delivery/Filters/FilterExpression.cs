using System.Collections.Immutable;
using Tributary.Engine.Delivery.Fql;

namespace Tributary.Engine.Delivery.Filters;

/// <summary>A part of the statement of a destination filter. Rules: spec/connections.md §5.4.</summary>
internal abstract record FilterExpression;

/// <summary>A text, a number (double), true, false or null that stands in the statement.</summary>
internal sealed record FilterLiteral(object? Value) : FilterExpression
{
    public ScriptValue Script { get; } = Value switch
    {
        string text => ScriptValue.Of(text),
        double number => ScriptValue.Of(number),
        bool flag => ScriptValue.Of(flag),
        _ => ScriptValue.Null,
    };
}

/// <summary><c>[a, b]</c>.</summary>
internal sealed record FilterList(ImmutableArray<FilterExpression> Elements) : FilterExpression;

/// <summary>The names of a path, without escapes.</summary>
internal sealed record FilterPath(ImmutableArray<string> Names) : FilterExpression
{
    public Needle[] Steps { get; } = [.. Names.Select(name => new Needle(name))];
}

internal sealed record FilterCall(FilterFunction Function, ImmutableArray<FilterExpression> Arguments) : FilterExpression
{
    /// <summary>The pattern of a match, when it stands in the statement; null when it is a path or is no pattern.</summary>
    public Glob? Pattern { get; } = Function == FilterFunction.Match && Arguments is [_, FilterLiteral { Value: string pattern }] ? Glob.Read(pattern).Glob : null;
}

/// <summary><c>!a</c>.</summary>
internal sealed record FilterNot(FilterExpression Operand) : FilterExpression;

/// <summary><c>a and b and c</c>, or the same with <c>or</c>; at least two.</summary>
internal sealed record FilterJunction(bool IsAnd, ImmutableArray<FilterExpression> Operands) : FilterExpression;

/// <summary>One of = != &lt; &lt;= &gt; &gt;= in, between two operands.</summary>
internal sealed record FilterComparison(string Operator, FilterExpression Left, FilterExpression Right) : FilterExpression;
