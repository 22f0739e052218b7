using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Tributary.Engine.Workspace;

/// <summary>
/// Finds which values two states of a resource differ in, and what of them may be kept in the audit log. In doubt it hides: hashes, keys, what is sealed, whatever
/// is named like a credential or looks like one where people write freely. Code is described by its size.
/// </summary>
/// <remarks>One for each entry, because the room is that of the entry: a revision that changes a thousand resources keeps the values of the first ones.</remarks>
internal sealed partial class AuditValues
{
    /// <summary>Most characters of values and paths in one entry; a thousand entries are in memory.</summary>
    public const int EntryCharactersMax = 8_000;

    /// <summary>Most characters of one value.</summary>
    public const int ValueCharactersMax = 300;

    /// <summary>Most values of one resource.</summary>
    public const int ChangesMax = 60;

    private const int DepthMax = 12;
    private const int PathKeyMax = 60;

    // They say again what the entry says, or are made from something else that it says.
    private static readonly HashSet<string> Told = new(StringComparer.Ordinal)
    {
        "id", "number", "stamp", "createdAt", "createdBy", "updatedAt", "updatedBy", "invitedUntil", "deployedAt",
    };

    private static readonly HashSet<string> Hashes = new(StringComparer.Ordinal) { "hash", "passwordHash", "invitationHash", "writeKeys", "stamp" };

    private static readonly HashSet<string> Code = new(StringComparer.Ordinal) { "code", "deployedCode" };

    // Below these, people write what they like: settings of tools, mappings, rules.
    private static readonly HashSet<string> Free = new(StringComparer.Ordinal) { "settings", "audienceSettings", "schema", "actions" };

    // What tells the elements of a list apart.
    private static readonly string[] ElementNames = ["id", "key", "name", "type"];

    private readonly List<AuditChange> _changes = [];
    private int _room = EntryCharactersMax;
    private int _omitted;

    /// <summary>What differs between two states of one resource; null is the state in which there is none.</summary>
    public (ImmutableArray<AuditChange> Changes, int Omitted) Between(JsonObject? old, JsonObject? now)
    {
        _changes.Clear();
        _omitted = 0;
        foreach (var name in Names(old, now))
        {
            if (!Told.Contains(name)) Compare(name, name, old?[name], now?[name], Free.Contains(name), 1);
        }

        return ([.. _changes], _omitted);
    }

    private void Compare(string path, string name, JsonNode? old, JsonNode? now, bool isFree, int depth)
    {
        if (JsonNode.DeepEquals(old, now) || (IsEmpty(old) && IsEmpty(now))) return;
        // A setting that becomes a secret was one before.
        if (IsSecret(name, old) || IsSecret(name, now) || SecretBox.IsSealed(old) || SecretBox.IsSealed(now)) Add(path, Hidden(old), Hidden(now));
        else if (depth < DepthMax && old is JsonObject was && now is JsonObject shall && !(isFree && (IsNamedCredential(was) || IsNamedCredential(shall))))
        {
            foreach (var key in Names(was, shall)) Compare($"{path}.{Cut(key, PathKeyMax)}", key, was[key], shall[key], isFree || Free.Contains(key), depth + 1);
        }
        else if (depth < DepthMax && old is JsonArray { Count: > 0 } before && now is JsonArray { Count: > 0 } after && Keyed(before) is { } those && Keyed(after) is { } these && those.Name == these.Name)
        {
            foreach (var key in those.Elements.Select(pair => pair.Key).Union(these.Elements.Select(pair => pair.Key)))
                Compare($"{path}[{Cut(key, PathKeyMax)}]", name, those.Elements.GetValueOrDefault(key), these.Elements.GetValueOrDefault(key), isFree, depth + 1);
            if (those.Elements.Count == these.Elements.Count && those.Order.Order().SequenceEqual(these.Order.Order()) && !those.Order.SequenceEqual(these.Order))
                Add(path, Bounded(Texts(those.Order)), Bounded(Texts(these.Order)));
        }
        else Add(path, Bounded(Readable(name, old, isFree, depth)), Bounded(Readable(name, now, isFree, depth)));
    }

    private void Add(string path, JsonNode? before, JsonNode? after)
    {
        var characters = path.Length + Length(before) + Length(after);
        if (_changes.Count >= ChangesMax || characters > _room)
        {
            _omitted++;
            return;
        }

        _room -= characters;
        _changes.Add(new AuditChange(path, before, after));
    }

    private static IEnumerable<string> Names(JsonObject? old, JsonObject? now) => (old ?? []).Select(pair => pair.Key).Union((now ?? []).Select(pair => pair.Key));

    private static bool IsEmpty(JsonNode? node) => node is null or JsonObject { Count: 0 } or JsonArray { Count: 0 };

