using System.CommandLine;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Tributary.Server.Cli;

/// <summary><c>tributary destinations list|describe</c>: the kinds of destinations on offer, their settings, actions and presets.</summary>
internal sealed class DestinationsCommand : Command
{
    // The longest description that fits beside the other columns of a table.
    private const int DescriptionLengthMax = 80;

    private readonly ClientOptions _client = new();
    private readonly Argument<string> _slug = new("slug") { Description = "E.g. actions-amplitude." };
    private readonly Option<bool> _all = new("--all") { Description = "Also those that cannot be made here." };

    public DestinationsCommand() : base("destinations", "Shows the kinds of destinations, and operates those that there are.")
    {
        var list = new Command("list", "All kinds by name.") { _all };
        _client.AddTo(list);
        list.SetAction((line, cancellationToken) => Terminal.RunAsync(line, terminal => ListAsync(line, terminal, cancellationToken)));
        var describe = new Command("describe", "Settings, actions with their fields, and presets of one kind.") { _slug };
        _client.AddTo(describe);
        describe.SetAction((line, cancellationToken) => Terminal.RunAsync(line, terminal => DescribeAsync(line, terminal, cancellationToken)));
        Add(list);
        Add(describe);
        new DestinationVerbs().AddTo(this);
    }

    private async Task ListAsync(ParseResult line, Terminal terminal, CancellationToken cancellationToken)
    {
        using var server = _client.Connect(line);
        var kinds = await server.ListAsync("api/catalog/destinations", "destinationsCatalog", cancellationToken);
        if (!line.GetValue(_all)) kinds.RemoveAll(kind => Text(kind["status"]) == "UNAVAILABLE");
        if (_client.WantsJson(line))
        {
            terminal.WriteJson(new JsonArray([.. kinds.Select(kind => (JsonNode)new JsonObject
            {
                ["slug"] = kind["slug"]?.DeepClone(),
                ["name"] = kind["name"]?.DeepClone(),
                ["status"] = kind["status"]?.DeepClone(),
                ["actions"] = new JsonArray([.. Items(kind, "actions").Select(action => action["slug"]?.DeepClone())]),
                ["presets"] = Items(kind, "presets").Count(),
            })]));
            return;
        }

        var table = Terminal.Rows("slug", "name", "actions", "presets", "status");
        foreach (var kind in kinds)
            table.AddRow(Cell(kind["slug"]), Cell(kind["name"]), new Text($"{Items(kind, "actions").Count()}"), new Text($"{Items(kind, "presets").Count()}"), Cell(kind["status"]));
        terminal.Console.Write(table);
        terminal.Console.WriteLine($"{kinds.Count} kinds. \"tributary destinations describe <slug>\" shows one.");
    }

    private async Task DescribeAsync(ParseResult line, Terminal terminal, CancellationToken cancellationToken)
    {
        using var server = _client.Connect(line);
        var answer = await server.GetAsync($"api/catalog/destinations/{Uri.EscapeDataString(line.GetValue(_slug)!)}", cancellationToken);
        var kind = answer?["destinationMetadata"]?.AsObject() ?? throw new CommandFailedException("The server answers in a shape that is not known.");
        if (_client.WantsJson(line))
        {
            terminal.WriteJson(kind);
            return;
        }

        terminal.Console.WriteLine($"{Text(kind["name"])} ({Text(kind["slug"])}): {Text(kind["description"])}");
        var settings = Terminal.Rows("setting", "type", "required", "description");
        foreach (var option in Items(kind, "options")) settings.AddRow(Cell(option["name"]), Cell(option["type"]), new Text(IsTrue(option["required"]) ? "yes" : ""), new Text(Short(option["description"])));
        terminal.Console.Write(settings);
        foreach (var action in Items(kind, "actions")) Show(terminal, action);
        var presets = Terminal.Rows("preset", "action", "trigger");
        foreach (var preset in Items(kind, "presets")) presets.AddRow(Cell(preset["name"]), Cell(preset["actionId"]), Cell(preset["trigger"]));
        if (presets.Rows.Count > 0) terminal.Console.Write(presets);
    }

    private static void Show(Terminal terminal, JsonObject action)
    {
        terminal.Console.WriteLine($"{Text(action["slug"])}: {Text(action["name"])}{(Text(action["defaultTrigger"]) is { Length: > 0 } trigger ? $", for {trigger}" : "")}");
        var fields = Terminal.Rows("field", "type", "required", "default", "description");
        foreach (var field in Items(action, "fields"))
        {
            var standard = field["defaultValue"]?.ToJsonString() ?? "";
            fields.AddRow(Cell(field["fieldKey"]), Cell(field["type"]), new Text(IsTrue(field["required"]) ? "yes" : ""), new Text(Cut(standard)), new Text(Short(field["description"])));
        }

        terminal.Console.Write(fields);
    }

    private static IEnumerable<JsonObject> Items(JsonObject parent, string name) => (parent[name] as JsonArray)?.OfType<JsonObject>() ?? [];

    private static Text Cell(JsonNode? node) => new(Text(node));

    private static string Text(JsonNode? node) => node is null ? "" : Terminal.Plain(node);

    private static bool IsTrue(JsonNode? node) => node?.GetValueKind() == System.Text.Json.JsonValueKind.True;

    private static string Short(JsonNode? node) => Cut(Text(node).ReplaceLineEndings(" "));

    private static string Cut(string text) => text.Length > DescriptionLengthMax ? string.Concat(text.AsSpan(0, DescriptionLengthMax - 1), "…") : text;
}
