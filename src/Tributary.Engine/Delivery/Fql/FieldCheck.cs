namespace Tributary.Engine.Delivery.Fql;

/// <summary>What a condition asks of the value it found.</summary>
internal sealed class FieldCheck
{
    private readonly Comparison _comparison;
    private readonly bool _isNegated;
    private readonly Needle _text = Needle.Prototype;
    private readonly double _number;

    private FieldCheck(TriggerCondition condition)
    {
        (_comparison, _isNegated) = condition.Operator switch
        {
            "=" => (Comparison.Equal, false),
            "!=" => (Comparison.Equal, true),
            "number_equals" => (Comparison.NumberEqual, false),
            "number_not_equals" => (Comparison.NumberEqual, true),
            "<" => (Comparison.Less, false),
            "<=" => (Comparison.LessOrEqual, false),
            ">" => (Comparison.Greater, false),
            ">=" => (Comparison.GreaterOrEqual, false),
            "contains" => (Comparison.Contains, false),
            "not_contains" => (Comparison.Contains, true),
            "starts_with" => (Comparison.StartsWith, false),
            "not_starts_with" => (Comparison.StartsWith, true),
            "ends_with" => (Comparison.EndsWith, false),
            "not_ends_with" => (Comparison.EndsWith, true),
            "exists" => (Comparison.Exists, false),
            "not_exists" => (Comparison.Exists, true),
            "is_true" => (Comparison.True, false),
            "is_false" => (Comparison.False, false),
            _ => (Comparison.Never, false),
        };
        if (_comparison is Comparison.Equal or Comparison.Contains or Comparison.StartsWith or Comparison.EndsWith) _text = new Needle(condition.ValueText);
        else if (_comparison <= Comparison.GreaterOrEqual) _number = condition.ValueNumber;
    }

    public static FieldCheck Of(TriggerCondition condition) => new(condition);

    public bool Holds(ScriptValue value) => _comparison switch
    {
        Comparison.NumberEqual or Comparison.Less or Comparison.LessOrEqual or Comparison.Greater or Comparison.GreaterOrEqual =>
            value.Kind == ScriptKind.Number && HoldsFor(value.Number),
        Comparison.Equal => IsText(value) != _isNegated,
        Comparison.Contains or Comparison.StartsWith or Comparison.EndsWith => value.Kind == ScriptKind.Text && HoldsFor(value) != _isNegated,
        Comparison.Exists => value.IsNullish == _isNegated,
        Comparison.True => value.Kind == ScriptKind.True,
        Comparison.False => value.Kind == ScriptKind.False,
        Comparison.Never => false,
    };

    private bool IsText(ScriptValue value)
    {
        if (value.Kind != ScriptKind.Text) return false;
        return value.Document is { } document ? document.IsText(value.Index, _text) : value.Text == _text.Text;
    }

    private bool HoldsFor(double number) => _comparison switch
    {
        Comparison.NumberEqual => number == _number != _isNegated,
        Comparison.Less => number < _number,
        Comparison.LessOrEqual => number <= _number,
        Comparison.Greater => number > _number,
        _ => number >= _number,
    };

    private bool HoldsFor(ScriptValue value)
    {
        // Bytes can be compared as they stand unless there are escapes or halves of characters.
        if (_text.IsWellFormed && value.Document is { } document && !document.At(value.Index).IsEscaped) return HoldsFor(document.Inner(value.Index));
        var text = value.Text;
        return _comparison switch
        {
            Comparison.Contains => text.Contains(_text.Text, StringComparison.Ordinal),
            Comparison.StartsWith => text.StartsWith(_text.Text, StringComparison.Ordinal),
            _ => text.EndsWith(_text.Text, StringComparison.Ordinal),
        };
    }

    private bool HoldsFor(ReadOnlySpan<byte> text) => _comparison switch
    {
        Comparison.Contains => text.IndexOf(_text.Utf8) >= 0,
        Comparison.StartsWith => text.StartsWith(_text.Utf8),
        _ => text.EndsWith(_text.Utf8),
    };

    // Numbers first: the constructor asks for them by order.
    private enum Comparison
    {
        NumberEqual,
        Less,
        LessOrEqual,
        Greater,
        GreaterOrEqual,
        Equal,
        Contains,
        StartsWith,
        EndsWith,
        Exists,
        True,
        False,
        Never,
    }
}
