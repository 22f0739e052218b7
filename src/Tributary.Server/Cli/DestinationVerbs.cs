using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Tributary.Server.Cli;

/// <summary><c>tributary destinations pause|resume|samples|test</c>: what an operator does with one destination.</summary>
internal sealed class DestinationVerbs
{
    // As much as an event may have.
    private const int EventBytesMax = 512 << 10;

    private readonly ClientOptions _client = new();
    private readonly Argument<string> _destination = new("destination") { Description = "Its id, or its name when no other has it." };
    private readonly Argument<string?> _messageId = new("message-id") { Description = "Shows the requests and answers of this message.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Argument<string> _file = new("file") { Description = "A file with an event in JSON; - reads standard input.", DefaultValueFactory = _ => "-" };
    private readonly Option<string?> _reason = new("--reason") { Description = "Only of this outcome, e.g. http_422 or delivered." };
    private readonly Option<int> _limit = new("--limit") { Description = "At most so many, 1 to 1,000.", DefaultValueFactory = _ => 20 };

    /// <summary>Adds the verbs.</summary>
    public void AddTo(Command destinations)
    {
        destinations.Add(Verb("pause", "Sends nothing until it is resumed; events wait.", (line, terminal, stopping) => SwitchAsync(line, terminal, "pause", stopping)));
        destinations.Add(Verb("resume", "Goes on where it was paused.", (line, terminal, stopping) => SwitchAsync(line, terminal, "resume", stopping)));
        var samples = Verb("samples", "Attempts as they went over the wire, the newest first, without secrets.", SamplesAsync);
        samples.Add(_messageId);
        samples.Add(_reason);
        samples.Add(_limit);
        destinations.Add(samples);
        var test = Verb("test", "Shows what an event would do: subscriptions and requests. Sends nothing.", TestAsync);
        test.Add(_file);
        destinations.Add(test);
        destinations.Add(new DestinationReplayCommand());
    }

    /// <summary>The id of the destination that somebody means.</summary>
    /// <exception cref="CommandFailedException">There is none, or several have the name.</exception>
    internal static async Task<string> FindAsync(ServerConnection server, string named, CancellationToken cancellationToken)
    {
        var all = await server.ListAsync("api/destinations", "destinations", cancellationToken);
        if (all.Exists(each => Text(each["id"]) == named)) return named;
        var found = all.Where(each => Text(each["name"]) == named).ToList();
        return found.Count switch
        {
            1 => Text(found[0]["id"]),
            0 => throw new CommandFailedException($"There is no destination \"{named}\".", "GET /api/destinations lists them."),
            _ => throw new CommandFailedException($"{found.Count} destinations are called \"{named}\".", $"Name one by its id: {string.Join(", ", found.Select(each => Text(each["id"])))}."),
        };
    }

    private Command Verb(string name, string description, Func<ParseResult, Terminal, CancellationToken, Task> run)
    {
        var verb = new Command(name, description) { _destination };
        _client.AddTo(verb);
        verb.SetAction((line, cancellationToken) => Terminal.RunAsync(line, terminal => run(line, terminal, cancellationToken)));
        return verb;
    }

    private async Task SwitchAsync(ParseResult line, Terminal terminal, string verb, CancellationToken cancellationToken)
    {
        using var server = _client.Connect(line);
        var id = await FindAsync(server, line.GetValue(_destination)!, cancellationToken);
        var answer = await server.SendAsync(HttpMethod.Post, $"api/destinations/{Uri.EscapeDataString(id)}/{verb}", null, cancellationToken);
        if (_client.WantsJson(line)) terminal.WriteJson(answer);
        else terminal.Console.WriteLine(verb == "pause" ? $"{line.GetValue(_destination)} is paused; its events wait." : $"{line.GetValue(_destination)} goes on.");
    }

    private async Task SamplesAsync(ParseResult line, Terminal terminal, CancellationToken cancellationToken)
    {
        using var server = _client.Connect(line);
        var id = await FindAsync(server, line.GetValue(_destination)!, cancellationToken);
        // One message is looked for among all that are kept.
        var limit = line.GetValue(_messageId) is null ? line.GetValue(_limit) : 1_000;
        var reason = line.GetValue(_reason) is { } given ? $"&reason={Uri.EscapeDataString(given)}" : "";
        var answer = await server.GetAsync(string.Create(CultureInfo.InvariantCulture, $"api/destinations/{Uri.EscapeDataString(id)}/samples?limit={limit}{reason}"), cancellationToken);
        var samples = (answer?["samples"] as JsonArray ?? []).OfType<JsonObject>().Where(sample => line.GetValue(_messageId) is not { } one || Text(sample["messageId"]) == one).ToList();
        if (_client.WantsJson(line))
        {
            terminal.WriteJson(new JsonArray([.. samples.Select(sample => sample.DeepClone())]));
            return;
        }

        if (line.GetValue(_messageId) is { } messageId)
        {
            if (samples.Count == 0) throw new CommandFailedException($"No sample of {messageId} is kept.", "Samples are a few of each outcome; \"tributary events get\" shows the life of any event.");
            foreach (var sample in samples) terminal.WriteJson(sample);
            return;
        }

        var table = Terminal.Rows("at", "outcome", "attempt", "message id", "detail");
        foreach (var sample in samples) table.AddRow(Cell(sample["at"]), Cell(sample["reason"]), Cell(sample["attempt"]), Cell(sample["messageId"]), Cell(sample["detail"]));
        terminal.Console.Write(table);
        terminal.Console.WriteLine($"{samples.Count} samples. With a message id, its requests and answers are shown.");
    }

    private async Task TestAsync(ParseResult line, Terminal terminal, CancellationToken cancellationToken)
    {
        var message = await ReadEventAsync(line.GetValue(_file)!, cancellationToken);
        using var server = _client.Connect(line);
        var id = await FindAsync(server, line.GetValue(_destination)!, cancellationToken);
        var answer = await server.SendAsync(HttpMethod.Post, $"api/destinations/{Uri.EscapeDataString(id)}/test", new JsonObject { ["event"] = message }, cancellationToken) as JsonObject;
        if (_client.WantsJson(line))
        {
            terminal.WriteJson(answer);
            return;
        }

        if (answer?["filteredBy"] is { } reason) terminal.Console.WriteLine($"The event is kept from the destination: {Text(reason)}.");
        var subscriptions = Terminal.Rows("subscription", "action", "matches", "why");
        foreach (var each in Items(answer, "subscriptions")) subscriptions.AddRow(Cell(each["name"]), Cell(each["actionId"]), Cell(each["matches"]), Cell(each["reason"]));
        if (subscriptions.Rows.Count > 0) terminal.Console.Write(subscriptions);
        foreach (var request in Items(answer, "requests")) terminal.WriteJson(request);
        var outcomes = Terminal.Rows("outcome", "reason", "detail");
        foreach (var each in Items(answer, "outcomes")) outcomes.AddRow(Cell(each["verdict"]), Cell(each["reason"]), Cell(each["detail"]));
        if (outcomes.Rows.Count > 0) terminal.Console.Write(outcomes);
    }

    private static async Task<JsonObject> ReadEventAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            await using var input = file == "-" ? System.Console.OpenStandardInput() : File.OpenRead(file);
            var bytes = new byte[EventBytesMax + 1];
            var length = await input.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
            if (length > EventBytesMax) throw new CommandFailedException($"The event is larger than {EventBytesMax:n0} bytes.");
            return JsonNode.Parse(bytes.AsSpan(0, length)) as JsonObject ?? throw new CommandFailedException("An event is a JSON object.");
        }
        catch (JsonException failure)
        {
            throw new CommandFailedException($"The event is no JSON: {failure.Message}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException($"{file} cannot be read: {failure.Message}");
        }
    }

    private static IEnumerable<JsonObject> Items(JsonObject? parent, string name) => (parent?[name] as JsonArray)?.OfType<JsonObject>() ?? [];

    private static Text Cell(JsonNode? node) => new(Text(node));

    private static string Text(JsonNode? node) => node is null ? "" : Terminal.Plain(node);
}
