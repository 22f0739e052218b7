using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Tributary.Engine.Tests.TestKit;
using Xunit;

namespace Tributary.Server.Tests.Delivery;

/// <summary>The executable in a process of its own, killed without warning while it delivers.</summary>
public sealed class DeliveryCrashTests : IDisposable
{
    private const int Kills = 3;
    private readonly string _folder = Directory.CreateTempSubdirectory("tributary-crash-").FullName;

    [Fact]
    public async Task Every_acknowledged_event_reaches_the_destination_and_the_law_holds_after_kills()
    {
        await using var stub = await WebhookStub.StartAsync();
        stub.Answer = static (_, context) =>
        {
            context.Response.StatusCode = Random.Shared.Next(20) == 0 ? 500 : 200;
            return Task.CompletedTask;
        };
        var (writeKey, acknowledged) = ("", 0);
        for (var round = 0; round < Kills; round++)
        {
            using var server = await StartAsync();
            if (round == 0) writeKey = await CreateAsync(server.Http, stub.Address);
            var until = (round + 1) * 300;
            for (; acknowledged < until; acknowledged++) await TrackAsync(server.Http, writeKey, acknowledged);
            server.Process.Kill();
            await server.Process.WaitForExitAsync();
        }

        using var last = await StartAsync();
        JsonObject? flow = null;
        for (var tries = 0; flow is null || flow["pending"]!.GetValue<long>() > 0; tries++)
        {
            Assert.True(tries < 500, flow?.ToJsonString());
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);
            flow = JsonNode.Parse(await last.Http.GetStringAsync("/api/flow"))!["data"]!["destinations"]!.AsArray().Single()!.AsObject();
        }

        last.Process.Kill();
        await last.Process.WaitForExitAsync();
        Assert.Equal((acknowledged, acknowledged), (flow["received"]!.GetValue<int>(), flow["delivered"]!.GetValue<int>()));
        var reached = stub.Requests.Select(request => JsonNode.Parse(request.Body)!["messageId"]!.GetValue<string>()).ToHashSet();
        Assert.Equal(acknowledged, reached.Count);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task<string> CreateAsync(HttpClient http, string address)
    {
        var source = (await PostAsync(http, "/api/sources", """{"slug":"shop","metadataId":"http-api","enabled":true}"""))["source"]!;
        await PostAsync(http, "/api/destinations", $$"""{"sourceId":"{{source["id"]}}","metadataId":"webhook","settings":{"url":"{{address}}"} }""");
        return source["writeKeys"]![0]!.GetValue<string>();
    }

    private static async Task<JsonNode> PostAsync(HttpClient http, string path, string json)
    {
        using var body = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(path, body);
        answer.EnsureSuccessStatusCode();
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["data"]!;
    }

    private static async Task TrackAsync(HttpClient http, string writeKey, int number)
    {
        var json = $$"""{"writeKey":"{{writeKey}}","userId":"u{{number % 30}}","event":"E","messageId":"m{{number}}"}""";
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/track") { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(writeKey + ":")));
        using var answer = await http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
    }

    private async Task<Killable> StartAsync()
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "tributary.dll"), "serve", "--urls", "http://127.0.0.1:0", "--data", _folder])
        {
            RedirectStandardOutput = true,
            Environment = { ["TRIBUTARY_ADMIN_TOKEN"] = RunningServer.AdminToken, ["TRIBUTARY_EGRESS_ALLOW"] = "127.0.0.0/8" },
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
            Process.Dispose();
            Http.Dispose();
        }
    }
}
