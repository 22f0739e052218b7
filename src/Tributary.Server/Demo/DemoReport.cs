using System.Globalization;
using System.Text.Json.Nodes;
using Spectre.Console;
using Tributary.Server.Cli;

namespace Tributary.Server.Demo;

/// <summary>Shows one person as Tributary sees them, read back over HTTP, and where to look on.</summary>
internal sealed class DemoReport(Terminal terminal, ServerConnection server, string address, string token)
{
    // The lake loads in the background; on a slow disk the first tables take a moment.
    private const int LakeAttemptsMax = 150;
    private const string Query = "select event, count(*) as times, count(distinct anonymous_id) as devices from website.tracks group by event order by times desc";
    private static readonly TimeSpan LakePause = TimeSpan.FromMilliseconds(200);

    /// <summary>Ends with an error when the person was not joined from all three sources.</summary>
    public async Task ShowAsync(DemoPerson person, TimeProvider clock, CancellationToken cancellationToken)
    {
        var name = $"email:{person.Email}";
        var profile = (await server.GetAsync($"api/profiles/{Escaped(name)}/explain", cancellationToken))!;
        var sources = profile["sources"]!.AsArray().Select(Terminal.Plain).ToList();
        string[] expected = [DemoSetup.Website, DemoSetup.Crm, DemoSetup.HelpDesk];
        if (expected.Except(sources).Any())
            throw new CommandFailedException($"{person.Email} is known from {string.Join(", ", sources)} only; expected {string.Join(", ", expected)}.");

        terminal.Console.WriteLine();
        terminal.Console.MarkupLineInterpolated($"[bold]{person.FirstName} {person.LastName}[/], one profile from three sources: {string.Join(", ", expected)}");
        terminal.Out.WriteLine($"{Terminal.Plain(profile["id"])}, {Terminal.Plain(profile["eventCount"])} events");
        await ShowTraitsAsync(name, cancellationToken);
        ShowIdentifiers(profile["identifiers"]!.AsArray());
        await ShowChainAsync(person, cancellationToken);
        await ShowLakeAsync(person, clock, cancellationToken);
        ShowAddresses(name, Terminal.Plain(profile["identifiers"]![0]!["firstMessageId"]), person);
    }

    private async Task ShowTraitsAsync(string name, CancellationToken cancellationToken)
    {
        var slugs = (await server.ListAsync("api/sources", "sources", cancellationToken)).ToDictionary(source => (string)source["id"]!, source => (string)source["slug"]!);
        var answer = await server.GetAsync($"v1/spaces/default/collections/users/profiles/{Escaped(name)}/traits?verbose=true&limit=200", cancellationToken);
        var table = Terminal.Rows("trait", "value", "source", "updated");
        foreach (var (trait, value) in answer!["traits"]!.AsObject())
            AddRow(table, trait, Terminal.Plain(value!["value"]), slugs.GetValueOrDefault(Terminal.Plain(value["source_id"]), ""), Day(value["updated_at"]));
        terminal.Console.Write(table);
    }

    private void ShowIdentifiers(JsonArray identifiers)
    {
        var table = Terminal.Rows("known as", "", "first seen in", "events");
        string[] columns = ["type", "id", "source", "eventCount"];
        foreach (var identifier in identifiers) AddRow(table, [.. columns.Select(column => Terminal.Plain(identifier![column]))]);
        terminal.Console.Write(table);
    }

    private async Task ShowChainAsync(DemoPerson person, CancellationToken cancellationToken)
    {
        var (from, to) = ($"anonymous_id:{person.Devices[0].AnonymousId}", $"anonymous_id:{person.RequesterId}");
        var answer = await server.GetAsync($"api/profiles/{Escaped(from)}/explain?and={Escaped(to)}", cancellationToken);
        terminal.Out.WriteLine("How an anonymous browser and a caller at the help desk came to be one person:");
        var at = from;
        // Lines and no table: identifiers and message ids are long, and are to be copied.
        terminal.Out.WriteLine($"  {at}");
        foreach (var link in answer!["path"]!.AsArray())
        {
            var between = link!["between"]!.AsArray().Select(Terminal.Plain).ToList();
            at = between[0] == at ? between[1] : between[0];
            terminal.Out.WriteLine($"    {Terminal.Plain(link["type"])} ({Terminal.Plain(link["source"])}), {Day(link["timestamp"])}, message {Terminal.Plain(link["messageId"])}");
            terminal.Out.WriteLine($"  {at}");
        }

        terminal.Out.WriteLine();
    }

