namespace Tributary.Engine.Delivery.Fql;

internal enum TriggerTokenKind
{
    Name,
    Dot,
    Operator,
    Conditional,
    Text,
    Number,
    Null,
    BracketLeft,
    BracketRight,
    ParenthesisLeft,
    ParenthesisRight,
    Comma,
    End,
}

/// <summary>A word of a trigger. Texts keep their quotes, because what they mean depends on which they are.</summary>
internal readonly record struct TriggerToken(TriggerTokenKind Kind, string Value, int Position);
