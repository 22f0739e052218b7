using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Tributary.Server.Tests.Management;

/// <summary>The executable in a process of its own, killed without warning.</summary>
public sealed class CrashTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tributary-crash-").FullName;

    [Fact]
    public async Task Every_acknowledged_change_survives_a_kill()
    {
        var expected = new List<string> { "first-source" };
        for (var round = 0; round < 5; round++)
        {
            using var server = await StartAsync();
            for (var at = 0; at < 5; at++)
            {
                var slug = $"source-{round}-{at}";
                using var body = new StringContent($$"""{"slug":"{{slug}}","metadataId":"http-api"}""", Encoding.UTF8, "application/json");
                using var created = await server.Http.PostAsync("/api/sources", body);
                created.EnsureSuccessStatusCode();
                expected.Add(slug);
            }

            server.Process.Kill();
            await server.Process.WaitForExitAsync();
        }

        using var last = await StartAsync();
        var sources = JsonNode.Parse(await last.Http.GetStringAsync("/api/sources"))!["data"]!["sources"]!.AsArray();
        Assert.Equal(expected, sources.Select(source => source!["slug"]!.GetValue<string>()));
        last.Process.Kill();
        await last.Process.WaitForExitAsync();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<Killable> StartAsync()
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "tributary.dll"), "serve", "--urls", "http://127.0.0.1:0", "--data", _folder])
        {
            RedirectStandardOutput = true,
            Environment = { ["TRIBUTARY_ADMIN_TOKEN"] = RunningServer.AdminToken },
        };
        var process = Process.Start(start)!;
        const string Before = "listens on ";
        while (await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)) is { } line)
        {
            if (line.IndexOf(Before, StringComparison.Ordinal) is var at && at < 0) continue;
            var http = new HttpClient { BaseAddress = new Uri(line[(at + Before.Length)..].Split(',')[0]) };
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", RunningServer.AdminToken);
            return new Killable(process, http);
        }

        throw new InvalidOperationException("The server did not start.");
    }

    private sealed record Killable(Process Process, HttpClient Http) : IDisposable
    {
        public void Dispose()
        {
            Http.Dispose();
            if (!Process.HasExited) Process.Kill();
            Process.Dispose();
        }
    }
}
