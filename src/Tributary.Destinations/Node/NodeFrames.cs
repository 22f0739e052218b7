using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Text.Json;

namespace Tributary.Destinations.Node;

/// <summary>Frames between host and worker: the length in four bytes, least significant first, then so many bytes of JSON in UTF-8.</summary>
/// <remarks>
/// Host to worker: <c>{"id","op","config"?,"body"}</c> a job; <c>{"config","value"}</c> and <c>{"forget"}</c> what jobs refer to; <c>{"cancel"}</c> the id of a
/// job; <c>{"ping"}</c>; <c>{"re","ok"|"error"}</c> the answer to a request. Worker to host: <c>{"ready","version"}</c> first; <c>{"re","ok"|"error"}</c> the answer
/// to a job; <c>{"ask","id","job","body"}</c> a request; <c>{"unask"}</c> the id of a request that is no longer wanted; <c>{"tell","body"}</c>; <c>{"pong"}</c>.
/// </remarks>
internal static class NodeFrames
{
    private const int HeadBytes = 4;

    // Payloads are a few levels deep; this is what the worker's own parser would still take without asking.
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 512 };

    /// <summary>A whole frame with its head.</summary>
    public static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1_024);
        buffer.GetSpan(HeadBytes)[..HeadBytes].Clear();
        buffer.Advance(HeadBytes);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true, MaxDepth = Deep.MaxDepth }))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        var frame = buffer.WrittenSpan.ToArray();
        BinaryPrimitives.WriteUInt32LittleEndian(frame, (uint)(frame.Length - HeadBytes));
        return frame;
    }

    /// <summary>The next frame, or what is wrong with it.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    public static async ValueTask<(JsonElement Frame, string? Fault)> ReadAsync(PipeReader reader, int bytesMax, CancellationToken cancellationToken)
    {
        var head = await reader.ReadAtLeastAsync(HeadBytes, cancellationToken);
        if (head.Buffer.Length < HeadBytes) return (default, head.Buffer.IsEmpty ? "It closed the connection." : "It closed the connection in the middle of a frame.");
        var length = Length(head.Buffer);
        reader.AdvanceTo(head.Buffer.GetPosition(HeadBytes));
        if (length is 0 || length > bytesMax) return (default, $"It announced a frame of {length} bytes; the most are {bytesMax}.");
        var body = await reader.ReadAtLeastAsync((int)length, cancellationToken);
        if (body.Buffer.Length < length) return (default, "It closed the connection in the middle of a frame.");
        var bytes = body.Buffer.Slice(0, length).ToArray();
        reader.AdvanceTo(body.Buffer.GetPosition(length));
        try
        {
            // The document lives as long as who holds the frame; it is small, and nothing is rented that would have to be given back.
            var frame = JsonDocument.Parse(bytes, Deep).RootElement;
            return frame.ValueKind == JsonValueKind.Object ? (frame, null) : (default, "It sent what is no frame.");
        }
        catch (JsonException)
        {
            return (default, "It sent what is no JSON.");
        }
    }

    private static uint Length(ReadOnlySequence<byte> buffer)
    {
        Span<byte> head = stackalloc byte[HeadBytes];
        buffer.Slice(0, HeadBytes).CopyTo(head);
        return BinaryPrimitives.ReadUInt32LittleEndian(head);
    }
}
