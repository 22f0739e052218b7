using System.Text.Json;
using System.Text.Json.Nodes;
using Tributary.Destinations.Actions;
using Tributary.Engine.Workspace;

namespace Tributary.Server.Tests.Delivery;

/// <summary>Makes settings and mappings up from the definitions of fields: values that look right, for nobody in particular.</summary>
internal static class ActionsSample
{
    /// <summary>An event in which most default mappings find something.</summary>
    public const string Event = """
        {"type":"track","event":"Order Completed","messageId":"5b4f2c1e-0000-4000-8000-000000000001","userId":"ada","anonymousId":"a-1","groupId":"g-1","name":"Home","previousId":"old",
         "category":"Store","timestamp":"2026-01-02T03:04:05.000Z","originalTimestamp":"2026-01-02T03:04:05.000Z","sentAt":"2026-01-02T03:04:05.000Z","receivedAt":"2026-01-02T03:04:06.000Z","version":2,
         "traits":{"email":"ada@example.com","phone":"+14155550100","firstName":"Ada","lastName":"King","name":"Ada King","id":"ada","gender":"f","birthday":"1990-12-10","age":35,"username":"ada",
           "address":{"street":"1 Main St","city":"Berlin","state":"BE","postalCode":"10115","country":"DE"},"company":{"id":"c-1","name":"Engines"},"plan":"pro","createdAt":"2025-01-01T00:00:00.000Z","list_1":true},
         "properties":{"order_id":"o-1","orderId":"o-1","checkout_id":"ch-1","cart_id":"ca-1","total":42.5,"revenue":42.5,"value":42.5,"price":42.5,"quantity":1,"currency":"USD","coupon":"X","email":"ada@example.com",
           "phone":"+14155550100","product_id":"p-1","sku":"s-1","name":"Engine","category":"Machines","brand":"B","url":"https://shop.example/p-1","query":"engine","search_string":"engine","title":"Engine",
           "path":"/p-1","referrer":"https://www.example/","list_1":true,"rating":5,"status":"active","conversionId":1,"gclid":"g","products":[{"product_id":"p-1","sku":"s-1","name":"Engine","price":42.5,"quantity":1,
           "category":"Machines","brand":"B","variant":"v","url":"https://shop.example/p-1","image_url":"https://shop.example/p-1.png","currency":"USD"}]},
         "context":{"ip":"203.0.113.7","userAgent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36","locale":"en-US","timezone":"Europe/Berlin","page":{"url":"https://shop.example/p-1",
           "path":"/p-1","title":"Engine","referrer":"https://www.example/","search":"?q=1"},"device":{"id":"d-1","advertisingId":"11111111-1111-4111-8111-111111111111","adTrackingEnabled":true,"type":"ios","model":"m",
           "manufacturer":"Apple","token":"t","brand":"b"},"app":{"name":"Shop","version":"1.2.3","build":"7","namespace":"com.example.shop"},"os":{"name":"iOS","version":"17.0"},"screen":{"width":100,"height":200,"density":2},
           "network":{"carrier":"c","wifi":true,"bluetooth":false,"cellular":false},"location":{"city":"Berlin","country":"Germany","region":"BE","latitude":52.5,"longitude":13.4},"campaign":{"name":"n","source":"s",
           "medium":"m","term":"t","content":"c"},"library":{"name":"analytics.js","version":"2.0"},"traits":{"email":"ada@example.com","phone":"+14155550100","firstName":"Ada","lastName":"King","age":35},
           "groupId":"g-1","externalId":"x-1","personas":{"computation_class":"audience","computation_key":"list_1","computation_id":"aud_1","external_audience_id":"123","space_id":"spa_1","namespace":"spa_1",
           "audience_settings":{"audienceName":"list_1","advertiserId":"1","externalAudienceId":"123"}},"integration":{"name":"x"},"audience_id":"aud_1"},"integrations":{}}
        """;

    /// <summary>Settings of every name that the definition knows.</summary>
    public static JsonObject Settings(ActionsKind kind)
    {
        var settings = new JsonObject();
        foreach (var option in kind.Kind.Options) settings[option.Name] = Setting(option);
        return settings;
    }

