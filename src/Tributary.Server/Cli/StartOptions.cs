using System.CommandLine;

namespace Tributary.Server.Cli;

/// <summary>The options of every verb that starts a server, and how it is started from the command line.</summary>
internal sealed class StartOptions
{
    private readonly Option<string> _urls = new("--urls")
    {
        Description = "Where to listen, separated by semicolons; port 0 takes a free one. Also TRIBUTARY_URLS.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TRIBUTARY_URLS") is { Length: > 0 } urls ? urls : new ServeOptions().Urls,
    };

    private readonly Option<string> _data = new("--data")
    {
        Description = "The data folder; it is made when it does not exist. Also TRIBUTARY_DATA.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TRIBUTARY_DATA") is { Length: > 0 } data ? data : new ServeOptions().DataFolder,
    };

    private readonly Option<bool> _jsonLogs = new("--json-logs") { Description = "Log lines as JSON." };

    public void AddTo(Command command)
    {
        command.Add(_urls);
        command.Add(_data);
        command.Add(_jsonLogs);
    }

    public ServeOptions Read(ParseResult line) => new()
    {
        Urls = line.GetValue(_urls)!,
        DataFolder = line.GetValue(_data)!,
        AdminToken = Environment.GetEnvironmentVariable("TRIBUTARY_ADMIN_TOKEN"),
        JsonLogs = line.GetValue(_jsonLogs),
    };

    /// <summary>Starts the server; what stands in its way is a sentence with advice.</summary>
    public static async Task<StartedServer> StartAsync(ServeOptions options, CancellationToken stopping)
    {
        try
        {
            return await TributaryHost.StartAsync(options, stopping);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidDataException or FormatException)
        {
            throw new CommandFailedException($"The server cannot start: {failure.Message}", Advice(failure, options));
        }
    }

    /// <summary>The host stops when one of its workers fails, and would end as if somebody had asked for it.</summary>
    public static void RefuseToHideFailures(StartedServer server)
    {
        var failed = server.App.Services.GetServices<IHostedService>().OfType<BackgroundService>().FirstOrDefault(worker => worker.ExecuteTask is { IsFaulted: true });
        if (failed?.ExecuteTask?.Exception?.GetBaseException() is { } failure)
            throw new CommandFailedException($"The server stopped because {failed.GetType().Name} failed: {failure.Message}", "Its log says more. Nothing that was answered with 200 is lost.");
    }

    private static string Advice(Exception failure, ServeOptions options) => failure switch
    {
        FormatException => "Give --urls as in http://localhost:8080.",
        _ when failure.Message.Contains("address already in use", StringComparison.OrdinalIgnoreCase) => "Stop the other server, or choose another port with --urls.",
        _ => $"Check that no other server uses the folder {Path.GetFullPath(options.DataFolder)} and that it can be written, or choose another with --data.",
    };
}
