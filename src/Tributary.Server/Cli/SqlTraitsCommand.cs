using System.CommandLine;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Tributary.Server.Cli;

/// <summary><c>tributary sql-traits</c>: queries of the lake whose rows become traits, and how their runs go.</summary>
internal sealed class SqlTraitsCommand : SpaceCommand
{
    private readonly Argument<string> _name = new("name") { Description = "The name or id of the SQL trait." };
    private readonly Argument<string> _query = new("query") { Description = "One SELECT with a column for the id; - reads it from standard input." };
    private readonly Option<int> _count = new("--count") { Description = "Most runs to show.", DefaultValueFactory = _ => 20 };
    private readonly Option<bool> _wait = new("--wait") { Description = "Ends when the run ends, with 1 when it failed." };

    public SqlTraitsCommand() : base("sql-traits", "Shows queries of the lake whose rows become traits, and has them run.")
    {
        Verb("list", "All SQL traits, with status and last run.", ListAsync);
        Verb("preview", "Runs a query without saving or sending anything: its rows, how many there are, and what would be refused.", PreviewAsync, _query);
        Verb("run", "Has one run as soon as its space is free.", RunAsync, _name, _wait);
        Verb("runs", "How its last runs went, the newest first.", RunsAsync, _name, _count);
    }

    private string Path(ParseResult line) => Path(line, "sql-traits");

    private async Task<string> FindAsync(ParseResult line, ServerConnection server, CancellationToken cancellationToken)
    {
        var name = line.GetValue(_name)!;
        var found = (await server.ListAsync(Path(line), "sqlTraits", cancellationToken)).Where(trait => Terminal.Plain(trait["id"]) == name || Terminal.Plain(trait["name"]) == name).Take(2).ToList();
        return found.Count switch
        {
            1 => $"{Path(line)}/{Terminal.Plain(found[0]["id"])}",
            0 => throw new CommandFailedException($"There is no SQL trait \"{name}\".", "\"tributary sql-traits list\" shows them."),
            _ => throw new CommandFailedException($"Two SQL traits are called \"{name}\".", "Give the id; \"tributary sql-traits list\" shows it."),
        };
    }

    private async Task ListAsync(ParseResult line, Terminal terminal, CancellationToken cancellationToken)
    {
        using var server = Client.Connect(line);
        var traits = await server.ListAsync(Path(line), "sqlTraits", cancellationToken);
        if (Client.WantsJson(line))
        {
            terminal.WriteJson(new JsonObject { ["sqlTraits"] = new JsonArray([.. traits]) });
            return;
        }

        var table = Terminal.Rows("name", "id", "status", "interval", "last run", "rows", "next run");
        foreach (var each in traits)
            table.AddRow(Cell(each["name"]), Cell(each["id"]), Cell(each["status"]), Cell(each["scheduleConfig"]!["interval"]), Cell(each["lastRun"]?["startedAt"]), Cell(each["lastRun"]?["rows"]), Cell(each["nextRunAt"]));
        terminal.Console.Write(table);
    }

    private async Task PreviewAsync(ParseResult line, Terminal terminal, CancellationToken cancellationToken)
    {
        var query = line.GetValue(_query)!;
        if (query == "-") query = await System.Console.In.ReadToEndAsync(cancellationToken);
        using var server = Client.Connect(line);
        var preview = (await server.SendAsync(HttpMethod.Post, $"{Path(line)}/preview", new JsonObject { ["query"] = query }, cancellationToken))?["sqlTraitPreview"];
        if (Client.WantsJson(line)) terminal.WriteJson(preview);
        else LakeCommand.Show(terminal, preview);
        var refused = preview?["refused"]!.AsArray() ?? [];
        if (refused.Count > 0) throw new CommandFailedException($"This is no query of a SQL trait: {string.Join(" ", refused.Select(Terminal.Plain))}");
        if (!Client.WantsJson(line)) terminal.Console.WriteLine($"{Terminal.Plain(preview!["count"])} in all, by {Terminal.Plain(preview["id"])}; of these would be discarded: {Counts(preview["discarded"])}.");
    }

    private async Task RunAsync(ParseResult line, Terminal terminal, CancellationToken cancellationToken)
    {
        using var server = Client.Connect(line);
        var path = await FindAsync(line, server, cancellationToken);
        var before = (await LastRunAsync(server, path, cancellationToken))?["number"]!.GetValue<long>() ?? 0;
        var answer = await server.SendAsync(HttpMethod.Post, $"{path}/runs", null, cancellationToken);
        if (!line.GetValue(_wait))
        {
            if (Client.WantsJson(line)) terminal.WriteJson(answer);
            else terminal.Console.WriteLine("It runs as soon as its space is free. \"tributary sql-traits runs\" tells how it goes.");
            return;
        }

        JsonNode? run;
        do
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
            run = await LastRunAsync(server, path, cancellationToken);
        }
        while (run is null || run["number"]!.GetValue<long>() <= before || Terminal.Plain(run["status"]) == "RUNNING");
        Show(line, terminal, new JsonArray(run.DeepClone()));
        if (Terminal.Plain(run["status"]) != "SUCCEEDED")
            throw new CommandFailedException($"The run ended as {Terminal.Plain(run["status"])}. {Terminal.Plain(run["error"]?["message"])}");
    }

    private static async Task<JsonNode?> LastRunAsync(ServerConnection server, string path, CancellationToken cancellationToken) =>
        (await server.GetAsync($"{path}/runs?pagination[count]=1", cancellationToken))?["runs"]!.AsArray().FirstOrDefault();

    private async Task RunsAsync(ParseResult line, Terminal terminal, CancellationToken cancellationToken)
    {
        using var server = Client.Connect(line);
        var path = await FindAsync(line, server, cancellationToken);
        var data = await server.GetAsync($"{path}/runs?pagination[count]={line.GetValue(_count)}", cancellationToken);
        Show(line, terminal, data!["runs"]!.AsArray());
    }

    private void Show(ParseResult line, Terminal terminal, JsonArray runs)
    {
        if (Client.WantsJson(line))
        {
            terminal.WriteJson(runs);
            return;
        }

        var table = Terminal.Rows("run", "began", "ended", "why", "status", "rows", "changed", "unchanged", "gone", "discarded");
        foreach (var run in runs)
        {
            string[] fields = ["number", "startedAt", "finishedAt", "trigger", "status", "rows", "changed", "unchanged", "gone"];
            table.AddRow([.. fields.Select(field => Cell(run![field])), new Text(Counts(run!["discarded"]))]);
        }

        terminal.Console.Write(table);
        foreach (var run in runs.Where(run => run!["error"] is not null)) terminal.Console.WriteLine($"{Terminal.Plain(run!["number"])}: {Terminal.Plain(run["error"]!["message"])}");
    }

    private static string Counts(JsonNode? byReason)
    {
        var counts = (byReason as JsonObject ?? []).Where(pair => pair.Value!.GetValue<long>() > 0).Select(pair => $"{pair.Key} {pair.Value}").ToList();
        return counts.Count == 0 ? "nothing" : string.Join(", ", counts);
    }

    private static Text Cell(JsonNode? node) => new(node is null ? "" : Terminal.Plain(node));
}
