using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Delivery;

/// <summary>
/// Takes secrets out of what is shown: the values of secret settings wherever they stand, as they are and as JSON, URLs and Basic credentials write them, and
/// headers, parameters of URLs and forms, members of JSON and user names of URLs that carry credentials by their name. Pure; made once per set of settings.
/// </summary>
internal sealed partial class SecretMask
{
    /// <summary>What stands in the place of a secret.</summary>
    public const string Mask = "••••";

    // Shorter values are words that would be masked everywhere, and no secret worth the name.
    private const int LengthMin = 5;

    private static readonly string[] HeaderWords = ["authorization", "x-auth", "cookie", "token", "secret", "api-key", "apikey", "api_key", "password", "signature", "credential", "access-key"];
    private static readonly string[] ParameterWords = ["token", "secret", "password", "signature", "apikey", "api_key", "api-key", "auth", "credential", "assertion"];

    private readonly string[] _forms;

    /// <param name="secrets">Secret values in the clear.</param>
    public SecretMask(IEnumerable<string> secrets) =>
        _forms = [.. secrets.Where(secret => secret.Length >= LengthMin).SelectMany(Forms).Distinct(StringComparer.Ordinal).OrderByDescending(form => form.Length)];

    /// <summary>The texts of secret settings, in the clear.</summary>
    /// <param name="settings">As they are stored.</param>
    /// <param name="secrets">Opens what is sealed; null where nothing is.</param>
    /// <param name="isSecret">Which settings are secret although they are not sealed.</param>
    public static IEnumerable<string> SecretsOf(JsonObject settings, SecretBox? secrets, Func<string, bool> isSecret) => (secrets?.UnsealReadable(settings) ?? settings)
        .Where(pair => SecretBox.IsSealed(settings[pair.Key]) || isSecret(pair.Key)).SelectMany(pair => Texts(pair.Value));

    /// <summary>A text without secrets.</summary>
    public string Clean(string text)
    {
        foreach (var form in _forms) text = text.Replace(form, Mask, StringComparison.Ordinal);
        if (text.Contains("token", StringComparison.OrdinalIgnoreCase) || text.Contains("secret", StringComparison.OrdinalIgnoreCase) || text.Contains("password", StringComparison.OrdinalIgnoreCase))
            text = GivenCredential().Replace(text, Mask);
        return CleanEnd(text);
    }