    private static int Length(JsonNode? node) => node?.ToJsonString(WorkspaceSnapshot.Json).Length ?? 0;

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => JsonValue.Create(text))]);

    // Only texts and what holds texts: "required": true under a name such as "token" is no secret.
    private static bool IsSecret(string name, JsonNode? node) => node switch
    {
        null or JsonValue when node?.GetValueKind() is null or System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False => false,
        _ => Hashes.Contains(name) || CredentialName().IsMatch(name),
    };

    // As headers are often written: {"key":"Authorization","value":"…"}.
    private static bool IsNamedCredential(JsonObject node) => ElementNames.Any(name => node[name] is JsonValue value && value.TryGetValue<string>(out var text) && CredentialName().IsMatch(text));

    private static JsonNode? Hidden(JsonNode? node) => node switch
    {
        null => null,
        // How many there are is no secret, and the reason why somebody looks.
        JsonArray list => Texts(list.Select(_ => SecretBox.Mask)),
        _ => JsonValue.Create(SecretBox.Mask),
    };

    private static JsonNode? Readable(string name, JsonNode? node, bool isFree, int depth)
    {
        if (node is null) return null;
        if (SecretBox.IsSealed(node) || IsSecret(name, node) || depth >= DepthMax) return Hidden(node);
        switch (node)
        {
            case JsonObject inner:
                var isCredential = isFree && IsNamedCredential(inner);
                // What is empty says nothing where a whole is shown.
                return new JsonObject(inner.Where(pair => !IsEmpty(pair.Value)).Select(pair => KeyValuePair.Create(
                    pair.Key, isCredential && pair.Key == "value" ? Hidden(pair.Value) : Readable(pair.Key, pair.Value, isFree || Free.Contains(pair.Key), depth + 1))));
            case JsonArray list:
                return new JsonArray([.. list.Select(element => Readable(name, element, isFree, depth + 1))]);
            case JsonValue value when value.TryGetValue<string>(out var text):
                if (Code.Contains(name)) return JsonValue.Create(Sized(text));
                return JsonValue.Create(Cut(isFree ? WithoutCredentials(text) : text, ValueCharactersMax));
            default:
                return node.DeepClone();
        }
    }

    private static string Sized(string code) => string.Create(CultureInfo.InvariantCulture, $"{code.Length} characters in {code.AsSpan().Count('\n') + 1} lines");

    private static string WithoutCredentials(string text)
    {
        text = NamesOfUrl().Replace(text, SecretBox.Mask + "@");
        if (Url().IsMatch(text)) text = QueryOfUrl().Replace(text, "?" + SecretBox.Mask);
        text = GivenCredential().Replace(text, match => match.Groups[1].Value + SecretBox.Mask);
        // Long and of letters and digits: a key, whatever the setting is called.
        return KeyLike().Replace(text, match => match.Value.Any(char.IsAsciiDigit) && match.Value.Any(char.IsAsciiLetter) ? SecretBox.Mask : match.Value);
    }

    private static JsonNode? Bounded(JsonNode? node) => Length(node) <= ValueCharactersMax + 2 || node is not (JsonObject or JsonArray)
        ? node
        : JsonValue.Create(Cut(node.ToJsonString(WorkspaceSnapshot.Json), ValueCharactersMax));

    private static string Cut(string text, int most)
    {
        if (text.Length <= most) return text;
        // A pair of surrogates is one letter.
        var end = char.IsHighSurrogate(text[most - 1]) ? most - 1 : most;
        return text[..end] + "…";
    }

    // The elements of a list by the text that tells them apart; null when nothing does.
    private static (string Name, Dictionary<string, JsonNode> Elements, List<string> Order)? Keyed(JsonArray list)
    {
        foreach (var name in ElementNames)
        {
            var elements = new Dictionary<string, JsonNode>(StringComparer.Ordinal);
            var order = new List<string>();
            foreach (var element in list)
            {
                if (element is not JsonObject named || named[name] is not JsonValue value || !value.TryGetValue<string>(out var key) || !elements.TryAdd(key, named)) break;
                order.Add(key);
            }

            if (order.Count == list.Count) return (name, elements, order);
        }

        return null;
    }

    [GeneratedRegex("token|secret|passw|pwd|passphrase|api.?key|access.?key|private|credential|authori[sz]ation|x-auth|cookie|signature|oauth", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex CredentialName();

    [GeneratedRegex(@"(?<=://)[^/@\s]+@", RegexOptions.CultureInvariant)]
    private static partial Regex NamesOfUrl();

    [GeneratedRegex(@"^[a-z][a-z0-9+.\-]*://", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Url();

    [GeneratedRegex(@"\?.*", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex QueryOfUrl();

    [GeneratedRegex(@"((?:bearer|basic)\s+|(?:password|pwd|secret|token|api_?key)\s*[=:]\s*)[^;&\s]+", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex GivenCredential();

    [GeneratedRegex(@"[A-Za-z0-9+_\-]{20,}", RegexOptions.CultureInvariant)]
    private static partial Regex KeyLike();
}
