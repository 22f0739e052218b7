using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Tributary.Server.Cli;

namespace Tributary.Server.Demo;

/// <summary>Sends to the server over HTTP exactly as the shop's website, CRM and help desk would.</summary>
/// <param name="address">The server's address.</param>
/// <param name="keys">The three write keys.</param>
/// <param name="clock">For <c>sentAt</c> and for waiting.</param>
internal sealed class DemoDoor(string address, DemoSources keys, TimeProvider clock) : IDisposable
{
    private const int AttemptsMax = 50;
    private static readonly MediaTypeHeaderValue Text = new("text/plain");
    private static readonly MediaTypeHeaderValue Json = new("application/json");
    private static readonly MediaTypeHeaderValue Csv = new("text/csv");

    private readonly HttpClient _http = new() { BaseAddress = new Uri(address), Timeout = TimeSpan.FromMinutes(2) };

    /// <summary>One visit from a browser: together in an envelope, or message by message.</summary>
    public async Task SendAsync(WebsiteVisit visit, CancellationToken cancellationToken)
    {
        if (visit.Device.SendsBatches)
        {
            var envelope = new JsonObject { ["writeKey"] = keys.Website, ["batch"] = new JsonArray([.. visit.Messages]), ["sentAt"] = DemoTime.Iso(clock.GetUtcNow()) };
            await PostAsync("v1/b", Encoding.UTF8.GetBytes(envelope.ToJsonString()), Text, keys.Website, null, cancellationToken);
            return;
        }

        foreach (var message in visit.Messages) await SendAsync(message, cancellationToken);
    }

    /// <summary>One message from a browser, as analytics.js 1.84 sends it: JSON called text, with the key in the body and in the header.</summary>
    public Task SendAsync(JsonObject message, CancellationToken cancellationToken)
    {
        var path = (string)message["type"]! switch { "identify" => "v1/i", "page" => "v1/p", _ => "v1/t" };
        message["writeKey"] = keys.Website;
        message["sentAt"] = DemoTime.Iso(clock.GetUtcNow());
        message["_metadata"] = new JsonObject { ["bundled"] = new JsonArray("Segment.io"), ["unbundled"] = new JsonArray(), ["bundledIds"] = new JsonArray() };
        return PostAsync(path, Encoding.UTF8.GetBytes(message.ToJsonString()), Text, keys.Website, null, cancellationToken);
    }

    /// <summary>The CRM's file.</summary>
    public Task ImportAsync(byte[] csv, CancellationToken cancellationToken) => PostAsync("v1/import", csv, Csv, keys.Crm, null, cancellationToken);

    /// <summary>One change of a ticket, from the help desk's relay.</summary>
    /// <param name="message">What changed.</param>
    /// <param name="isAwaited">Answer only when everything before it is in the profiles, too.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public Task RelayAsync(JsonObject message, bool isAwaited, CancellationToken cancellationToken) =>
        PostAsync("v1/track", Encoding.UTF8.GetBytes(message.ToJsonString()), Json, keys.HelpDesk, isAwaited ? "wait=30" : null, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task PostAsync(string path, byte[] body, MediaTypeHeaderValue type, string writeKey, string? prefer, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var content = new ByteArrayContent(body);
            content.Headers.ContentType = type;
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(writeKey + ":")));
            if (prefer is not null) request.Headers.Add("Prefer", prefer);
            using var response = await _http.SendAsync(request, cancellationToken);
            if (response.IsSuccessStatusCode) return;
            if (response.StatusCode != HttpStatusCode.TooManyRequests || attempt == AttemptsMax)
                throw new CommandFailedException($"/{path} answers {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync(cancellationToken)}");
            // As every SDK does: the server says when it has room again.
            await Task.Delay(response.Headers.RetryAfter?.Delta ?? TimeSpan.FromSeconds(1), clock, cancellationToken);
        }
    }
}

/// <summary>The write keys of the shop's three sources.</summary>
/// <param name="Website">Of <c>website</c>.</param>
/// <param name="Crm">Of <c>crm</c>.</param>
/// <param name="HelpDesk">Of <c>help-desk</c>.</param>
internal sealed record DemoSources(string Website, string Crm, string HelpDesk);