    /// <summary>The defaults of all fields, and made-up values where a required field has none.</summary>
    public static JsonObject Defaults(DestinationAction action, bool everything)
    {
        var mapping = action.DefaultMapping();
        foreach (var field in action.Fields.EnumerateObject())
        {
            var isRequired = Member(field.Value, "required").ValueKind is JsonValueKind.True or JsonValueKind.Object;
            if (mapping[field.Name] is null && (isRequired || everything)) mapping[field.Name] = Value(field.Name, field.Value, everything);
        }

        if (Member(action.Definition, "syncMode") is { ValueKind: JsonValueKind.Object } mode)
            mapping["__segment_internal_sync_mode"] = Text(mode, "default") is { Length: > 0 } standard ? standard : Text(Member(mode, "choices")[0], "value");
        return mapping;
    }

    private static JsonNode? Setting(DestinationOption option)
    {
        if (option.Type == "map") return new JsonObject { ["access_token"] = "t", ["refresh_token"] = "r", ["clientId"] = "c", ["clientSecret"] = "s", ["refresh_token_url"] = "https://refresh.example/token" };
        if (option.Default.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null)) return JsonNode.Parse(option.Default.GetRawText());
        if (option.Choices.ValueKind == JsonValueKind.Array && option.Choices.GetArrayLength() > 0) return JsonNode.Parse(Choice(option.Choices));
        return option.Type switch { "number" => JsonValue.Create(1), "boolean" => JsonValue.Create(false), _ => JsonValue.Create(TextFor(option.Name, "")) };
    }

    private static JsonNode? Value(string name, JsonElement field, bool everything)
    {
        var single = Single(name, field, everything);
        return Member(field, "multiple").ValueKind == JsonValueKind.True ? new JsonArray(single) : single;
    }

    private static JsonNode? Single(string name, JsonElement field, bool everything)
    {
        if (Member(field, "choices") is { ValueKind: JsonValueKind.Array } choices && choices.GetArrayLength() > 0) return JsonNode.Parse(Choice(choices));
        return Text(field, "type") switch
        {
            "number" or "integer" => JsonValue.Create(Math.Max(1, Member(field, "minimum") is { ValueKind: JsonValueKind.Number } least ? least.GetDouble() : 1)),
            "boolean" => JsonValue.Create(true),
            "datetime" => JsonValue.Create("2026-01-02T03:04:05.000Z"),
            "object" => Object(field, everything),
            _ => JsonValue.Create(TextFor(name, Text(field, "format"))),
        };
    }

    private static JsonObject Object(JsonElement field, bool everything)
    {
        var result = new JsonObject();
        if (Member(field, "properties") is not { ValueKind: JsonValueKind.Object } properties) return new JsonObject { ["key"] = "value" };
        foreach (var property in properties.EnumerateObject())
        {
            if (everything || Member(property.Value, "required").ValueKind == JsonValueKind.True) result[property.Name] = Value(property.Name, property.Value, everything);
        }

        return result;
    }

    private static string TextFor(string name, string format)
    {
        bool Has(string part) => name.Contains(part, StringComparison.OrdinalIgnoreCase);
        if (name == "instanceUrl") return "https://acme.my.salesforce.com/";
        if (format is "uri" || Has("url") || Has("endpoint")) return "https://partner.example/path";
        if (format == "email" || Has("email")) return "ada@example.com";
        if (format is "date-time" or "date" || Has("timestamp") || Has("_at")) return format == "date" ? "2026-01-02" : "2026-01-02T03:04:05.000Z";
        if (format == "uuid") return "11111111-1111-4111-8111-111111111111";
        if (format is "hostname" || Has("host") || Has("domain")) return "partner.example";
        if (format is "ipv4" || name == "ip") return "203.0.113.7";
        if (Has("phone")) return "+14155550100";
        if (Has("currency")) return "USD";
        if (Has("country")) return "US";
        return Has("region") ? "us" : Has("id") ? "123" : "value";
    }

    private static string Choice(JsonElement choices) => (choices[0].ValueKind == JsonValueKind.Object ? choices[0].GetProperty("value") : choices[0]).GetRawText();

    private static JsonElement Member(JsonElement element, string name) => element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : default;

    private static string Text(JsonElement element, string name) => Member(element, name) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : "";
}
