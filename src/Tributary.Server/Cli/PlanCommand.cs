using System.CommandLine;
using System.Text.Json.Nodes;
using Spectre.Console;
using Tributary.Server.Files;

namespace Tributary.Server.Cli;

/// <summary><c>tributary plan</c>: shows what <c>apply</c> would change.</summary>
internal sealed class PlanCommand : Command
{
    private readonly PlanInput _input = new();

    public PlanCommand() : base("plan", "Shows the difference between workspace files and a server.")
    {
        _input.AddTo(this);
        SetAction((line, cancellationToken) => Terminal.RunAsync(line, async terminal =>
        {
            using var server = _input.Client.Connect(line);
            PlanReport.Write(terminal, await _input.ReadAsync(line, server, cancellationToken), _input.Client.WantsJson(line), done: false);
        }));
    }
}

/// <summary>What plan and apply have in common: the path, <c>--prune</c> and the server.</summary>
internal sealed class PlanInput
{
    private readonly Argument<string> _path = new("path") { Description = "A workspace file, or a folder of .yaml files." };

    private readonly Option<bool> _prune = new("--prune") { Description = "Also delete what the files do not name, but no space." };

    public ClientOptions Client { get; } = new();

    public void AddTo(Command command)
    {
        command.Add(_path);
        command.Add(_prune);
        Client.AddTo(command);
    }

    /// <summary>Reads the files and the server, and compares.</summary>
    public async Task<List<PlanStep>> ReadAsync(ParseResult line, ServerConnection server, CancellationToken cancellationToken)
    {
        try
        {
            var wanted = WorkspaceFile.Read(line.GetValue(_path)!, Environment.GetEnvironmentVariable);
            var present = await PresentWorkspace.ReadAsync(server, wanted, cancellationToken);
            var steps = WorkspacePlan.Of(wanted, present, line.GetValue(_prune));
            foreach (var step in steps) await CheckQueryAsync(step, present, server, cancellationToken);
            return steps;
        }
        catch (WorkspaceFileException failure)
        {
            throw new CommandFailedException(failure.Message, "The format is described in docs/reference/workspace-files.md.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException($"The file cannot be read: {failure.Message}");
        }
    }

    // Only the lake of the server knows whether a query of it can work; where the space is new too, applying will tell.
    private static async Task CheckQueryAsync(PlanStep step, PresentWorkspace present, ServerConnection server, CancellationToken cancellationToken)
    {
        if (step.Kind != "SQL trait" || step.Body?["query"] is not { } query || present.SlugOf(step.Name[..step.Name.IndexOf('/', StringComparison.Ordinal)]) is null) return;
        var answer = await server.SendAsync(HttpMethod.Post, $"{step.Path}/preview", new JsonObject { ["query"] = query.DeepClone(), ["checkOnly"] = true }, cancellationToken);
        var refused = answer!["sqlTraitPreview"]!["refused"]!.AsArray();
        if (refused.Count > 0) throw new WorkspaceFileException($"SQL trait {step.Name}: query: {string.Join(" ", refused.Select(fault => fault!.GetValue<string>()))}");
    }
}

/// <summary>A plan on a terminal or as JSON.</summary>
internal static class PlanReport
{
    /// <param name="terminal">Where to.</param>
    /// <param name="steps">The plan.</param>
    /// <param name="json">For a program.</param>
    /// <param name="done">True when the steps have been carried out.</param>
    public static void Write(Terminal terminal, List<PlanStep> steps, bool json, bool done)
    {
        if (json) terminal.WriteJson(Json(steps));
        else WriteLines(terminal.Console, steps, done);
    }

    private static JsonObject Json(List<PlanStep> steps) => new()
    {
        ["changes"] = steps.Count(step => step.Action != PlanAction.Unchanged),
        ["steps"] = new JsonArray([.. steps.Select(step => new JsonObject
        {
            ["action"] = Name(step.Action),
            ["kind"] = step.Kind,
            ["name"] = step.Name,
            ["fields"] = new JsonArray([.. step.Fields.Select(field => JsonValue.Create(field))]),
        })]),
    };

    private static void WriteLines(IAnsiConsole console, List<PlanStep> steps, bool done)
    {
        foreach (var step in steps)
        {
            var (sign, colour) = step.Action switch
            {
                PlanAction.Unchanged => (" ", Color.Grey),
                PlanAction.Create => ("+", Color.Green),
                PlanAction.Update => ("~", Color.Yellow),
                PlanAction.Delete => ("-", Color.Red),
            };
            var fields = step.Fields.IsEmpty ? "" : $": {string.Join(", ", step.Fields)}";
            console.Write(new Text($"{sign} {step.Kind} {step.Name} {Name(step.Action)}{fields}\n", colour));
        }

        var changes = steps.Where(step => step.Action != PlanAction.Unchanged).GroupBy(step => step.Action).Select(group => $"{group.Count()} to {Name(group.Key)}").ToList();
        console.WriteLine(changes.Count == 0 ? "Nothing to change." : done ? $"Done: {string.Join(", ", changes)}." : $"{string.Join(", ", changes)}. Run \"tributary apply\" to do it.");
    }

    private static string Name(PlanAction action) => action switch
    {
        PlanAction.Unchanged => "unchanged",
        PlanAction.Create => "create",
        PlanAction.Update => "update",
        PlanAction.Delete => "delete",
    };
}
