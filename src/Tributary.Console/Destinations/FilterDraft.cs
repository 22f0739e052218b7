using System.Globalization;
using System.Text.Json.Nodes;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Destinations;

/// <summary>A filter while somebody edits it. It has one action; one that has several keeps the others.</summary>
internal sealed class FilterDraft
{
    private JsonArray _others = [];

    public static IReadOnlyList<(string Kind, string Word)> Kinds { get; } =
        [("DROP", "Keep them away"), ("SAMPLE", "Let some through"), ("DROP_PROPERTIES", "Take members out"), ("ALLOW_PROPERTIES", "Leave only some members")];

    /// <summary>Null for one that is new.</summary>
    public string? Id { get; private init; }

    public string Title { get; set; } = "";

    public string If { get; set; } = "type = \"track\"";

    public string Kind { get; set; } = "DROP";

    public string Percent { get; set; } = "10";

    public string Path { get; set; } = "userId";

    /// <summary>Paths with dots, one a line.</summary>
    public string Fields { get; set; } = "";

    public bool Enabled { get; set; } = true;

    /// <summary>What it does, in a few words.</summary>
    public string Summary => Kind switch
    {
        "SAMPLE" => $"{Percent} % go on",
        "DROP_PROPERTIES" => "without " + string.Join(", ", Lines),
        "ALLOW_PROPERTIES" => "only with " + string.Join(", ", Lines),
        _ => "kept away",
    };

    private string[] Lines => Fields.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    public static FilterDraft Of(DestinationFilter filter)
    {
        var action = filter.Actions.FirstOrDefault() as JsonObject ?? [];
        return new FilterDraft
        {
            Id = filter.Id,
            Title = filter.Title,
            If = filter.If,
            Enabled = filter.Enabled,
            Kind = (string?)action["type"] ?? "DROP",
            Percent = action["percent"] is { } percent && double.TryParse(percent.ToJsonString(), CultureInfo.InvariantCulture, out var share) ? (share * 100).ToString("0.####", CultureInfo.InvariantCulture) : "10",
            Path = (string?)action["path"] ?? "",
            Fields = action["fields"] is JsonObject fields
                ? string.Join('\n', fields.SelectMany(pair => (pair.Value as JsonArray ?? []).Select(name => pair.Key.Length == 0 ? (string?)name : $"{pair.Key}.{name}")))
                : "",
            _others = [.. filter.Actions.Skip(1).Select(other => other?.DeepClone())],
        };
    }

    /// <summary>The fields of the filter, as the management API takes them.</summary>
    public JsonObject Value() => new()
    {
        ["title"] = Title,
        ["if"] = If,
        ["enabled"] = Enabled,
        ["actions"] = new JsonArray([Action(), .. _others.Select(other => other?.DeepClone())]),
    };

    private JsonObject Action()
    {
        var action = new JsonObject { ["type"] = Kind };
        if (Kind == "SAMPLE")
        {
            action["percent"] = double.TryParse(Percent, NumberStyles.Float, CultureInfo.InvariantCulture, out var percent) ? percent / 100 : -1;
            if (Path.Trim().Length > 0) action["path"] = Path.Trim();
        }
        else if (Kind != "DROP")
        {
            action["fields"] = new JsonObject(Lines.Distinct(StringComparer.Ordinal)
                .Select(line => line.LastIndexOf('.') is >= 0 and var dot ? (Parent: line[..dot], Name: line[(dot + 1)..]) : (Parent: "", Name: line))
                .GroupBy(pair => pair.Parent, StringComparer.Ordinal)
                .Select(group => KeyValuePair.Create(group.Key, (JsonNode?)new JsonArray([.. group.Select(pair => JsonValue.Create(pair.Name))]))));
        }

        return action;
    }
}
