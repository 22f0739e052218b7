using System.CommandLine;
using Tributary.Engine.Workspace;

namespace Tributary.Server.Cli;

/// <summary><c>tributary serve</c>: runs the server until it is told to stop.</summary>
internal sealed class ServeCommand : Command
{
    private readonly StartOptions _start = new();

    public ServeCommand() : base("serve", "Runs the server (this is also what happens without a verb).") => AlsoOn(this);

    /// <summary>Gives another command the same options and action.</summary>
    public void AlsoOn(Command command)
    {
        _start.AddTo(command);
        command.SetAction(RunAsync);
    }

    private Task<int> RunAsync(ParseResult line, CancellationToken stopping) => Terminal.RunAsync(line, async terminal =>
    {
        FirstStart? first = null;
        var options = _start.Read(line) with { FirstStarted = made => Banner.WriteCredentials(terminal.Out, first = made) };
        await using var server = await StartOptions.StartAsync(options, stopping);
        Banner.WriteAddress(terminal.Out, server, options.DataFolder, first);
        // The host itself listens for SIGINT and SIGTERM.
        await server.App.WaitForShutdownAsync(stopping);
        StartOptions.RefuseToHideFailures(server);
    });
}
