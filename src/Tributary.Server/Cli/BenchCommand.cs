using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using Tributary.Server.Bench;

namespace Tributary.Server.Cli;

/// <summary><c>tributary bench</c>: loads a running server over HTTP and prints what it measured.</summary>
internal sealed class BenchCommand : Command
{
    private readonly ClientOptions _client = new();
    private readonly Option<string?> _writeKey = new("--write-key") { Description = "The source to send to; by default the first one." };
    private readonly Option<int> _people = new("--people") { Description = "How many people the events are of.", DefaultValueFactory = _ => 100_000 };
    private readonly Option<int> _seconds = new("--seconds") { Description = "How long each question is measured.", DefaultValueFactory = _ => 10 };
    private readonly Option<int?> _process = new("--pid") { Description = "The server's process, to tell its CPU time per event." };
    private readonly Option<int> _half = new("--half-load") { Description = "Events a second while ack-to-visible is measured.", DefaultValueFactory = _ => 20_000 };

    public BenchCommand() : base("bench", "Measures a running server: it is filled with made-up events.")
    {
        foreach (var option in new Option[] { _writeKey, _people, _seconds, _process, _half }) Add(option);
        _client.AddTo(this);
        SetAction((line, cancellationToken) => Terminal.RunAsync(line, terminal => RunAsync(line, terminal, cancellationToken)));
    }

    private async Task RunAsync(ParseResult line, Terminal terminal, CancellationToken cancellationToken)
    {
        using var server = _client.Connect(line);
        var writeKey = line.GetValue(_writeKey) ?? (await server.ListAsync("api/sources", "sources", cancellationToken))[0]["writeKeys"]![0]!.GetValue<string>();
        var bench = new ServerBench(
            _client.Address(line), writeKey, _client.Token(line) ?? "", line.GetValue(_process), line.GetValue(_people), TimeSpan.FromSeconds(line.GetValue(_seconds)));
        var results = new List<BenchResult>
        {
            await bench.SinglesAsync(64, cancellationToken),
            await bench.BatchesAsync(16, cancellationToken),
            await bench.ProfileReadsAsync(32, cancellationToken),
            await bench.AckToVisibleAsync(line.GetValue(_half), cancellationToken),
        };
        if (_client.WantsJson(line)) terminal.WriteJson(System.Text.Json.JsonSerializer.SerializeToNode(results));
        else Show(terminal, results);
    }

    private static void Show(Terminal terminal, List<BenchResult> results)
    {
        var table = Terminal.Rows(["question", "per second", "p50 ms", "p99 ms", "server CPU us", "note"]);
        foreach (var result in results)
        {
            table.AddRow(
                new Text(result.Question), Number(result.PerSecond, "N0"), Number(result.P50, "F2"), Number(result.P99, "F2"), Number(result.ServerCpuMicroseconds, "F1"), new Text(result.Note));
        }

        terminal.Console.Write(table);
    }

    private static Text Number(double? value, string format) => new(value?.ToString(format, CultureInfo.InvariantCulture) ?? "");
}
