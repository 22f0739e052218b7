using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Delivery;

/// <summary>
/// Decides from an event alone whether a destination may have it. Rules: spec/connections.md §5.5 (consent), §5.3 (<c>integrations</c>) and §4
/// (<c>_metadata</c> of a browser that has sent the event itself). Pure; codes are Segment's in snake case.
/// </summary>
/// <param name="destination">Its own name and id.</param>
/// <param name="kindName">The catalogue's name of its kind, e.g. <c>Webhook</c>; a message may say either, and its own name counts first.</param>
/// <param name="isWarehouse">It stores everything: only <c>Warehouses</c> among the integrations is about it, <c>All</c> and names are not.</param>
/// <param name="fullName">What messages may say as well, e.g. a function with its workspace's name; null when there is nothing else.</param>
/// <param name="isKnown">Whether a name among the integrations means anything here; null when all do.</param>
internal sealed class DeliveryFilter(
    Destination destination, string kindName, bool isWarehouse = false, string? fullName = null, Func<string, bool>? isKnown = null)
{
    public const string Disabled = "destination_disabled";
    public const string ByIntegrations = "filtered_by_integrations_object";
    public const string UnknownIntegration = "unknown_integration";
    public const string SentByClient = "message_sent_client_side";
    public const string ByType = "unsupported_event_type";
    public const string ByConsent = "filtered_by_end_user_consent";

    private readonly string[] _categories = CategoriesOf(destination);

    /// <summary>Why the destination does not get this event; null when it does.</summary>
    /// <param name="message">The event.</param>
    /// <param name="isReplay">It is sent again on request: then only consent counts, spec/connections.md §5.2.</param>
    public string? Judge(ReadOnlySpan<byte> message, bool isReplay = false)
    {
        // Objects go where everything is stored, and nowhere else: spec/connections.md §8.3. Ingest writes the type first.
        if (!isWarehouse && message.StartsWith("{\"type\":\"set\""u8)) return ByType;
        // Most messages have none of these, and looking for a few bytes is far cheaper than reading JSON.
        if (_categories.Length > 0 && message.IndexOf("\"consent\""u8) >= 0 && !HasConsent(message)) return ByConsent;
        if (isReplay) return null;
        var mayExclude = message.IndexOf("\"integrations\""u8) >= 0;
        var mayBeSent = message.IndexOf("\"_metadata\""u8) >= 0;
        if (!mayExclude && !mayBeSent) return null;
        var reader = new Utf8JsonReader(message, new JsonReaderOptions { MaxDepth = 1_000 });
        reader.Read();
        string? verdict = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isIntegrations = Is(ref reader, "integrations"u8);
            var isMetadata = !isIntegrations && Is(ref reader, "_metadata"u8);
            reader.Read();
            if (isIntegrations && reader.TokenType == JsonTokenType.StartObject) verdict ??= isWarehouse ? IsStored(ref reader) ? null : ByIntegrations : Route(ref reader);
            else if (isMetadata && reader.TokenType == JsonTokenType.StartObject && IsBundled(ref reader)) verdict ??= SentByClient;
            else reader.Skip();
        }

        return verdict;
    }

    // Without context.consent nothing is enforced; with it, every category that the destination is mapped to must be true.
    private bool HasConsent(ReadOnlySpan<byte> message)
    {
        var reader = new Utf8JsonReader(message, new JsonReaderOptions { MaxDepth = 1_000 });
        reader.Read();
        if (!Enter(ref reader, "context"u8) || !Enter(ref reader, "consent"u8)) return true;
        if (!Enter(ref reader, "categoryPreferences"u8)) return false;
        var given = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var category = NameOf(ref reader);
            reader.Read();
            if (reader.TokenType == JsonTokenType.True) given.Add(category);
            else given.Remove(category);
            reader.Skip();
        }

        return Array.TrueForAll(_categories, given.Contains);
    }

    // Moves from the start of an object to that of a member which is an object itself.
    private static bool Enter(ref Utf8JsonReader reader, ReadOnlySpan<byte> name)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isIt = Is(ref reader, name);
            reader.Read();
            if (isIt && reader.TokenType == JsonTokenType.StartObject) return true;
            reader.Skip();
        }

        return false;
    }

    private static string[] CategoriesOf(Destination destination) =>
        destination.Settings[DestinationSync.ConsentKey] is JsonArray list ? [.. list.Select(each => each?.ToString() ?? "")] : [];

    // An explicit boolean wins, options mean yes, silence means what "All" says, and without it yes. Where "All" alone keeps an event away and the message asks
    // for a name that nothing has, the name is what is wrong.
    private string? Route(ref Utf8JsonReader reader)
    {
        bool? own = null, kind = null, all = null;
        var names = reader;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isOwn = Is(ref reader, destination.Name) || Is(ref reader, destination.Id);
            var isKind = Is(ref reader, kindName) || (fullName is not null && Is(ref reader, fullName));
            var isAll = Is(ref reader, "All"u8) || Is(ref reader, "all"u8);
            reader.Read();
            bool? value = reader.TokenType switch { JsonTokenType.False => false, JsonTokenType.Null => null, _ => true };
            if (isOwn) own = value;
            if (isKind) kind = value;
            if (isAll) all = value;
            reader.Skip();
        }

        if (own ?? kind ?? all ?? true) return null;
        return (own ?? kind) is null && AsksForUnknown(names) ? UnknownIntegration : ByIntegrations;
    }

    private bool AsksForUnknown(Utf8JsonReader reader)
    {
        if (isKnown is null) return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = NameOf(ref reader);
            reader.Read();
            if (reader.TokenType is not (JsonTokenType.False or JsonTokenType.Null) && !isKnown(name)) return true;
            reader.Skip();
        }

        return false;
    }

    // Half of a surrogate pair, which the reader throws at, is no name of anything.
    private static bool Is(ref Utf8JsonReader reader, ReadOnlySpan<byte> text) => reader.ValueIsEscaped ? NameOf(ref reader) == Encoding.UTF8.GetString(text) : reader.ValueTextEquals(text);

    private static bool Is(ref Utf8JsonReader reader, string text) => reader.ValueIsEscaped ? NameOf(ref reader) == text : reader.ValueTextEquals(text);

    private static string NameOf(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return "";
        }
    }

    // {"Warehouses":{"all":false}} or {"Warehouses":{"warehouseIds":["id"]}}.
    private bool IsStored(ref Utf8JsonReader reader)
    {
        var isStored = true;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var areWarehouses = Is(ref reader, "Warehouses"u8);
            reader.Read();
            if (!areWarehouses || reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isAll = Is(ref reader, "all"u8);
                var areIds = Is(ref reader, "warehouseIds"u8);
                reader.Read();
                if (isAll) isStored = reader.TokenType != JsonTokenType.False;
                if (areIds && reader.TokenType == JsonTokenType.StartArray) isStored = Names(ref reader);
                else reader.Skip();
            }
        }

        return isStored;
    }

    private bool Names(ref Utf8JsonReader reader)
    {
        var isNamed = false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            isNamed |= reader.TokenType == JsonTokenType.String && Is(ref reader, destination.Id);
            reader.Skip();
        }

        return isNamed;
    }

    private bool IsBundled(ref Utf8JsonReader reader)
    {
        var isBundled = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var areNames = Is(ref reader, "bundled"u8);
            var areIds = Is(ref reader, "bundledIds"u8);
            reader.Read();
            if ((areNames || areIds) && reader.TokenType == JsonTokenType.StartArray)
            {
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    if (reader.TokenType != JsonTokenType.String) reader.Skip();
                    else if (areIds) isBundled |= Is(ref reader, destination.Id);
                    else isBundled |= Is(ref reader, destination.Name) || Is(ref reader, kindName) || (fullName is not null && Is(ref reader, fullName));
                }
            }
            else
            {
                reader.Skip();
            }
        }

        return isBundled;
    }
}
