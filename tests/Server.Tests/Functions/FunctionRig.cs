using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Tributary.Destinations.Functions;
using Tributary.Destinations.Node;
using Tributary.Model;

namespace Tributary.Server.Tests.Functions;

/// <summary>Functions in real processes, with the network cut off at the server's client: it answers <c>200 {"a":1}</c>.</summary>
internal sealed class FunctionRig : IAsyncDisposable
{
    private readonly HttpClient _http;
    private int _requests;

    public FunctionRig()
    {
        _http = new HttpClient(new Answering(() => Interlocked.Increment(ref _requests)));
        Runtime = new FunctionRuntime(
            NodeRuntime.Find(null, Environment.GetEnvironmentVariable("PATH")), Script, _ => _http, TimeProvider.System, NullLogger<NodePool>.Instance);
    }

    public static string Script { get; } = Path.Combine(AppContext.BaseDirectory, "workers", "worker.cjs");

    public FunctionRuntime Runtime { get; }

    /// <summary>Requests that left through the client.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Calls code with one track event or more, as an insert function, so that what it returns is seen.</summary>
    public async Task<FunctionResult> CallAsync(string code, string id = "one", int events = 1, double seconds = 5, JsonObject? settings = null, FunctionUse use = FunctionUse.Insert, bool alone = false)
    {
        var payload = "[" + string.Join(',', Enumerable.Range(0, events).Select(n => $$"""{"type":"track","event":"A","messageId":"m{{n}}"}""")) + "]";
        if (use == FunctionUse.Source) payload = """{"body":"{}","headers":{},"url":"http://a.example/"}""";
        var version = Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(code)))[..12];
        var call = new FunctionCall(new FunctionCode(id, version, code), use, Encoding.UTF8.GetBytes(payload), events, settings ?? []) { Timeout = TimeSpan.FromSeconds(seconds), IsAlone = alone };
        var began = Stopwatch.GetTimestamp();
        var result = await Runtime.CallAsync(call, new WireTrace(), CancellationToken.None);
        Xunit.Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds((seconds * 2) + 12), "It took too long.");
        return result;
    }

    /// <summary>What one call returned as text, or how it failed.</summary>
    public async Task<string> OneAsync(string body, string id = "one", double seconds = 5)
    {
        var result = (await CallAsync($"async function onTrack(event, settings) {{ {body} }}", id, seconds: seconds)).Results[0];
        return result.Verdict == FunctionVerdict.Done ? Encoding.UTF8.GetString(result.Value.Span) : $"{result.Verdict} {result.ErrorName}: {result.Message}";
    }

    public async ValueTask DisposeAsync()
    {
        await Runtime.DisposeAsync();
        _http.Dispose();
    }

    private sealed class Answering(Func<int> count) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            count();
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, cancellationToken);
            return new HttpResponseMessage(HttpStatusCode.OK) { RequestMessage = request, Content = new StringContent("""{"a":1}""", Encoding.UTF8, "application/json") };
        }
    }
}
