using System.CommandLine;
using Tributary.Engine.Workspace;
using Tributary.Server.Demo;

namespace Tributary.Server.Cli;

/// <summary><c>tributary demo</c>: a server with a shop in it, whose people come in three ways at once.</summary>
internal sealed class DemoCommand : Command
{
    private const int PeopleMax = 1_000_000;

    private readonly StartOptions _start = new();
    private readonly Option<int> _seed = new("--seed") { Description = "Another number, another shop.", DefaultValueFactory = _ => 1 };
    private readonly Option<int> _people = new("--people") { Description = $"How many people it has, up to {PeopleMax}.", DefaultValueFactory = _ => 3_000 };
    private readonly Option<bool> _exit = new("--exit") { Description = "Stop when the result is shown, instead of going on until Ctrl-C." };

    public DemoCommand() : base("demo", "Starts a server, fills it with an invented shop, and shows one customer.")
    {
        _start.AddTo(this);
        Add(_seed);
        Add(_people);
        Add(_exit);
        SetAction((line, stopping) => Terminal.RunAsync(line, terminal => RunAsync(line, terminal, stopping)));
    }

    private async Task RunAsync(ParseResult line, Terminal terminal, CancellationToken stopping)
    {
        var clock = TimeProvider.System;
        var options = _start.Read(line);
        if (string.IsNullOrWhiteSpace(options.AdminToken)) options = options with { AdminToken = WorkspaceSecrets.NewToken() };
        if (line.GetValue(_people) is < 1 or > PeopleMax) throw new CommandFailedException($"--people is a number from 1 to {PeopleMax}.");

        var mark = DemoMark.Read(options.DataFolder);
        if (mark is null && DemoMark.HoldsData(options.DataFolder))
        {
            throw new CommandFailedException(
                $"{Path.GetFullPath(options.DataFolder)} holds data that is not a demo's.", "Name a folder of its own for the demo: --data ./demo-data");
        }

        mark ??= new DemoMark(line.GetValue(_seed), line.GetValue(_people), clock.GetUtcNow(), IsComplete: false);
        var people = DemoPeople.Invent(mark.Seed, mark.People);
        await using var server = await StartOptions.StartAsync(options, stopping);
        Banner.WriteAddress(terminal.Out, server, options.DataFolder, null);
        if (!mark.IsComplete) mark.Write(options.DataFolder);

        using var closing = CancellationTokenSource.CreateLinkedTokenSource(stopping, server.App.Lifetime.ApplicationStopping);
        try
        {
            await PlayAsync(terminal, server, options.AdminToken!, new DemoPlan(mark, options.DataFolder, people, line.GetValue(_exit)), closing.Token);
        }
        catch (Exception ended) when (closing.IsCancellationRequested && ended is OperationCanceledException or HttpRequestException or CommandFailedException)
        {
            // Somebody pressed Ctrl-C; what was under way then is no failure.
        }

        StartOptions.RefuseToHideFailures(server);
    }

    private static async Task PlayAsync(Terminal terminal, StartedServer server, string token, DemoPlan plan, CancellationToken stopping)
    {
        var clock = TimeProvider.System;
        var mark = plan.Mark;
        using var connection = ServerConnection.Open(server.Address, token);
        using var door = new DemoDoor(server.Address, await DemoSetup.PrepareAsync(connection, stopping), clock);
        if (mark.IsComplete)
        {
            terminal.Out.WriteLine($"The shop is already here: {mark.People} people, seed {mark.Seed}, history up to {DemoTime.Iso(mark.Now)}.");
        }
        else
        {
            terminal.Out.WriteLine($"{mark.People} people of a shop come in three ways at once: {DemoTime.Span.TotalDays:0} days of history, seed {mark.Seed}.");
            await new DemoHistory(door, plan.People, mark.Now).SendAsync(terminal, stopping);
            (mark with { IsComplete = true }).Write(plan.DataFolder);
        }

        await new DemoReport(terminal, connection, server.Address, token).ShowAsync(plan.People[0], clock, stopping);
        if (plan.EndsThere) return;
        terminal.Out.WriteLine("About five events a second keep coming. Ctrl-C stops the server; the next start with the same --data goes on from here.");
        await new DemoLive(door, plan.People, clock).RunAsync(stopping);
    }

    private sealed record DemoPlan(DemoMark Mark, string DataFolder, IReadOnlyList<DemoPerson> People, bool EndsThere);
}
