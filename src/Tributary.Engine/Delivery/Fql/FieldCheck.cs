namespace Tributary.Engine.Delivery.Fql;

/// <summary>What a condition asks of the value it found.</summary>
internal sealed class FieldCheck
{
    private readonly string? _operator;
    private readonly Needle _text;
    private readonly double _number;
    private readonly Comparison _comparison;

    private FieldCheck(TriggerCondition condition)
    {
        _operator = condition.Operator;
        _text = new Needle(condition.ValueText);
        _number = condition.ValueNumber;
        _comparison = _operator switch
        {
            "=" => Comparison.Equal,
            "!=" => Comparison.NotEqual,
            "number_equals" or "number_not_equals" or "<" or "<=" or ">" or ">=" => Comparison.Number,
            "contains" or "not_contains" or "starts_with" or "not_starts_with" or "ends_with" or "not_ends_with" => Comparison.Text,
            "exists" => Comparison.Exists,
            "not_exists" => Comparison.Missing,
            "is_true" => Comparison.True,
            "is_false" => Comparison.False,
            _ => Comparison.Never,
        };
    }

    public static FieldCheck Of(TriggerCondition condition) => new(condition);

    public bool Holds(ScriptValue value) => _comparison switch
    {
        Comparison.Equal => IsText(value),
        Comparison.NotEqual => !IsText(value),
        Comparison.Number => value.Kind == ScriptKind.Number && HoldsFor(value.Number),
        Comparison.Text => value.Kind == ScriptKind.Text && HoldsFor(value),
        Comparison.Exists => !value.IsNullish,
        Comparison.Missing => value.IsNullish,
        Comparison.True => value.Kind == ScriptKind.True,
        Comparison.False => value.Kind == ScriptKind.False,
        Comparison.Never => false,
    };

    private bool IsText(ScriptValue value)
    {
        if (value.Kind != ScriptKind.Text) return false;
        return value.Document is { } document ? document.IsText(value.Index, _text) : value.Text == _text.Text;
    }

    private bool HoldsFor(double number) => _operator switch
    {
        "number_equals" => number == _number,
        "number_not_equals" => number != _number,
        "<" => number < _number,
        "<=" => number <= _number,
        ">" => number > _number,
        _ => number >= _number,
    };

    private bool HoldsFor(ScriptValue value)
    {
        // Bytes can be compared as they stand unless there are escapes or halves of characters.
        if (_text.IsWellFormed && value.Document is { } document && !document.At(value.Index).IsEscaped) return HoldsFor(document.Inner(value.Index));
        var text = value.Text;
        return _operator switch
        {
            "contains" => text.Contains(_text.Text, StringComparison.Ordinal),
            "not_contains" => !text.Contains(_text.Text, StringComparison.Ordinal),
            "starts_with" => text.StartsWith(_text.Text, StringComparison.Ordinal),
            "not_starts_with" => !text.StartsWith(_text.Text, StringComparison.Ordinal),
            "ends_with" => text.EndsWith(_text.Text, StringComparison.Ordinal),
            _ => !text.EndsWith(_text.Text, StringComparison.Ordinal),
        };
    }

    private bool HoldsFor(ReadOnlySpan<byte> text) => _operator switch
    {
        "contains" => text.IndexOf(_text.Utf8) >= 0,
        "not_contains" => text.IndexOf(_text.Utf8) < 0,
        "starts_with" => text.StartsWith(_text.Utf8),
        "not_starts_with" => !text.StartsWith(_text.Utf8),
        "ends_with" => text.EndsWith(_text.Utf8),
        _ => !text.EndsWith(_text.Utf8),
    };

    private enum Comparison
    {
        Equal,
        NotEqual,
        Number,
        Text,
        Exists,
        Missing,
        True,
        False,
        Never,
    }
}
