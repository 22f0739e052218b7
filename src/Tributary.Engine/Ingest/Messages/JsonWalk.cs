using System.Buffers.Text;
using System.Text.Json;

namespace Tributary.Engine.Ingest;

/// <summary>
/// One forward pass over a JSON text. Notes how deep it went and overwrites numbers that no double can hold (1e999) with <c>null</c> in
/// place, because
/// later readers would make infinity of them. No objects are made.
/// </summary>
/// <param name="body">The text; changed in place where a number is overwritten.</param>
internal ref struct JsonWalk(Span<byte> body)
{
    // Any depth: an item that is too deep must not take its neighbours with it. The reader keeps one bit a level.
    private static readonly JsonReaderOptions AnyDepth = new() { MaxDepth = int.MaxValue };

    private readonly Span<byte> _body = body;
    private Utf8JsonReader _reader = new(body, AnyDepth);

    /// <summary>The deepest level of a container met since this was last set; the outermost container is level 0.</summary>
    public int Deepest { get; set; }

    public readonly JsonTokenType Kind => _reader.TokenType;

    public readonly int Depth => _reader.CurrentDepth;

    /// <summary>Offset of the token that was read last.</summary>
    public readonly int TokenStart => (int)_reader.TokenStartIndex;

    /// <summary>Offset after the token that was read last.</summary>
    public readonly int TokenEnd => (int)_reader.BytesConsumed;

    /// <exception cref="JsonException">The text is not JSON.</exception>
    public bool Read() => _reader.Read();

    /// <summary>Within an object: steps to the next member's name; false at the object's end.</summary>
    public bool NextMember()
    {
        _reader.Read();
        return _reader.TokenType == JsonTokenType.PropertyName;
    }

    public readonly bool NameIs(ReadOnlySpan<byte> name) => _reader.ValueTextEquals(name);

    public MessageField Field() => MessageFields.Of(ref _reader);

    /// <summary>Steps from a name to its value and tells the value's kind; a number that no double can hold becomes null.</summary>
    public JsonTokenType ReadValueStart()
    {
        _reader.Read();
        return Classify();
    }

    /// <summary>The kind of the token read last, as <see cref="ReadValueStart"/> tells it.</summary>
    public JsonTokenType Classify()
    {
        if (_reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray) Deepest = Math.Max(Deepest, _reader.CurrentDepth);
        return _reader.TokenType == JsonTokenType.Number && !KeepNumber() ? JsonTokenType.Null : _reader.TokenType;
    }

    /// <summary>From a value's first token to its last.</summary>
    public void SkipValue()
    {
        if (_reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray)) return;
        var depth = _reader.CurrentDepth;
        do
        {
            _reader.Read();
            switch (_reader.TokenType)
            {
                case JsonTokenType.StartObject or JsonTokenType.StartArray when _reader.CurrentDepth > Deepest:
                    Deepest = _reader.CurrentDepth;
                    break;
                case JsonTokenType.Number:
                    KeepNumber();
                    break;
                default:
                    break;
            }
        }
        while (_reader.CurrentDepth > depth);
    }

    // Only an exponent or 309 digits can exceed a double, so most numbers cost two comparisons.
    private readonly bool KeepNumber()
    {
        var number = _reader.ValueSpan;
        if (number.Length < 5 || (number.Length < 300 && number.IndexOfAny((byte)'e', (byte)'E') < 0)) return true;
        if (Utf8Parser.TryParse(number, out double value, out _) && double.IsFinite(value)) return true;
        var target = _body.Slice((int)_reader.TokenStartIndex, number.Length);
        target.Fill((byte)' ');
        "null"u8.CopyTo(target);
        return false;
    }
}
