using System.Text.Json;

namespace Tributary.Engine.Ingest;

/// <summary>Where one member of an object lies in the body: bytes from the name's opening quote to the value's end.</summary>
/// <param name="Field">What it stands for.</param>
/// <param name="Kind">The value's first token; numbers that no double can hold count as null.</param>
/// <param name="NameStart">Offset of the name's opening quote.</param>
/// <param name="Start">Offset of the value.</param>
/// <param name="End">Offset after the value.</param>
internal readonly record struct Member(MessageField Field, JsonTokenType Kind, int NameStart, int Start, int End)
{
    /// <summary>True when the member says something: it is there and not null.</summary>
    public bool IsGiven => Kind is not (JsonTokenType.None or JsonTokenType.Null);

    /// <summary>True when it is none that Ingest reads; within a message <c>batch</c> means nothing.</summary>
    public bool IsOther => Field is MessageField.Other or MessageField.Batch;

    public ReadOnlySpan<byte> Value(ReadOnlySpan<byte> body) => body[Start..End];

    /// <summary>Of a string: its content between the quotes, escapes as they were sent.</summary>
    public ReadOnlySpan<byte> Text(ReadOnlySpan<byte> body) => body[(Start + 1)..(End - 1)];

    /// <summary>Name, colon and value as they were sent.</summary>
    public ReadOnlySpan<byte> Whole(ReadOnlySpan<byte> body) => body[NameStart..End];

    /// <summary>The name with its quotes.</summary>
    public ReadOnlySpan<byte> QuotedName(ReadOnlySpan<byte> body)
    {
        var rest = body[NameStart..Start];
        return rest[..(rest.LastIndexOf((byte)'"') + 1)];
    }
}
