using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Tributary.Server.Tests;

/// <summary>The executable in a process of its own, so that it can be killed without warning.</summary>
internal sealed class ServerProcess : IDisposable
{
    private const string Announced = "listens on ";
    private readonly Process _process;
    private readonly StringBuilder _log = new();
    private readonly List<string> _announced = [];

    private ServerProcess(Process process) => _process = process;

    /// <summary>Sends the administrator's token.</summary>
    public HttpClient Http { get; private set; } = new();

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>What it wrote to its standard error.</summary>
    public string Log
    {
        get
        {
            lock (_log) return _log.ToString();
        }
    }

    /// <summary>Starts the server and waits until it listens.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="port">Where to listen; 0 takes a free port.</param>
    /// <param name="prefix">A command to run it under, e.g. <c>sh -c '…; exec "$@"' sh</c>.</param>
    /// <param name="environment">More variables.</param>
    public static async Task<ServerProcess> StartAsync(
        string folder, int port = 0, IReadOnlyList<string>? prefix = null, params (string Name, string Value)[] environment)
    {
        string[] command =
            [.. prefix ?? [], "dotnet", Path.Combine(AppContext.BaseDirectory, "tributary.dll"), "serve", "--urls", $"http://127.0.0.1:{port}", "--data", folder];
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["TRIBUTARY_ADMIN_TOKEN"] = RunningServer.AdminToken;
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var server = new ServerProcess(Process.Start(start)!);
        server._process.ErrorDataReceived += (_, line) => server.Keep(line.Data);
        server._process.BeginErrorReadLine();
        while (await server._process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)) is { } line)
        {
            server._announced.Add(line);
            if (line.IndexOf(Announced, StringComparison.Ordinal) is var at && at < 0) continue;
            server.Http = new HttpClient { BaseAddress = new Uri(line[(at + Announced.Length)..].Split(',')[0]) };
            server.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", RunningServer.AdminToken);
            return server;
        }

        await server._process.WaitForExitAsync();
        throw new InvalidOperationException("The server did not start: " + server.Log);
    }

    /// <summary>A port that nobody listens on at the moment.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>The rest of the line that it printed after this beginning.</summary>
    public async Task<string> AnnouncementAsync(string beginning)
    {
        while (true)
        {
            if (_announced.Find(line => line.StartsWith(beginning, StringComparison.Ordinal)) is { } found) return found[beginning.Length..];
            _announced.Add(await _process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)) ?? throw new InvalidOperationException("The server ended: " + Log));
        }
    }

    /// <summary>The write key of the source that a new workspace has.</summary>
    public async Task<string> FirstWriteKeyAsync() =>
        JsonNode.Parse(await Http.GetStringAsync("/api/sources"))!["data"]!["sources"]![0]!["writeKeys"]![0]!.GetValue<string>();

    /// <summary>Rows of a query of the lake; none while a table is not there, because it appears with its first row.</summary>
    public async Task<List<string?[]>> QueryAsync(string sql)
    {
        using var body = new StringContent(new JsonObject { ["sql"] = sql, ["limit"] = 100_000 }.ToJsonString(), Encoding.UTF8, "application/json");
        using var answer = await Http.PostAsync("/api/lake/query", body);
        var text = await answer.Content.ReadAsStringAsync();
        if (text.Contains("does not exist", StringComparison.Ordinal)) return [];
        Xunit.Assert.True(answer.IsSuccessStatusCode, text);
        return [.. JsonNode.Parse(text)!["data"]!["rows"]!.AsArray().Select(row => row!.AsArray().Select(value => value?.ToString()).ToArray())];
    }

    /// <summary>Ends it as a crash does: at once, in the middle of whatever it does.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Ends it as an operator does.</summary>
    public async Task StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", Id.ToString()]);
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
    }

    public void Dispose()
    {
        Http.Dispose();
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        lock (_log) _log.AppendLine(line);
    }
}
