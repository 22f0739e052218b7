using System.CommandLine;
using Tributary.Server.Files;

namespace Tributary.Server.Cli;

/// <summary><c>tributary apply</c>: makes a server what workspace files say. Doing it again changes nothing.</summary>
internal sealed class ApplyCommand : Command
{
    private readonly PlanInput _input = new();

    public ApplyCommand() : base("apply", "Makes a server what workspace files say.")
    {
        _input.AddTo(this);
        SetAction((line, cancellationToken) => Terminal.RunAsync(line, async terminal =>
        {
            using var server = _input.Client.Connect(line);
            var steps = await _input.ReadAsync(line, server, cancellationToken);
            foreach (var step in steps.Where(step => step.Action != PlanAction.Unchanged)) await ApplyAsync(step, server, cancellationToken);
            PlanReport.Write(terminal, steps, _input.Client.WantsJson(line), done: true);
        }));
    }

    private static async Task ApplyAsync(PlanStep step, ServerConnection server, CancellationToken cancellationToken)
    {
        var path = step.Path ?? $"api/{step.Kind}s";
        var id = step.Id;
        switch (step.Action)
        {
            case PlanAction.Create:
                if (step.Kind == "destination") step.Body!["sourceId"] = await SourceIdAsync(SourceOf(step.Name), server, cancellationToken);
                if (step.Destination is { } destination) step.Body!["destinationId"] = await DestinationIdAsync(destination, server, cancellationToken);
                var made = await server.SendAsync(HttpMethod.Post, path, step.Body, cancellationToken);
                id = made?[step.Kind]?["id"]?.GetValue<string>();
                break;
            case PlanAction.Update when step.Body is { Count: > 0 } body:
                await server.SendAsync(HttpMethod.Patch, $"{path}/{id}", body, cancellationToken);
                break;
            case PlanAction.Delete:
                await server.SendAsync(HttpMethod.Delete, $"{path}/{id}", null, cancellationToken);
                break;
            case PlanAction.Update or PlanAction.Unchanged:
                break;
        }

        if (step.Identity is { } identity) await server.SendAsync(HttpMethod.Put, $"{path}/{id}/identity", identity, cancellationToken);
    }

    private static string SourceOf(string destination) => destination[..destination.IndexOf('/', StringComparison.Ordinal)];

    private static async Task<string> DestinationIdAsync(string destination, ServerConnection server, CancellationToken cancellationToken)
    {
        var source = SourceOf(destination);
        var sourceId = await SourceIdAsync(source, server, cancellationToken);
        var found = (await server.ListAsync("api/destinations", "destinations", cancellationToken))
            .Where(each => each["sourceId"]!.GetValue<string>() == sourceId && each["name"]?.GetValue<string>() == destination[(source.Length + 1)..]).Take(2).ToList();
        return found.Count == 1 ? found[0]["id"]!.GetValue<string>() : throw new CommandFailedException($"The server has two destinations {destination}. Rename one of them first.");
    }

    // Asked for only now: the source may be one that an earlier step made.
    private static async Task<string> SourceIdAsync(string slug, ServerConnection server, CancellationToken cancellationToken)
    {
        var sources = await server.ListAsync("api/sources", "sources", cancellationToken);
        return sources.Single(source => source["slug"]!.GetValue<string>() == slug)["id"]!.GetValue<string>();
    }
}
