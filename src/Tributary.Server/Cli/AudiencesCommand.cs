using System.CommandLine;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Tributary.Server.Cli;

/// <summary><c>tributary audiences</c>: who is in, why, and what there is to begin with.</summary>
internal sealed class AudiencesCommand : SpaceCommand
{
    private readonly Argument<string> _key = new("key") { Description = "The key or id of the audience." };
    private readonly Argument<string> _query = new("query") { Description = "The definition, e.g. \"event('Order Completed').within(30 days).count() >= 2\"." };
    private readonly Argument<string> _profile = new("profile") { Description = "A profile id, or type:value such as user_id:42." };
    private readonly Option<string> _name = new("--name") { Description = "What people call it; the key when it is not given." };
    private readonly Option<string> _type = new("--type") { Description = "USERS or ACCOUNTS.", DefaultValueFactory = _ => "USERS" };
    private readonly Option<bool> _isTrait = new("--trait") { Description = "A computed trait instead of an audience." };
    private readonly Option<bool> _isReady = new("--ready") { Description = "The query is the key of a ready definition." };
    private readonly Option<string> _file = new("--output", "-o") { Description = "The file to write; standard output when it is not given." };
    private readonly Option<int> _count = new("--count") { Description = "Most members to show.", DefaultValueFactory = _ => 50 };
    private readonly Option<bool> _repair = new("--repair") { Description = "Makes what is live what the history says." };

    public AudiencesCommand() : base("audiences", "Makes audiences and computed traits, and shows who is in and why.")
    {
        Verb("list", "All audiences and computed traits, with size and status.", ListAsync);
        Verb("ready", "Definitions that are ready to be used.", ReadyAsync);
        Verb("create", "Creates one: tributary audiences create buyers \"event('Order Completed').count() >= 1\".", CreateAsync, _key, _query, _name, _type, _isTrait, _isReady);
        Verb("delete", "Deletes one; its key is never used again.", DeleteAsync, _key, _isTrait);
        Verb("preview", "Counts who would be in, without saving anything.", PreviewAsync, _query, _type);
        Verb("members", "Who is in.", MembersAsync, _key, _count);
        Verb("explain", "Why somebody is in or not, or has the value of a trait.", ExplainAsync, _key, _profile, _isTrait);
        Verb("verify", "Computes everything again from the history and says where what is live differs.", VerifyAsync, _key, _isTrait, _repair);
        Verb("export", "Writes everybody who is in as CSV.", ExportAsync, _key, _file);
    }

    private string Of(ParseResult line) => Path(line, $"{(line.GetValue(_isTrait) ? "computed-traits" : "audiences")}/{Uri.EscapeDataString(line.GetValue(_key)!)}");

    private async Task ListAsync(ParseResult line, Terminal terminal, CancellationToken cancellationToken)
    {
        using var server = Client.Connect(line);
        var audiences = await server.ListAsync(Path(line, "audiences"), "audiences", cancellationToken);
        var traits = await server.ListAsync(Path(line, "computed-traits"), "computedTraits", cancellationToken);
        if (Client.WantsJson(line))
        {
            terminal.WriteJson(new JsonObject { ["audiences"] = new JsonArray([.. audiences]), ["computedTraits"] = new JsonArray([.. traits]) });
            return;
        }

        var table = Terminal.Rows("key", "kind", "size", "status", "definition");
        foreach (var each in audiences.Concat(traits))
        {
            var progress = each["progress"]?["share"] is { } share ? $" {share.GetValue<double>():P0}" : "";
            table.AddRow(
                Cell(each["key"]), new Text(each["size"] is null ? "trait" : "audience"), Cell(each["size"]?["count"]), new Text(Terminal.Plain(each["status"]) + progress), Cell(each["definition"]?["query"]));
        }

        terminal.Console.Write(table);
    }

    private async Task ReadyAsync(ParseResult line, Terminal terminal, CancellationToken cancellationToken)
    {
        using var server = Client.Connect(line);
        var ready = (await server.GetAsync("api/catalog/audiences", cancellationToken))?["audiences"]!.AsArray()!;
        if (Client.WantsJson(line))
        {
            terminal.WriteJson(ready);
            return;
        }

        var table = Terminal.Rows("key", "kind", "who or what");
        foreach (var each in ready) table.AddRow(Cell(each!["key"]), Cell(each["kind"]), Cell(each["description"]));
        terminal.Console.Write(table);
        terminal.Console.WriteLine("\"tributary audiences create <key> <ready key> --ready\" makes one of them.");
    }

    private async Task CreateAsync(ParseResult line, Terminal terminal, CancellationToken cancellationToken)
    {
        using var server = Client.Connect(line);
        var key = line.GetValue(_key)!;
        var body = new JsonObject { ["name"] = line.GetValue(_name) ?? key, ["key"] = key };
        var isTrait = line.GetValue(_isTrait);
        if (line.GetValue(_isReady))
        {
            var all = (await server.GetAsync("api/catalog/audiences", cancellationToken))?["audiences"]!.AsArray()!;
            var ready = all.FirstOrDefault(each => Terminal.Plain(each!["key"]) == line.GetValue(_query))
                ?? throw new CommandFailedException($"There is no ready definition \"{line.GetValue(_query)}\".", "\"tributary audiences ready\" lists them.");
            isTrait = Terminal.Plain(ready["kind"]) == "trait";
            body["name"] = line.GetValue(_name) ?? Terminal.Plain(ready["name"]);
            body["description"] = ready["description"]!.DeepClone();
            body["definition"] = ready["definition"]!.DeepClone();
        }
        else
        {
            body["definition"] = new JsonObject { ["type"] = line.GetValue(_type), ["query"] = line.GetValue(_query) };
        }

        var data = await server.SendAsync(HttpMethod.Post, Path(line, isTrait ? "computed-traits" : "audiences"), body, cancellationToken);
        Show(line, terminal, data?[isTrait ? "computedTrait" : "audience"]);
    }

