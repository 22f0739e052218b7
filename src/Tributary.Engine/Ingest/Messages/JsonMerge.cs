using System.Buffers;
using System.Text.Json;

namespace Tributary.Engine.Ingest;

/// <summary>
/// Lays one JSON object over another, deeply: members of both that are objects are merged, otherwise the upper wins. Used when an envelope
/// and its item both
/// have <c>context</c> or <c>integrations</c> (spec/connections.md §1.3), which is rare: Go and Java send one or the other.
/// </summary>
internal static class JsonMerge
{
    private static readonly JsonReaderOptions Deep = new() { MaxDepth = 128 };

    private readonly record struct Slot(bool IsUpper, Range Name, Range Value, bool IsObject, Range Lower);

    /// <summary>Writes the merged object. Both texts are objects that were read before; neither is nested deeper than 64 levels.</summary>
    public static void Write(ReadOnlySpan<byte> lower, ReadOnlySpan<byte> upper, IBufferWriter<byte> target)
    {
        var slots = new OrderedDictionary<string, Slot>(StringComparer.Ordinal);
        Collect(lower, isUpper: false, slots);
        Collect(upper, isUpper: true, slots);
        target.Write("{"u8);
        var first = true;
        foreach (var slot in slots.Values)
        {
            if (!first) target.Write(","u8);
            first = false;
            var from = slot.IsUpper ? upper : lower;
            target.Write(from[slot.Name]);
            target.Write(":"u8);
            if (slot.IsUpper && slot.Lower.End.Value > 0) Write(lower[slot.Lower], upper[slot.Value], target);
            else target.Write(from[slot.Value]);
        }

        target.Write("}"u8);
    }

    private static void Collect(ReadOnlySpan<byte> json, bool isUpper, OrderedDictionary<string, Slot> slots)
    {
        var reader = new Utf8JsonReader(json, Deep);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            var nameRange = (int)reader.TokenStartIndex..((int)reader.TokenStartIndex + reader.ValueSpan.Length + 2);
            reader.Read();
            var isObject = reader.TokenType == JsonTokenType.StartObject;
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            var below = default(Range);
            if (isUpper && isObject && slots.TryGetValue(name, out var present) && present.IsObject)
                below = present.IsUpper ? present.Lower : present.Value;
            slots[name] = new Slot(isUpper, nameRange, start..(int)reader.BytesConsumed, isObject, below);
        }
    }
}
