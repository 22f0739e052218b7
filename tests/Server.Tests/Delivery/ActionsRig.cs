using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Tributary.Destinations.Actions;
using Tributary.Destinations.Node;
using Tributary.Model;

namespace Tributary.Server.Tests.Delivery;

/// <summary>A request that an action made.</summary>
public sealed record ActionRequest(string Method, Uri Url, IReadOnlyDictionary<string, string> Headers, string Body);

/// <summary>Segment's destinations in real workers, with an answer of ours where the network would be.</summary>
internal sealed class ActionsRig : IAsyncDisposable
{
    private readonly RecordedNetwork _network;
    private readonly HttpClient _client;

    public ActionsRig(Func<ActionRequest, HttpResponseMessage>? answer = null, bool allowsRawSockets = false, HttpClient? http = null)
    {
        Catalogue = ActionsCatalogue.Load(AppContext.BaseDirectory, allowsRawSockets ? "allow" : null);
        Pool = new NodePool(
            NodeRuntime.Find(null, Environment.GetEnvironmentVariable("PATH")), new NodePoolOptions("actions", Catalogue.Script) { WorkersMax = 1 }, TimeProvider.System, NullLogger<NodePool>.Instance);
        _network = new RecordedNetwork(answer ?? (_ => Json("{}")));
        _client = new HttpClient(_network);
        Host = new ActionsHost(Pool, Catalogue, _ => http ?? _client, TimeProvider.System);
    }

    public ActionsCatalogue Catalogue { get; }

    public NodePool Pool { get; }

    public ActionsHost Host { get; }

    public ConcurrentQueue<ActionRequest> Requests => _network.Requests;

    public static HttpResponseMessage Json(string json, int status = 200) =>
        new((HttpStatusCode)status) { Content = new StringContent(json, Encoding.UTF8, "application/json") };

    public static JsonObject Object(string json) => JsonNode.Parse(json)!.AsObject();

    public static Model.Delivery Event(string json, long offset = 1, int attempt = 1) => new(new LogOffset(offset), EventType.Track, attempt, Encoding.UTF8.GetBytes(json));

    public IDestinationSender Open(string slug, string action, string mapping, string settings = "{}", string destination = "dst_1")
    {
        var opened = Host.Driver(Catalogue.Find(slug)!).Open(new SenderRequest(destination, Object(settings), new SenderSubscription("sub_1", action, Object(mapping))));
        return opened.Sender ?? throw new InvalidOperationException(opened.Fault);
    }

    public static async Task<DeliveryOutcome> SendAsync(IDestinationSender sender, string json, long offset = 1, int attempt = 1, WireTrace? trace = null)
    {
        using var within = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        return (await sender.SendAsync([Event(json, offset, attempt)], trace ?? new WireTrace(), within.Token))[0];
    }

    public async ValueTask DisposeAsync()
    {
        await Pool.DisposeAsync();
        _client.Dispose();
        _network.Dispose();
    }
}

/// <summary>Stands where the network would be: remembers each request and answers it.</summary>
internal sealed class RecordedNetwork(Func<ActionRequest, HttpResponseMessage> answer) : HttpMessageHandler
{
    public ConcurrentQueue<ActionRequest> Requests { get; } = new();

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        var headers = request.Headers.NonValidated.Concat(request.Content?.Headers.NonValidated.AsEnumerable() ?? []).ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        var seen = new ActionRequest(request.Method.Method, request.RequestUri!, headers, body);
        Requests.Enqueue(seen);
        var response = answer(seen);
        response.RequestMessage = request;
        return response;
    }
}
