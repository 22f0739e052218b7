using System.Text.Json;
using System.Text.Json.Nodes;
using Tributary.Console.Access;
using Tributary.Engine.Delivery;

namespace Tributary.Console.Events;

/// <summary>Reads what became of messages in the same words as the API, so that both always say the same.</summary>
internal sealed class EventMessages(PassportQueries passports)
{
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 1_000 };

    /// <summary>The passport of a message id as <c>GET /api/events/{messageId}</c> answers it; null when the id is not known.</summary>
    public JsonObject? Passport(string messageId) => passports.Find(messageId) is { } passport ? Written(json => passports.Write(json, passport)) : null;

    /// <summary>The message of an accepted event; null when it is not known or no longer kept.</summary>
    public JsonNode? Find(string messageId) => Passport(messageId)?["events"]?.AsArray().FirstOrDefault()?["event"]?.DeepClone();

    /// <summary>
    /// A message as a member may see it. Its write key is a credential and is hidden from everybody: the page of the source shows it to those who may have it.
    /// </summary>
    public static JsonNode? Shown(JsonNode? message, bool mayIdentify)
    {
        var shown = mayIdentify ? message?.DeepClone() : PiiMask.Message(message);
        if (shown is JsonObject root && root.ContainsKey("writeKey")) root["writeKey"] = PiiMask.Hidden;
        return shown;
    }

    /// <summary>Reads what is written as fields of an object.</summary>
    public static JsonObject Written(Action<Utf8JsonWriter> write)
    {
        using var memory = new MemoryStream();
        using (var json = new Utf8JsonWriter(memory, new JsonWriterOptions { SkipValidation = true }))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return JsonNode.Parse(memory.ToArray(), documentOptions: Deep)!.AsObject();
    }
}
