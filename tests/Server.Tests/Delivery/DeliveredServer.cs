using System.Text;
using System.Text.Json.Nodes;
using Tributary.Engine.Tests.TestKit;
using Xunit;

namespace Tributary.Server.Tests.Delivery;

/// <summary>A server with a source and a webhook that leads to a receiver in the test.</summary>
internal sealed class DeliveredServer : IAsyncDisposable
{
    private DeliveredServer(RunningServer server, WebhookStub stub, string source, string writeKey, string destination) =>
        (Server, Stub, Source, WriteKey, Destination) = (server, stub, source, writeKey, destination);

    public RunningServer Server { get; }

    public WebhookStub Stub { get; }

    public string Source { get; }

    public string WriteKey { get; }

    public string Destination { get; }

    public static async Task<DeliveredServer> StartAsync(string settings = "", string? allow = "127.0.0.0/8", params (string Key, string Value)[] options)
    {
        var stub = await WebhookStub.StartAsync();
        var server = await RunningServer.StartAsync(builder =>
        {
            builder.Configuration["TRIBUTARY_EGRESS_ALLOW"] = allow;
            foreach (var (key, value) in options) builder.Configuration["Delivery:" + key] = value;
        });
        var source = await server.CreateSourceAsync("shop");
        var id = source["id"]!.GetValue<string>();
        var (status, body) = await server.SendAsync(
            HttpMethod.Post, "/api/destinations", $$"""{"sourceId":"{{id}}","metadataId":"webhook","name":"Hook","settings":{"url":"{{stub.Address}}/in"{{settings}} } }""");
        Assert.True(status is 200 or 201, body.ToJsonString());
        return new DeliveredServer(server, stub, id, source["writeKeys"]![0]!.GetValue<string>(), body["data"]!["destination"]!["id"]!.GetValue<string>());
    }

    /// <summary>Sends a message to <c>/v1/{type}</c> and waits until it is processed.</summary>
    public async Task TrackAsync(string json, string type = "track")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/" + type) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation("Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(WriteKey + ":")));
        request.Headers.TryAddWithoutValidation("Prefer", "wait=5");
        using var response = await Server.Http.SendAsync(request);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    public Task<JsonObject> PassportAsync(string messageId) => Server.GetAsync("/api/events/" + Uri.EscapeDataString(messageId));

    public async Task<JsonObject> LifeAsync(string messageId) => (await PassportAsync(messageId))["events"]![0]!["destinations"]![0]!.AsObject();

    /// <summary>The destination's part of the flow, after its law is checked.</summary>
    public async Task<JsonObject> FlowAsync()
    {
        var flow = await Server.GetAsync("/api/flow");
        var destination = flow["destinations"]!.AsArray().Single()!.AsObject();
        var accounted = Number(destination, "delivered") + Sum(destination, "filtered") + Sum(destination, "failed") + Number(destination, "pending");
        Assert.True(Number(destination, "received") == accounted, flow.ToJsonString());
        foreach (var source in flow["sources"]!.AsArray().Select(node => node!.AsObject()))
            Assert.Equal(Number(source, "received"), Number(source, "accepted") + Number(source, "duplicate") + Sum(source, "discarded") + Number(source, "quarantined"));
        return destination;
    }

    public async Task UntilAsync(Func<Task<bool>> holds)
    {
        for (var tries = 0; !await holds(); tries++)
        {
            Assert.True(tries < 1_000, "It did not come to pass.");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, CancellationToken.None);
        }
    }

    public Task SettledAsync(int received) =>
        UntilAsync(async () => await FlowAsync() is var flow && Number(flow, "received") == received && Number(flow, "pending") == 0);

    public static long Number(JsonObject json, string name) => json[name]!.GetValue<long>();

    public static long Sum(JsonObject json, string name) => json[name]!.AsObject().Sum(pair => pair.Value!.GetValue<long>());

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Stub.DisposeAsync();
    }
}
