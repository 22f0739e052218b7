using System.Globalization;
using System.Text.Json.Nodes;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Settings;

/// <summary>The identity rules of a space while somebody edits them: a list in order of strength.</summary>
internal sealed class IdentityDraft
{
    private readonly string _stored;

    private IdentityDraft(IdentitySettings settings, string stored)
    {
        _stored = stored;
        Demotion = settings.Demotion;
        // Those of equal priority in the order in which they give way.
        Rules = [.. settings.Identifiers.OrderBy(rule => rule.Priority).ThenBy(rule => rule.Type, StringComparer.Ordinal).Select(RuleDraft.Of)];
        Original = Value().ToJsonString();
    }

    /// <summary>The strongest first.</summary>
    public List<RuleDraft> Rules { get; }

    public DemotionRule Demotion { get; set; }

    /// <summary>Whether anything was changed since it was begun.</summary>
    public bool IsChanged => Value().ToJsonString() != Original;

    /// <summary>As <see cref="Value"/> when it was begun.</summary>
    public string Original { get; }

    /// <summary>A draft of what holds.</summary>
    public static IdentityDraft Of(IdentitySettings settings) => new(settings, StoredText(settings));

    /// <summary>Whether the rules that hold are not those that the draft began with: somebody else has changed them.</summary>
    public bool IsBehind(IdentitySettings now) => StoredText(now) != _stored;

    /// <summary>Gives a rule another place; false when it is there already.</summary>
    public bool Move(RuleDraft rule, int to)
    {
        var from = Rules.IndexOf(rule);
        to = Math.Clamp(to, 0, Rules.Count - 1);
        if (from < 0 || from == to) return false;
        Rules.RemoveAt(from);
        Rules.Insert(to, rule);
        return true;
    }

    /// <summary>Adds a rule as the weakest.</summary>
    public RuleDraft Add()
    {
        var rule = new RuleDraft { IsNew = true, IsOpen = true };
        Rules.Add(rule);
        return rule;
    }

    /// <summary>What is sent: the body of a PUT of the settings.</summary>
    public JsonObject Value() => new()
    {
        ["identifiers"] = new JsonArray([.. Rules.Select((rule, at) => (JsonNode)rule.Value(at + 1))]),
        ["demotion"] = Demotion.ToString(),
    };

    private static string StoredText(IdentitySettings settings) => ApiJson.Of(settings).ToJsonString();
}

/// <summary>The rule of one type while somebody edits it.</summary>
internal sealed class RuleDraft
{
    private static int _last;

    /// <summary>Tells its elements on the page from those of others, wherever it stands.</summary>
    public int Key { get; } = Interlocked.Increment(ref _last);

    /// <summary>It is not in what holds, so its name can be chosen.</summary>
    public bool IsNew { get; init; }

    /// <summary>Its details are shown.</summary>
    public bool IsOpen { get; set; }

    public string Type { get; set; } = "";

    public string Limit { get; set; } = IdentitySettings.PresetLimit.ToString(CultureInfo.InvariantCulture);

    public LimitWindow Window { get; set; }

    /// <summary>Separated by commas.</summary>
    public string MatchKeys { get; set; } = "";

    public List<BlockedDraft> Blocked { get; init; } = [];

    public static RuleDraft Of(IdentifierRule rule) => new()
    {
        Type = rule.Type,
        Limit = rule.Limit.ToString(CultureInfo.InvariantCulture),
        Window = rule.Window,
        MatchKeys = string.Join(", ", rule.MatchKeys),
        Blocked = [.. rule.Blocked.Select(blocked => new BlockedDraft { How = blocked.Pattern is null ? BlockedDraft.Exactly : BlockedDraft.ByPattern, Text = blocked.Pattern ?? blocked.Exact ?? "" })],
    };

    public JsonObject Value(int priority)
    {
        // What is no number goes as it was written, so that the answer names it.
        JsonNode limit = int.TryParse(Limit.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : Limit.Trim();
        return new JsonObject
        {
            ["type"] = Type.Trim(),
            ["matchKeys"] = new JsonArray([.. MatchKeys.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(key => JsonValue.Create(key))]),
            ["limit"] = limit,
            ["window"] = Window.ToString(),
            ["priority"] = priority,
            ["blocked"] = new JsonArray([.. Blocked.Select(blocked => (JsonNode)new JsonObject { [blocked.How] = blocked.Text })]),
        };
    }
}

/// <summary>A blocked value while somebody edits it.</summary>
internal sealed class BlockedDraft
{
    public const string Exactly = "exact";
    public const string ByPattern = "pattern";

    /// <summary>The field that the text is sent in: <see cref="Exactly"/> or <see cref="ByPattern"/>.</summary>
    public string How { get; set; } = Exactly;

    public string Text { get; set; } = "";
}
