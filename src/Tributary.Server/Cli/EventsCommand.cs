using System.CommandLine;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Tributary.Server.Cli;

/// <summary><c>tributary events get|list|tail</c>: what happened to events.</summary>
internal sealed class EventsCommand : Command
{
    // As many as one page holds; a busier stream is sampled, and the lake has all of it.
    private const int TailPage = 200;

    private static readonly TimeSpan TailEvery = TimeSpan.FromSeconds(1);

    private readonly ClientOptions _client = new();
    private readonly Argument<string> _messageId = new("messageId") { Description = "The event's messageId." };
    private readonly Option<string?> _source = new("--source") { Description = "Only events of this source: slug or id." };
    private readonly Option<string?> _type = new("--type") { Description = "Only events of this type: track, identify, page, screen, group, alias." };
    private readonly Option<string?> _event = new("--event") { Description = "Only events of this name." };
    private readonly Option<int> _limit = new("--limit") { Description = "How many at most.", DefaultValueFactory = _ => 50 };

    public EventsCommand() : base("events", "Shows events and what happened to them.")
    {
        Add(Verb("get", "The whole life of one event.", GetAsync, _messageId));
        Add(Verb("list", "The newest events.", ListAsync, _source, _type, _event, _limit));
        Add(Verb("tail", "New events, as they come.", TailAsync, _source, _type, _event));
    }

    private Command Verb(string name, string description, Func<ParseResult, Terminal, CancellationToken, Task> run, params ReadOnlySpan<Symbol> symbols)
    {
        var verb = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument) verb.Add(argument);
            else if (symbol is Option option) verb.Add(option);
        }

        _client.AddTo(verb);
        verb.SetAction((line, cancellationToken) => Terminal.RunAsync(line, terminal => run(line, terminal, cancellationToken)));
        return verb;
    }

    private async Task GetAsync(ParseResult line, Terminal terminal, CancellationToken cancellationToken)
    {
        using var server = _client.Connect(line);
        terminal.WriteJson(await server.GetAsync($"api/events/{Uri.EscapeDataString(line.GetValue(_messageId)!)}", cancellationToken));
    }

    private async Task ListAsync(ParseResult line, Terminal terminal, CancellationToken cancellationToken)
    {
        using var server = _client.Connect(line);
        var data = await server.GetAsync($"api/events?{Query(line, line.GetValue(_limit))}", cancellationToken);
        if (_client.WantsJson(line)) terminal.WriteJson(data);
        else foreach (var item in EventsOf(data).Reverse()) WriteLine(terminal.Console, item);
    }

    private async Task TailAsync(ParseResult line, Terminal terminal, CancellationToken cancellationToken)
    {
        using var server = _client.Connect(line);
        using var timer = new PeriodicTimer(TailEvery, TimeProvider.System);
        var shown = new HashSet<string>(StringComparer.Ordinal);
        do
        {
            var page = EventsOf(await server.GetAsync($"api/events?{Query(line, TailPage)}", cancellationToken)).ToList();
            var fresh = page.Where(item => !shown.Contains(IdOf(item))).Reverse().ToList();
            foreach (var item in fresh)
            {
                if (_client.WantsJson(line)) terminal.WriteJsonLine(item);
                else WriteLine(terminal.Console, item);
            }

            shown = [.. page.Select(IdOf)];
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    private string Query(ParseResult line, int limit)
    {
        var parts = new List<string> { $"limit={limit}" };
        foreach (var option in new[] { _source, _type, _event })
        {
            if (line.GetValue(option) is { } value) parts.Add($"{option.Name.TrimStart('-')}={Uri.EscapeDataString(value)}");
        }

        return string.Join('&', parts);
    }

    private static IEnumerable<JsonObject> EventsOf(JsonNode? data) =>
        ((data as JsonArray) ?? (data?["events"] as JsonArray) ?? []).OfType<JsonObject>();

    private static string IdOf(JsonObject item) => Terminal.Plain(item["messageId"]);

    private static void WriteLine(IAnsiConsole console, JsonObject item)
    {
        var message = item["message"] as JsonObject ?? item;
        string Field(string name) => Terminal.Plain(item[name] ?? message[name]);
        var who = Field("userId") is { Length: > 0 } user ? user : Field("anonymousId");
        console.MarkupLineInterpolated($"[grey]{Field("receivedAt")}[/] [green]{Field("type"),-8}[/] {(Field("event") is { Length: > 0 } name ? name : Field("name"))} [blue]{who}[/] [grey]{IdOf(item)}[/]");
    }
}
