using System.CommandLine;
using System.Text.Json.Nodes;

namespace Tributary.Server.Cli;

/// <summary><c>tributary profiles get|explain|merge|split</c>: who somebody is, why, and how to correct it.</summary>
internal sealed class ProfilesCommand : Command
{
    private readonly ClientOptions _client = new();
    private readonly Argument<string> _who = new("profile") { Description = "type:value, e.g. email:ada@example.com, or use_…" };
    private readonly Argument<string> _with = new("with") { Description = "The other profile: type:value or use_…" };
    private readonly Argument<string[]> _identifiers = new("identifiers") { Description = "The identifiers to cut off, each as type:value.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string> _space = new("--space") { Description = "Slug or id of the space.", DefaultValueFactory = _ => "default" };
    private readonly Option<string?> _and = new("--and") { Description = "A second identifier: why do the two belong together?" };
    private readonly Option<string?> _reason = new("--reason") { Description = "Why; kept with the decision." };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Only show what would happen." };

    public ProfilesCommand() : base("profiles", "Shows, explains and corrects profiles.")
    {
        Add(Verb("get", "Traits and identifiers of a profile.", GetAsync, _who));
        Add(Verb("explain", "Which events link the identifiers of a profile.", ExplainAsync, _who, _and));
        Add(Verb("merge", "Makes two profiles one.", MergeAsync, _who, _with, _reason));
        Add(Verb("split", "Cuts identifiers off from a profile; what linked them is vetoed.", SplitAsync, _who, _identifiers, _reason, _dryRun));
    }

    private Command Verb(string name, string description, Func<ParseResult, ServerConnection, CancellationToken, Task<JsonNode?>> ask, params ReadOnlySpan<Symbol> symbols)
    {
        var verb = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument) verb.Add(argument);
            else if (symbol is Option option) verb.Add(option);
        }

        verb.Add(_space);
        _client.AddTo(verb);
        verb.SetAction((line, cancellationToken) => Terminal.RunAsync(line, async terminal =>
        {
            using var server = _client.Connect(line);
            var answer = await ask(line, server, cancellationToken);
            if (_client.WantsJson(line) || answer is not JsonObject parts) terminal.WriteJson(answer);
            else ShowParts(terminal, parts);
        }));
        return verb;
    }

    private async Task<JsonNode?> GetAsync(ParseResult line, ServerConnection server, CancellationToken cancellationToken)
    {
        var profile = $"v1/spaces/{Escaped(line.GetValue(_space)!)}/collections/users/profiles/{Escaped(line.GetValue(_who)!)}";
        var traits = await server.GetAsync($"{profile}/traits?limit=200", cancellationToken);
        // These two answers are no management answers; of the second only the list is left when "data" is taken away.
        var identifiers = await server.GetAsync($"{profile}/external_ids?limit=100", cancellationToken);
        return new JsonObject { ["traits"] = traits?["traits"]?.DeepClone(), ["external_ids"] = identifiers?.DeepClone() };
    }

    private Task<JsonNode?> ExplainAsync(ParseResult line, ServerConnection server, CancellationToken cancellationToken) =>
        server.GetAsync(Path(line, "explain") + (line.GetValue(_and) is { } other ? $"&and={Escaped(other)}" : ""), cancellationToken);

    private Task<JsonNode?> MergeAsync(ParseResult line, ServerConnection server, CancellationToken cancellationToken) => server.SendAsync(
        HttpMethod.Post, Path(line, "merge"), new JsonObject { ["with"] = line.GetValue(_with), ["reason"] = line.GetValue(_reason) }, cancellationToken);

    private Task<JsonNode?> SplitAsync(ParseResult line, ServerConnection server, CancellationToken cancellationToken) => server.SendAsync(
        HttpMethod.Post,
        Path(line, "split"),
        new JsonObject
        {
            ["identifiers"] = new JsonArray([.. line.GetValue(_identifiers)!.Select(identifier => JsonValue.Create(identifier))]),
            ["reason"] = line.GetValue(_reason),
            ["dryRun"] = line.GetValue(_dryRun),
        },
        cancellationToken);

    private string Path(ParseResult line, string verb) => $"api/profiles/{Escaped(line.GetValue(_who)!)}/{verb}?space={Escaped(line.GetValue(_space)!)}";

    private static string Escaped(string text) => Uri.EscapeDataString(text);

    private static void ShowParts(Terminal terminal, JsonObject parts)
    {
        foreach (var (name, value) in parts)
        {
            if (value is JsonValue or null)
            {
                terminal.Out.WriteLine($"{name}: {Terminal.Plain(value)}");
                continue;
            }

            terminal.Out.WriteLine(name);
            terminal.Show(value);
        }
    }
}