    private async Task DeleteAsync(ParseResult line, Terminal terminal, CancellationToken cancellationToken)
    {
        using var server = Client.Connect(line);
        Show(line, terminal, await server.SendAsync(HttpMethod.Delete, Of(line), null, cancellationToken));
    }

    private async Task PreviewAsync(ParseResult line, Terminal terminal, CancellationToken cancellationToken)
    {
        using var server = Client.Connect(line);
        var body = new JsonObject { ["definition"] = new JsonObject { ["type"] = line.GetValue(_type), ["query"] = line.GetValue(_query) } };
        var preview = (await server.SendAsync(HttpMethod.Post, Path(line, "audiences/previews"), body, cancellationToken))?["audiencePreview"];
        while (Terminal.Plain(preview?["status"]) == "RUNNING")
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
            preview = (await server.GetAsync(Path(line, $"audiences/previews/{Terminal.Plain(preview!["id"])}"), cancellationToken))?["audiencePreview"];
        }

        Show(line, terminal, preview);
    }

    private async Task MembersAsync(ParseResult line, Terminal terminal, CancellationToken cancellationToken)
    {
        using var server = Client.Connect(line);
        var data = await server.GetAsync($"{Of(line)}/members?pagination[count]={line.GetValue(_count)}", cancellationToken);
        if (Client.WantsJson(line))
        {
            terminal.WriteJson(data);
            return;
        }

        var table = Terminal.Rows("profile", "since", "identifiers");
        foreach (var member in data!["members"]!.AsArray())
        {
            var identifiers = member!["externalIds"]!.AsArray().Select(each => $"{Terminal.Plain(each!["type"])}:{Terminal.Plain(each["id"])}");
            table.AddRow(Cell(member["id"]), Cell(member["since"]), new Text(string.Join(' ', identifiers)));
        }

        terminal.Console.Write(table);
        terminal.Console.WriteLine($"{Terminal.Plain(data["pagination"]!["totalEntries"])} in all.");
    }

    private async Task ExplainAsync(ParseResult line, Terminal terminal, CancellationToken cancellationToken)
    {
        using var server = Client.Connect(line);
        var data = await server.GetAsync($"{Of(line)}/explain?profile={Uri.EscapeDataString(line.GetValue(_profile)!)}", cancellationToken);
        var explanation = data?["explanation"];
        if (Client.WantsJson(line) || explanation is null)
        {
            terminal.WriteJson(explanation);
            return;
        }

        var changes = explanation["changesAt"] is { } at ? $", until {Terminal.Plain(at)}" : "";
        var tree = new Tree(new Text($"{Terminal.Plain(explanation["key"])} is {explanation["value"]?.ToJsonString() ?? "nothing"} for {Terminal.Plain(explanation["profile"])}{changes}"));
        Grow(tree, explanation["condition"]!.AsObject());
        terminal.Console.Write(tree);
    }

    private static void Grow(IHasTreeNodes parent, JsonObject condition)
    {
        var holds = condition["holds"] is { } known ? known.GetValue<bool>() ? "yes" : "no " : "   ";
        var value = condition.ContainsKey("value") ? $" [{condition["value"]?.ToJsonString() ?? "nothing"}]" : "";
        var node = parent.AddNode(new Text($"{holds} {Terminal.Plain(condition["query"])}{value}"));
        foreach (var part in (condition["parts"] as JsonArray)?.OfType<JsonObject>() ?? []) Grow(node, part);
        foreach (var person in (condition["people"] as JsonArray)?.OfType<JsonObject>() ?? []) Grow(node.AddNode(Cell(person["profile"])), person);
        foreach (var seen in (condition["events"] as JsonArray)?.OfType<JsonObject>() ?? [])
            node.AddNode(new Text($"{Terminal.Plain(seen["timestamp"])} {Terminal.Plain(seen["event"])} {Terminal.Plain(seen["messageId"])}"));
    }

    private async Task VerifyAsync(ParseResult line, Terminal terminal, CancellationToken cancellationToken)
    {
        using var server = Client.Connect(line);
        var result = (await server.SendAsync(HttpMethod.Post, $"{Of(line)}/verify", new JsonObject { ["repair"] = line.GetValue(_repair) }, cancellationToken))?["verification"];
        Show(line, terminal, result);
        if (result?["overLimit"]?.GetValue<long>() is > 0 and var overLimit)
            terminal.Error.WriteLine($"{overLimit} profiles differ because they have more events or values of one kind than are kept. Repairing does not change that.");
        if (result?["differing"]?.GetValue<long>() is > 0 and var differing && !line.GetValue(_repair))
            throw new CommandFailedException($"{differing} profiles differ.", "Run it again with --repair to make what is live what the history says.");
    }

    private async Task ExportAsync(ParseResult line, Terminal terminal, CancellationToken cancellationToken)
    {
        using var server = Client.Connect(line);
        var file = line.GetValue(_file);
        await using var target = file is null ? System.Console.OpenStandardOutput() : File.Create(file);
        await server.DownloadAsync($"{Of(line)}/export", target, cancellationToken);
        if (file is not null) terminal.Error.WriteLine($"Written to {file}.");
    }

    private void Show(ParseResult line, Terminal terminal, JsonNode? node)
    {
        if (Client.WantsJson(line)) terminal.WriteJson(node);
        else terminal.Show(node);
    }

    private static Text Cell(JsonNode? node) => new(node is null ? "" : Terminal.Plain(node));
}
