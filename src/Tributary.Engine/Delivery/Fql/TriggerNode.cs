using System.Collections.Immutable;

namespace Tributary.Engine.Delivery.Fql;

/// <summary>A part of a trigger: a condition, or several of them.</summary>
public abstract record TriggerNode;

/// <summary>Several conditions. A child is null where the text has an empty pair of parentheses; reaching it makes the whole trigger false.</summary>
/// <param name="Operator"><c>and</c> or <c>or</c>; others can only come from JSON and match nothing.</param>
/// <param name="Children">In the order of the text.</param>
public sealed record TriggerGroup(string? Operator, ImmutableArray<TriggerNode?> Children) : TriggerNode;

/// <summary>A question about one field.</summary>
/// <param name="Type">event-type, event, name, userId, event-property, event-trait or event-context; others can only come from JSON and match nothing.</param>
/// <param name="Name">The path within properties, traits or context.</param>
/// <param name="Operator">Its name in Segment's syntax tree, e.g. <c>=</c>, <c>not_contains</c>, <c>is_true</c>. Unknown ones match nothing.</param>
/// <param name="Value">A string, a double, a bool, or null; with what the operator compares.</param>
/// <param name="HasValue">False for operators that compare with nothing.</param>
public sealed record TriggerCondition(string? Type, string? Name, string? Operator, object? Value = null, bool HasValue = false) : TriggerNode
{
    /// <summary>What JavaScript's <c>String</c> makes of the value.</summary>
    internal string ValueText => Value switch
    {
        string text => text,
        double number => ScriptNumber.Write(number),
        bool flag => flag ? "true" : "false",
        _ => HasValue ? "null" : "undefined",
    };

    /// <summary>What JavaScript's <c>Number</c> makes of the value.</summary>
    internal double ValueNumber => Value switch
    {
        string text => ScriptNumber.Read(text),
        double number => number,
        bool flag => flag ? 1 : 0,
        _ => HasValue ? 0 : double.NaN,
    };
}
