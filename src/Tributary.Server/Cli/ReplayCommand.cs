using System.CommandLine;
using Spectre.Console;
using Tributary.Engine.Log;
using Tributary.Engine.Processing;

namespace Tributary.Server.Cli;

/// <summary><c>tributary replay --verify</c>: proves, without a server, that the state of a data folder is what its received log gives.</summary>
internal sealed class ReplayCommand : Command
{
    private readonly Option<string> _data = new("--data")
    {
        Description = "The data folder of a server that is stopped. Also TRIBUTARY_DATA.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TRIBUTARY_DATA") is { Length: > 0 } data ? data : new ServeOptions().DataFolder,
    };

    private readonly Option<bool> _verify = new("--verify")
    {
        Description = "Replay into a scratch folder and compare state and event log byte for byte; the data stay as they are.",
    };

    public ReplayCommand() : base("replay", "Replays the received log of a stopped server.")
    {
        Add(_data);
        Add(_verify);
        SetAction((line, stopping) => Terminal.RunAsync(line, terminal => RunAsync(line, terminal, stopping)));
    }

    private async Task RunAsync(ParseResult line, Terminal terminal, CancellationToken stopping)
    {
        if (!line.GetValue(_verify)) throw new CommandFailedException("Say what the replay is for.", "--verify compares it with the state and changes nothing.");
        var folder = Path.GetFullPath(line.GetValue(_data)!);
        if (!OfflineData.Exists(folder)) throw new CommandFailedException($"{folder} holds no data of a server.", "Name its folder with --data.");
        var clock = TimeProvider.System;
        try
        {
            using var data = OfflineData.Open(folder, clock);
            var began = clock.GetTimestamp();
            var verification = new ReplayVerification(data.Received, data.Decided, data.Store, ServerOptions(), clock);
            // A replay has the thread for itself, and may take minutes.
            if (await WithProgressAsync(terminal, report => Task.Run(() => verification.Run(report, stopping), stopping)) is { } difference)
            {
                throw new CommandFailedException(
                    $"The replay gives something else. {difference}", "Keep the folder: the difference is a fault of the server that should be looked into.");
            }

            var position = ProcessingPosition.Read(data.Store);
            var size = FormattableString.Invariant($"{position.Received.Value:n0} bytes received, {position.Decided.Value:n0} decided");
            var seconds = FormattableString.Invariant($"{clock.GetElapsedTime(began).TotalSeconds:0.0} s");
            terminal.Console.WriteLine($"The replay gives the same state and the same event log, byte for byte: {size}, {seconds}.");
        }
        catch (LogOffsetGoneException gone)
        {
            throw new CommandFailedException($"The history cannot be replayed: {gone.Message}", "Retention has dropped its beginning.");
        }
        catch (IOException failure)
        {
            throw new CommandFailedException($"The data cannot be opened: {failure.Message}", $"Check that no server uses the folder {folder}; a replay needs it for itself.");
        }
    }

    private static async Task<string?> WithProgressAsync(Terminal terminal, Func<Action<double>?, Task<string?>> replay)
    {
        if (!terminal.Error.Profile.Capabilities.Interactive) return await replay(null);
        var bars = terminal.Error.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn());
        return await bars.StartAsync(progress =>
        {
            var bar = progress.AddTask("Replaying", maxValue: 1);
            return replay(done => bar.Value = done);
        });
    }

    // As the server reads them: how long message ids are remembered is part of what is compared.
    private static ProcessingOptions ServerOptions()
    {
        var options = new ProcessingOptions();
        var configuration = new ConfigurationBuilder().SetBasePath(Directory.GetCurrentDirectory()).AddJsonFile("appsettings.json", optional: true).AddEnvironmentVariables();
        configuration.Build().GetSection("Processing").Bind(options);
        return options;
    }
}