    /// <summary>A URL without secrets, in its user name, its path or its query.</summary>
    public string CleanUrl(string url)
    {
        url = NamesOfUrl().Replace(Clean(url), Mask + "@");
        var query = url.IndexOf('?', StringComparison.Ordinal);
        if (query < 0) return url;
        var parts = url[(query + 1)..].Split('&').Select(part =>
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            return equals > 0 && IsCredential(part[..equals]) ? $"{part[..equals]}={Mask}" : part;
        });
        return url[..(query + 1)] + string.Join('&', parts);
    }

    /// <summary>A header's value without secrets.</summary>
    public string CleanHeader(string name, string value)
    {
        if (!HeaderWords.Any(word => name.Contains(word, StringComparison.OrdinalIgnoreCase))) return Clean(value);
        // The scheme says what kind of credential was sent, and that is often the mistake.
        var space = value.IndexOf(' ', StringComparison.Ordinal);
        return space is > 0 and < 20 ? $"{value[..space]} {Mask}" : Mask;
    }

    /// <summary>Writes an exchange as <c>{"request":{…},"response":{…}}</c>, bodies cut to <paramref name="bodyMax"/> characters.</summary>
    public void Write(Utf8JsonWriter json, WireExchange exchange, int bodyMax)
    {
        json.WriteStartObject();
        json.WriteStartObject("request");
        WriteRequestFields(json, exchange, bodyMax);
        json.WriteEndObject();
        if (exchange.Status > 0)
        {
            json.WriteStartObject("response");
            json.WriteNumber("status", exchange.Status);
            WriteHeaders(json, exchange.ResponseHeaders);
            WriteBody(json, exchange.ResponseBody.Span, bodyMax);
            json.WriteEndObject();
        }

        if (exchange.Fault is { } fault) json.WriteString("fault", Clean(fault));
        json.WriteEndObject();
    }

    /// <summary>Writes a request alone, as <c>{"method","url","headers","body"}</c>.</summary>
    public void WriteRequest(Utf8JsonWriter json, WireExchange exchange, int bodyMax, string? subscriptionId)
    {
        json.WriteStartObject();
        if (subscriptionId is not null) json.WriteString("subscriptionId", subscriptionId);
        WriteRequestFields(json, exchange, bodyMax);
        json.WriteEndObject();
    }

    private void WriteRequestFields(Utf8JsonWriter json, WireExchange exchange, int bodyMax)
    {
        json.WriteString("method", exchange.Method);
        json.WriteString("url", CleanUrl(exchange.Url));
        WriteHeaders(json, exchange.RequestHeaders);
        WriteBody(json, exchange.RequestBody.Span, bodyMax);
    }

    private void WriteHeaders(Utf8JsonWriter json, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        json.WriteStartObject("headers");
        foreach (var group in headers.GroupBy(header => header.Key, StringComparer.OrdinalIgnoreCase))
            json.WriteString(group.Key, CleanHeader(group.Key, string.Join(", ", group.Select(header => header.Value))));
        json.WriteEndObject();
    }

    private void WriteBody(Utf8JsonWriter json, ReadOnlySpan<byte> body, int bodyMax)
    {
        // A character of UTF-8 has up to four bytes, and what is cut in the middle of a secret must not show its first half.
        var text = Clean(Encoding.UTF8.GetString(body[..Math.Min(body.Length, 8 * bodyMax)]));
        if (text.Length > bodyMax) json.WriteNumber("bodyBytes", body.Length);
        json.WriteString("body", text.Length > bodyMax ? text[..bodyMax] : text);
    }

    // What was cut by somebody else may end in the middle of a secret.
    private string CleanEnd(string text)
    {
        foreach (var form in _forms)
        {
            for (var length = Math.Min(form.Length - 1, text.Length); length >= LengthMin; length--)
            {
                if (text.EndsWith(form[..length], StringComparison.Ordinal)) return text[..^length] + Mask;
            }
        }

        return text;
    }

    /// <summary>Whether a parameter or setting of this name carries a credential.</summary>
    public static bool IsCredential(string parameter) =>
        parameter.Equals("key", StringComparison.OrdinalIgnoreCase) || parameter.Equals("sig", StringComparison.OrdinalIgnoreCase)
        || ParameterWords.Any(word => parameter.Contains(word, StringComparison.OrdinalIgnoreCase));

    // The value of a member or of a parameter of a form, whatever quotes an enclosing text has escaped. Tokens that were given for others belong to nobody's settings.
    [GeneratedRegex("""(?<=\b(?:access|refresh|id|bearer|auth)_?token\\*["']?\s*[:=]\s*\\*["']?|\b(?:client_?secret|password)\\*["']?\s*[:=]\s*\\*["']?)[^\s"'\\&,}<]+""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex GivenCredential();

    [GeneratedRegex("""(?<=^[a-z][a-z0-9+.-]*://)[^/?#@]+@""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex NamesOfUrl();

    private static IEnumerable<string> Texts(JsonNode? node) => node switch
    {
        JsonValue value when value.TryGetValue<string>(out var text) => [text],
        JsonObject map => map.SelectMany(pair => Texts(pair.Value)),
        JsonArray list => list.SelectMany(Texts),
        _ => [],
    };

    private static IEnumerable<string> Forms(string secret)
    {
        yield return secret;
        yield return Uri.EscapeDataString(secret);
        yield return JsonEncodedText.Encode(secret).Value;
        yield return secret.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        yield return Convert.ToBase64String(Encoding.UTF8.GetBytes(secret));
        yield return Convert.ToBase64String(Encoding.UTF8.GetBytes(secret + ":"));
        yield return Convert.ToBase64String(Encoding.UTF8.GetBytes(":" + secret));
    }
}
