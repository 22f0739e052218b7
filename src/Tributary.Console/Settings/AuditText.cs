using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Tributary.Console.Access;
using Tributary.Console.Shell;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Settings;

/// <summary>The audit log in words.</summary>
internal static partial class AuditText
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The kinds of resource that it tells of.</summary>
    public static IReadOnlyList<(string Kind, string Name)> Kinds { get; } =
    [
        (ResourceKind.Source, "source"), (ResourceKind.Destination, "destination"), (ResourceKind.Subscription, "mapping"), (ResourceKind.Filter, "filter"),
        (ResourceKind.Function, "function"), (ResourceKind.FunctionVersion, "version of a function"), (ResourceKind.InsertFunction, "insert function"),
        (ResourceKind.Computation, "audience or trait"), (ResourceKind.SqlTrait, "SQL trait"), (ResourceKind.SavedQuery, "saved query"), (ResourceKind.Space, "space"),
        (ResourceKind.Token, "token"), (ResourceKind.Member, "member"), (ResourceKind.Workspace, "workspace"),
    ];

    /// <summary>What a resource is, in a word.</summary>
    public static string KindOf(string kind) => Kinds.FirstOrDefault(each => each.Kind == kind).Name ?? kind;

    /// <summary>What was done, in the past tense.</summary>
    public static string ActionOf(string action) => action switch { "Created" => "created", "Deleted" => "deleted", _ => "changed" };

    /// <summary>The style of the chip of an action.</summary>
    public static string StyleOf(string action) => action switch { "Created" => "success", "Deleted" => "error", _ => "info" };

    /// <summary>Where a resource is shown; null when it is gone or has no page.</summary>
    public static string? PathOf(AuditItem item, WorkspaceSnapshot now)
    {
        var path = item.Kind switch
        {
            ResourceKind.Source when now.FindSource(item.Id) is not null => $"/sources/{item.Id}",
            ResourceKind.Destination when now.FindDestination(item.Id) is not null => $"/destinations/{item.Id}",
            ResourceKind.Subscription when now.FindSubscription(item.Id) is { } mapping => $"/destinations/{mapping.DestinationId}/mappings/{item.Id}",
            ResourceKind.Filter when now.Filters.FirstOrDefault(filter => filter.Id == item.Id) is { } filter => $"/destinations/{filter.DestinationId}/filters",
            ResourceKind.Function when now.FindFunction(item.Id) is not null => $"/functions/{item.Id}",
            ResourceKind.Computation when now.FindComputation(item.Id) is not null => $"/audiences/{item.Id}",
            ResourceKind.SavedQuery when now.FindSavedQuery(item.Id) is not null => $"/lake?saved={item.Id}",
            ResourceKind.Space when now.FindSpace(item.Id) is { } space => $"/settings/identity/{space.Slug}",
            ResourceKind.Token => "/settings/tokens",
            ResourceKind.Member => "/settings/members",
            _ => null,
        };
        return path is not null && ConsolePages.Has("/" + path.Split('/', '?')[1]) ? path : null;
    }

    /// <summary>A value as it is read; empty when there is none.</summary>
    /// <param name="kind">Of the resource.</param>
    /// <param name="field">Where the value stood.</param>
    /// <param name="value">As the log has it.</param>
    /// <param name="maySeePeople">Whether whoever looks may see what identifies people.</param>
    public static string ValueOf(string kind, string field, JsonNode? value, bool maySeePeople)
    {
        if (value is null) return "";
        if (!maySeePeople) value = Masked(kind, field, value);
        return value is JsonValue text && text.TryGetValue<string>(out var written) ? written : Spaced(value);
    }

    // With spaces, so that lines break between members and not inside words.
    private static string Spaced(JsonNode? node) => node switch
    {
        JsonObject json => $"{{{string.Join(", ", json.Select(pair => $"{JsonValue.Create(pair.Key).ToJsonString(Readable)}: {Spaced(pair.Value)}"))}}}",
        JsonArray list => $"[{string.Join(", ", list.Select(Spaced))}]",
        null => "null",
        _ => node.ToJsonString(Readable),
    };

    private static JsonNode? Masked(string kind, string field, JsonNode value)
    {
        // Blocked values are identifiers, and queries of the lake name people.
        if (Revealing().IsMatch(field) || (kind is ResourceKind.SqlTrait or ResourceKind.SavedQuery && field is "query" or "sql")) return PiiMask.Hidden;
        if (value is not JsonValue scalar) return HoldsRevealing(value) ? PiiMask.Hidden : PiiMask.Message(value);
        return scalar.TryGetValue<string>(out var text) ? PiiMask.Prose(PiiMask.Url(text)) : value;
    }

    private static bool HoldsRevealing(JsonNode? node) => node switch
    {
        JsonObject json => json.Any(pair => Revealing().IsMatch(pair.Key) || HoldsRevealing(pair.Value)),
        JsonArray list => list.Any(HoldsRevealing),
        _ => false,
    };

    [GeneratedRegex(@"\b(?:blocked|exact|pattern)\b", RegexOptions.CultureInvariant)]
    private static partial Regex Revealing();
}
