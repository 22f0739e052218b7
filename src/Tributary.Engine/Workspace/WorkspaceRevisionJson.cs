using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tributary.Engine.Workspace;

/// <summary>
/// The bytes of a revision in the received log and of a resource in the state store. Whoever appends a revision and whoever applies it use these, so
/// that a replay gives the same bytes.
/// </summary>
/// <remarks>
/// <code>{"number":7,"author":"owner","at":1767225600000,"changes":[{"kind":"source","id":"…","body":{…}},{"kind":"token","id":"…","body":null}]}</code>
/// </remarks>
public static class WorkspaceRevisionJson
{
    /// <summary>The payload of a revision record.</summary>
    public static byte[] Write(WorkspaceRevision revision) => JsonSerializer.SerializeToUtf8Bytes(revision, WorkspaceSnapshot.Json);

    /// <summary>Reads the payload of a revision record.</summary>
    /// <exception cref="InvalidDataException">The payload is no revision: a newer binary wrote it, or our own code is at fault.</exception>
    public static WorkspaceRevision Parse(ReadOnlySpan<byte> payload)
    {
        try
        {
            var revision = JsonSerializer.Deserialize<WorkspaceRevision>(payload, WorkspaceSnapshot.Json);
            return revision is { Changes.IsDefault: false } ? revision : throw new InvalidDataException("A revision record has no changes.");
        }
        catch (JsonException failure)
        {
            throw new InvalidDataException($"A revision record cannot be read: {failure.Message}", failure);
        }
    }

    /// <summary>The key of a resource in <see cref="Storage.Table.Workspace"/>: kind, a zero byte, id.</summary>
    public static byte[] Key(string kind, string id) => Encoding.UTF8.GetBytes($"{kind}\0{id}");

    /// <summary>The kind and id that a key stands for.</summary>
    /// <exception cref="InvalidDataException">The key has no zero byte.</exception>
    public static (string Kind, string Id) ParseKey(ReadOnlySpan<byte> key)
    {
        var zero = key.IndexOf((byte)0);
        if (zero < 0) throw new InvalidDataException("A key of the workspace table has no zero byte between kind and id.");
        return (Encoding.UTF8.GetString(key[..zero]), Encoding.UTF8.GetString(key[(zero + 1)..]));
    }

    /// <summary>The value of a resource in <see cref="Storage.Table.Workspace"/>.</summary>
    public static byte[] WriteBody(JsonObject body) => JsonSerializer.SerializeToUtf8Bytes(body, WorkspaceSnapshot.Json);

    /// <summary>Reads the value of a resource.</summary>
    /// <exception cref="InvalidDataException">The value is no JSON object.</exception>
    public static JsonObject ParseBody(ReadOnlySpan<byte> value) =>
        JsonNode.Parse(value) as JsonObject ?? throw new InvalidDataException("A value of the workspace table is no JSON object.");
}
