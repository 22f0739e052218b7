using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Tributary.Server.Cli;

/// <summary><c>tributary destinations replay</c>: counts the events that would be sent again, asks, and shows how far it is.</summary>
internal sealed class DestinationReplayCommand : Command
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);

    private readonly ClientOptions _client = new();
    private readonly Argument<string> _destination = new("destination") { Description = "Its id, or its name when no other has it." };
    private readonly Option<string?> _from = new("--from") { Description = "Events received from here on, e.g. 2026-01-31T12:00:00Z." };
    private readonly Option<string?> _to = new("--to") { Description = "Events received before." };
    private readonly Option<string?> _reason = new("--reason") { Description = "Only those with this outcome, e.g. http_422, destination_disabled or delivered." };
    private readonly Option<string?> _filter = new("--filter") { Description = "Only those that this is true of, e.g. 'type = \"track\"'." };
    private readonly Option<bool> _isDryRun = new("--dry-run") { Description = "Only counts them." };
    private readonly Option<bool> _isAgreed = new("--yes") { Description = "Does not ask." };

    public DestinationReplayCommand() : base("replay", "Sends events to a destination again.")
    {
        Add(_destination);
        foreach (var option in new Option[] { _from, _to, _reason, _filter, _isDryRun, _isAgreed }) Add(option);
        _client.AddTo(this);
        SetAction((line, stopping) => Terminal.RunAsync(line, terminal => RunAsync(line, terminal, stopping)));
    }

    private async Task RunAsync(ParseResult line, Terminal terminal, CancellationToken cancellationToken)
    {
        using var server = _client.Connect(line);
        var id = await DestinationVerbs.FindAsync(server, line.GetValue(_destination)!, cancellationToken);
        var path = $"api/destinations/{Uri.EscapeDataString(id)}/replay";
        var counted = await server.SendAsync(HttpMethod.Post, path, Body(line, isDryRun: true), cancellationToken);
        var count = counted?["count"]?.GetValue<long>() ?? 0;
        if (line.GetValue(_isDryRun) || count == 0)
        {
            if (_client.WantsJson(line)) terminal.WriteJson(counted);
            else terminal.Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count:n0} events would be sent again."));
            return;
        }

        if (!line.GetValue(_isAgreed))
        {
            if (_client.WantsJson(line) || !terminal.Error.Profile.Capabilities.Interactive)
                throw new CommandFailedException(string.Create(CultureInfo.InvariantCulture, $"{count:n0} events would be sent again, and nobody can be asked."), "Agree with --yes.");
            if (!await terminal.Error.ConfirmAsync(string.Create(CultureInfo.InvariantCulture, $"Send {count:n0} events again?"), defaultValue: false, cancellationToken)) return;
        }

        await server.SendAsync(HttpMethod.Post, path, Body(line, isDryRun: false), cancellationToken);
        var replay = await FollowAsync(server, terminal, path, cancellationToken);
        if (_client.WantsJson(line)) terminal.WriteJson(replay);
        else terminal.Console.WriteLine($"{Terminal.Plain(replay?["taken"])} events were sent on their way again.");
    }

    private JsonObject Body(ParseResult line, bool isDryRun)
    {
        var body = new JsonObject();
        foreach (var (name, option) in new[] { ("from", _from), ("to", _to), ("reason", _reason), ("filter", _filter) })
        {
            if (line.GetValue(option) is { } value) body[name] = value;
        }

        if (isDryRun) body["dryRun"] = true;
        return body;
    }

    private static async Task<JsonNode?> FollowAsync(ServerConnection server, Terminal terminal, string path, CancellationToken cancellationToken)
    {
        if (!terminal.Error.Profile.Capabilities.Interactive) return await WaitAsync(server, path, null, cancellationToken);
        var bars = terminal.Error.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn());
        return await bars.StartAsync(progress =>
        {
            var bar = progress.AddTask("Replaying", maxValue: 1);
            return WaitAsync(server, path, done => bar.Value = done, cancellationToken);
        });
    }

    // Who stops waiting does not stop the replay; DELETE does.
    private static async Task<JsonNode?> WaitAsync(ServerConnection server, string path, Action<double>? report, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(LookEvery, TimeProvider.System);
        while (true)
        {
            var replay = (await server.GetAsync(path, cancellationToken))?["replay"];
            report?.Invoke(replay?["progress"]?.GetValue<double>() ?? 1);
            if (Terminal.Plain(replay?["status"]) != "RUNNING") return replay;
            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }
}
