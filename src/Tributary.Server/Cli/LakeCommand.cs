using System.CommandLine;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Tributary.Server.Cli;

/// <summary><c>tributary lake query</c>: SQL over the history.</summary>
internal sealed class LakeCommand : Command
{
    private readonly ClientOptions _client = new();
    private readonly Argument<string> _sql = new("sql") { Description = "One SELECT; - reads it from standard input." };

    public LakeCommand() : base("lake", "Asks the history of events and profiles.")
    {
        var query = new Command("query", "Runs one read-only SQL query.") { _sql };
        _client.AddTo(query);
        query.SetAction((line, cancellationToken) => Terminal.RunAsync(line, async terminal =>
        {
            var sql = line.GetValue(_sql)!;
            if (sql == "-") sql = await System.Console.In.ReadToEndAsync(cancellationToken);
            using var server = _client.Connect(line);
            var answer = await server.SendAsync(HttpMethod.Post, "api/lake/query", new JsonObject { ["sql"] = sql }, cancellationToken);
            if (_client.WantsJson(line)) terminal.WriteJson(answer);
            else Show(terminal, answer);
        }));
        Add(query);
    }

    /// <summary>An answer of the lake as a table.</summary>
    public static void Show(Terminal terminal, JsonNode? answer)
    {
        var table = Terminal.Rows([.. answer?["columns"]?.AsArray().Select(column => Terminal.Plain(column?["name"])) ?? []]);
        var rows = answer?["rows"]?.AsArray() ?? [];
        foreach (var row in rows) table.AddRow([.. row!.AsArray().Select(value => new Text(Terminal.Plain(value)))]);
        terminal.Console.Write(table);
        terminal.Console.WriteLine($"{rows.Count} row{(rows.Count == 1 ? "" : "s")}{(answer?["truncated"]?.GetValue<bool>() == true ? "; there are more" : "")}");
    }
}
