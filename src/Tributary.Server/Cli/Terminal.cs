using System.CommandLine;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Tributary.Server.Cli;

/// <summary>Where a verb writes to: tables and colours for people, JSON for programs.</summary>
internal sealed class Terminal
{
    private Terminal(TextWriter output, TextWriter error)
    {
        Out = output;
        Console = For(output);
        Error = For(error);
    }

    public TextWriter Out { get; }

    public IAnsiConsole Console { get; }

    /// <summary>For progress and failures, so that standard output stays what was asked for.</summary>
    public IAnsiConsole Error { get; }

    /// <summary>Runs a verb. A failure it knows is printed as a sentence and what to do, and ends with 1.</summary>
    public static async Task<int> RunAsync(ParseResult line, Func<Terminal, Task> verb)
    {
        var terminal = new Terminal(line.InvocationConfiguration.Output, line.InvocationConfiguration.Error);
        try
        {
            await verb(terminal);
            return 0;
        }
        catch (CommandFailedException failure)
        {
            terminal.Error.MarkupLineInterpolated($"[red]{failure.Message}[/]");
            if (failure.Advice is { } advice) terminal.Error.WriteLine(advice);
            return 1;
        }
        catch (OperationCanceledException)
        {
            return 130;
        }
    }

    public void WriteJson(JsonNode? node) => Out.WriteLine(node?.ToJsonString(Indented) ?? "null");

    /// <summary>One line of JSON, for streams.</summary>
    public void WriteJsonLine(JsonNode? node) => Out.WriteLine(node?.ToJsonString(Compact) ?? "null");

    /// <summary>A JSON value as a person reads it: objects by line, lists of objects as a table.</summary>
    public void Show(JsonNode? node)
    {
        if (node is JsonArray { Count: > 0 } rows && rows.All(row => row is JsonObject)) Console.Write(TableOf(rows));
        else WriteJson(node);
    }

    public static Table Rows(params ReadOnlySpan<string> columns)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var column in columns) table.AddColumn(new TableColumn(new Text(column, new Style(decoration: Decoration.Bold))));
        return table;
    }

    private static readonly System.Text.Json.JsonSerializerOptions Indented =
        new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly System.Text.Json.JsonSerializerOptions Compact =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static Table TableOf(JsonArray rows)
    {
        var columns = rows.SelectMany(row => row!.AsObject().Select(pair => pair.Key)).Distinct().ToArray();
        var table = Rows(columns);
        foreach (var row in rows) table.AddRow([.. columns.Select(column => new Text(Plain(row![column])))]);
        return table;
    }

    /// <summary>A value without the quotes of JSON.</summary>
    public static string Plain(JsonNode? node) => node switch
    {
        null => "",
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        _ => node.ToJsonString(Compact),
    };

    private static IAnsiConsole For(TextWriter writer)
    {
        var output = new AnsiConsoleOutput(writer);
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = output });
        if (output.IsTerminal) return console;
        // A file or a pipe has no width at which lines would have to break, and whoever reads it wants no escape codes whatever TERM says.
        console.Profile.Width = 1_000;
        console.Profile.Capabilities.Ansi = false;
        return console;
    }
}

/// <summary>A verb cannot do what was asked; the message says why.</summary>
/// <param name="message">What went wrong, as a sentence.</param>
/// <param name="advice">What to do about it, when we know.</param>
internal sealed class CommandFailedException(string message, string? advice = null) : Exception(message)
{
    public string? Advice { get; } = advice;

    /// <summary>True when the server asked for a token and got none that it knows.</summary>
    public bool NeedsToken { get; init; }
}