    private async Task ShowLakeAsync(DemoPerson person, TimeProvider clock, CancellationToken cancellationToken)
    {
        // This person's tickets were the last to come, so the lake has everything once it has them.
        var tickets = HelpDeskTickets.History(person, clock.GetUtcNow()).Count();
        var loaded = $"select count(*) from help_desk.tracks where anonymous_id = '{person.RequesterId}' having count(*) >= {tickets}";
        for (var attempt = 0; await RowsAsync(loaded, cancellationToken) is not { Count: > 0 }; attempt++)
        {
            if (attempt == LakeAttemptsMax) return;
            await Task.Delay(LakePause, clock, cancellationToken);
        }

        terminal.Out.WriteLine("What everybody did on the website, from the lake:");
        LakeCommand.Show(terminal, await server.SendAsync(HttpMethod.Post, "api/lake/query", new JsonObject { ["sql"] = Query }, cancellationToken));
    }

    private async Task<JsonArray?> RowsAsync(string sql, CancellationToken cancellationToken)
    {
        try
        {
            return (await server.SendAsync(HttpMethod.Post, "api/lake/query", new JsonObject { ["sql"] = sql }, cancellationToken))!["rows"]!.AsArray();
        }
        catch (CommandFailedException)
        {
            // A table comes with its first row.
            return null;
        }
    }

    private void ShowAddresses(string name, string messageId, DemoPerson person)
    {
        var profile = $"{address}/v1/spaces/default/collections/users/profiles/{Escaped(name)}";
        // Plain lines: a console would break them at the width of the terminal, and then nothing could be copied.
        terminal.Out.WriteLine(string.Join('\n',
        [
            "Look further (the token is new at every start unless TRIBUTARY_ADMIN_TOKEN gives one):",
            $"  export TRIBUTARY_ADMIN_TOKEN={token}",
            $"  curl -u $TRIBUTARY_ADMIN_TOKEN: '{profile}/traits?limit=200'",
            $"  curl -u $TRIBUTARY_ADMIN_TOKEN: '{profile}/events?limit=5'",
            $"  curl -u $TRIBUTARY_ADMIN_TOKEN: '{address}/api/profiles/{Escaped(name)}/explain'",
            $"  curl -u $TRIBUTARY_ADMIN_TOKEN: '{address}/api/profiles/{Escaped(name)}/explain?and=anonymous_id:{person.RequesterId}'",
            $"  curl -u $TRIBUTARY_ADMIN_TOKEN: '{address}/api/events/{messageId}'",
            $"  {OwnProgram()} lake query --server {address} \"{Query}\"",
            $"  {OwnProgram()} profiles explain {name} --server {address}",
        ]));
    }

    // How this very program can be called again from here.
    private static string OwnProgram()
    {
        var assembly = Path.GetRelativePath(Environment.CurrentDirectory, Path.Combine(AppContext.BaseDirectory, "tributary"));
        return File.Exists(assembly) ? (assembly.Contains('/', StringComparison.Ordinal) ? assembly : $"./{assembly}") : $"dotnet {assembly}.dll";
    }

    private static void AddRow(Table table, params ReadOnlySpan<string> cells)
    {
        var row = new List<Text>();
        foreach (var cell in cells) row.Add(new Text(cell));
        table.AddRow(row);
    }

    private static string Day(JsonNode? time) =>
        DateTimeOffset.TryParse(Terminal.Plain(time), CultureInfo.InvariantCulture, out var parsed) ? parsed.ToString("d MMM HH:mm", CultureInfo.InvariantCulture) : "";

    private static string Escaped(string text) => Uri.EscapeDataString(text);
}
