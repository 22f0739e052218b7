using System.CommandLine;

namespace Tributary.Server.Cli;

/// <summary>A command whose verbs are about one space of a server.</summary>
internal abstract class SpaceCommand(string name, string description) : Command(name, description)
{
    private readonly Option<string> _space = new("--space") { Description = "The space, by slug or id.", DefaultValueFactory = _ => "default" };

    /// <summary>Which server, and how it answers.</summary>
    protected ClientOptions Client { get; } = new();

    /// <summary>Adds a verb with its arguments and options.</summary>
    protected void Verb(string name, string description, Func<ParseResult, Terminal, CancellationToken, Task> run, params ReadOnlySpan<Symbol> symbols)
    {
        var verb = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument) verb.Add(argument);
            else verb.Add((Option)symbol);
        }

        verb.Add(_space);
        Client.AddTo(verb);
        verb.SetAction((line, cancellationToken) => Terminal.RunAsync(line, terminal => run(line, terminal, cancellationToken)));
        Add(verb);
    }

    /// <summary>An address of the API under the space.</summary>
    protected string Path(ParseResult line, string path) => $"api/spaces/{Uri.EscapeDataString(line.GetValue(_space)!)}/{path}";
}
