using System.CommandLine;
using Spectre.Console;
using Tributary.Server.Files;

namespace Tributary.Server.Cli;

/// <summary><c>tributary export</c>: writes what a server has as a workspace file; <c>plan</c> then finds nothing to change.</summary>
internal sealed class ExportCommand : Command
{
    private readonly ClientOptions _client = new();
    private readonly Option<string> _file = new("--output", "-o") { Description = "The file to write; standard output when it is not given." };
    private readonly Option<bool> _writeKeys = new("--write-keys") { Description = "Also write the write keys of sources; whoever has one can send events." };

    public ExportCommand() : base("export", "Writes what a server has as a workspace file, without secrets.")
    {
        Add(_file);
        Add(_writeKeys);
        _client.AddTo(this);
        SetAction((line, cancellationToken) => Terminal.RunAsync(line, terminal => RunAsync(line, terminal, cancellationToken)));
    }

    private async Task RunAsync(ParseResult line, Terminal terminal, CancellationToken cancellationToken)
    {
        using var server = _client.Connect(line);
        var export = new WorkspaceExport(await PresentWorkspace.ReadAsync(server, null, cancellationToken), line.GetValue(_writeKeys));
        var content = export.File();
        if (_client.WantsJson(line)) terminal.WriteJson(content);
        else if (line.GetValue(_file) is not { } file) await terminal.Out.WriteAsync(JsonYaml.Write(content));
        else await WriteAsync(file, JsonYaml.Write(content), terminal, cancellationToken);
        if (export.Variables.Count > 0) terminal.Error.WriteLine($"Secrets are left out. Set {string.Join(", ", export.Variables)} before you plan or apply this file.");
    }

    private static async Task WriteAsync(string file, string text, Terminal terminal, CancellationToken cancellationToken)
    {
        try
        {
            await File.WriteAllTextAsync(file, text, cancellationToken);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException($"The file cannot be written: {failure.Message}");
        }

        terminal.Error.WriteLine($"Written to {file}.");
    }
}
