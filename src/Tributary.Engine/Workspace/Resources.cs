using System.Collections.Immutable;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Tributary.Engine.Workspace;

/// <summary>Where events come from.</summary>
public sealed record Source
{
    /// <summary>Opaque, URL-safe, never used again.</summary>
    public required string Id { get; init; }

    /// <summary>Stands for the source in logs and keys; counts up from 1, never used again.</summary>
    public required uint Number { get; init; }

    /// <summary>Unique; its snake case is the schema of the source in the lake.</summary>
    public required string Slug { get; init; }

    public required string Name { get; init; }

    /// <summary>Catalogue slug, e.g. <c>http-api</c> or <c>javascript</c>; see <see cref="SourceCatalog"/>.</summary>
    public required string MetadataId { get; init; }

    public bool Enabled { get; init; } = true;

    /// <summary>The space that its events go to.</summary>
    public required string SpaceId { get; init; }

    /// <summary>Credentials that may only write. At least one.</summary>
    public required ImmutableArray<string> WriteKeys { get; init; }

    /// <summary>Free settings as they were given; <c>rateLimit</c> is ours.</summary>
    public JsonObject Settings { get; init; } = [];

    /// <summary>What happens to events that break a tracking plan: <c>track</c>, <c>identify</c>, <c>group</c> and where violations are forwarded to.</summary>
    public JsonObject Schema { get; init; } = [];

    public ImmutableArray<Label> Labels { get; init; } = [];

    /// <summary>True for websites and apps: they run on the person's device, so the peer's address is the person's.</summary>
    [JsonIgnore]
    public bool IsClientSide => SourceCatalog.IsClientSide(MetadataId);

    /// <summary>What delivered messages carry as <c>channel</c>: browser, mobile or server.</summary>
    [JsonIgnore]
    public string Channel => SourceCatalog.Channel(MetadataId);

    /// <summary>Most events a second, from <c>settings.rateLimit</c>; null when there is no limit.</summary>
    [JsonIgnore]
    public int? RateLimit => Settings["rateLimit"] is JsonValue value && value.TryGetValue<int>(out var limit) && limit > 0 ? limit : null;
}

/// <summary>A key and value that people group resources by.</summary>
public sealed record Label(string Key, string Value, string? Description = null);

/// <summary>A tool that receives the events of one source.</summary>
public sealed record Destination
{
    public required string Id { get; init; }

    /// <summary>Stands for the destination in keys; counts up from 1, never used again.</summary>
    public required uint Number { get; init; }

    public required string Name { get; init; }

    /// <summary>Catalogue slug, e.g. <c>webhook</c>.</summary>
    public required string MetadataId { get; init; }

    public bool Enabled { get; init; } = true;

    /// <summary>Nothing is sent until somebody says so; events wait, and none is lost or filtered for it.</summary>
    public bool Paused { get; init; }

    /// <summary>The source whose events it receives.</summary>
    public required string SourceId { get; init; }

    /// <summary>The destination's own settings, e.g. <c>url</c> of a webhook; secrets are sealed, see <see cref="SecretBox"/>.</summary>
    public JsonObject Settings { get; init; } = [];
}

/// <summary>Says when an action of a destination runs, and with which fields. Segment's consoles call it a mapping.</summary>
public sealed record Subscription
{
    public required string Id { get; init; }

    /// <summary>Stands for the subscription in keys; counts up from 1, never used again.</summary>
    public required uint Number { get; init; }

    public required string DestinationId { get; init; }

    public required string Name { get; init; }

    /// <summary>The key of the action, e.g. <c>trackEvent</c>.</summary>
    public required string Action { get; init; }

    public bool Enabled { get; init; }

    /// <summary>FQL in the dialect of subscriptions: which events it is for.</summary>
    public required string Trigger { get; init; }

    /// <summary>The mapping: from an event to the fields of the action.</summary>
    public JsonObject Settings { get; init; } = [];
}

/// <summary>Keeps events, or parts of them, from a destination.</summary>
public sealed record DestinationFilter
{
    public required string Id { get; init; }

    public required string DestinationId { get; init; }

    public required string Title { get; init; }

    public string? Description { get; init; }

    /// <summary>FQL in the dialect of filters, or <c>all</c>: which events it is about.</summary>
    public required string If { get; init; }

    public bool Enabled { get; init; }

    /// <summary>What happens to them: <c>{"type":"DROP"}</c> and the like, spec/connections.md §5.4.</summary>
    public JsonArray Actions { get; init; } = [];

    /// <summary>Milliseconds since 1970.</summary>
    public long CreatedAt { get; init; }

    /// <summary>Milliseconds since 1970.</summary>
    public long UpdatedAt { get; init; }
}

/// <summary>An isolated identity graph with its profiles.</summary>
public sealed record Space
{
    /// <summary><c>spa_…</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Stands for the space in logs and keys; counts up from 1, never used again.</summary>
    public required ushort Number { get; init; }

    public required string Slug { get; init; }

    public required string Name { get; init; }

    public IdentitySettings Identity { get; init; } = IdentitySettings.Default;
}

/// <summary>A credential of the management and Profile APIs. Only its hash is kept.</summary>
public sealed record Token
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>SHA-256 of the token, lower-case hexadecimal.</summary>
    public required string Hash { get; init; }

    /// <summary>What it may do: <c>admin</c> (everything) or <c>profiles:read</c> (the Profile API).</summary>
    public required ImmutableArray<string> Scopes { get; init; }
}

/// <summary>What source slugs mean.</summary>
public static class SourceCatalog
{
    /// <summary>The sources on offer: slug, name and channel.</summary>
    public static ImmutableArray<(string Slug, string Name, string Channel)> Entries { get; } =
    [
        (Engage, "Engage", "server"),
        ("http-api", "HTTP API", "server"),
        ("javascript", "Javascript", "browser"),
        ("node.js", "Node.js", "server"),
        ("python", "Python", "server"),
        ("go", "Go", "server"),
        ("ruby", "Ruby", "server"),
        ("php", "PHP", "server"),
        ("java", "Java", "server"),
        ("net", ".NET", "server"),
        ("ios", "iOS", "mobile"),
        ("swift", "Swift", "mobile"),
        ("android", "Android", "mobile"),
        ("kotlin", "Kotlin", "mobile"),
        ("react-native", "React Native", "mobile"),
        ("flutter", "Flutter", "mobile"),
        ("pixel-tracking-api", "Pixel Tracking API", "server"),
        ("csv", "CSV", "server"),
    ];

    /// <summary>The source of what audiences and computed traits say; each space has one, made with its first of them.</summary>
    public const string Engage = "personas";

    public static string? NameOf(string slug) => Entries.FirstOrDefault(entry => entry.Slug == slug).Name;

    public static string Channel(string slug) => Entries.FirstOrDefault(entry => entry.Slug == slug).Channel ?? "server";

    public static bool IsClientSide(string slug) => Channel(slug) is "browser" or "mobile";
}
