using System.Text;
using System.Text.Json.Nodes;
using Tributary.Destinations.Http;
using Tributary.Destinations.Postgres;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Destinations.Postgres;

/// <summary>A sender to a schema of its own in a real server, and words for what is in it.</summary>
internal sealed class PostgresWorld(PostgresCluster cluster) : IDisposable
{
    private readonly List<IDestinationSender> _senders = [];
    private long _place;

    public string Schema { get; } = $"s_{Guid.CreateVersion7():N}";

    public WireTrace Trace { get; private set; } = new();

    public JsonObject Settings(Action<JsonObject>? change = null)
    {
        var settings = new JsonObject
        {
            ["host"] = "127.0.0.1",
            ["port"] = cluster.Port,
            ["database"] = "postgres",
            ["username"] = "postgres",
            ["password"] = PostgresCluster.Password,
            ["schema"] = Schema,
        };
        change?.Invoke(settings);
        return settings;
    }

    public IDestinationSender Open(Action<JsonObject>? change = null, bool isDryRun = false, string egress = "127.0.0.0/8")
    {
        var opened = PostgresKind.Driver(EgressRules.Parse(egress), TimeProvider.System).Open(new SenderRequest("d1", Settings(change), null, isDryRun));
        Assert.Null(opened.Fault);
        _senders.Add(opened.Sender!);
        return opened.Sender!;
    }

    /// <summary>Sends messages as one batch with a new sender.</summary>
    public Task<DeliveryOutcome[]> SendAsync(params string[] messages) => SendAsync(Open(), messages);

    public async Task<DeliveryOutcome[]> SendAsync(IDestinationSender sender, params string[] messages)
    {
        var batch = messages.Select(message => new Model.Delivery(new LogOffset(Interlocked.Add(ref _place, 64)), TypeOf(message), 1, Encoding.UTF8.GetBytes(message))).ToArray();
        Trace = new WireTrace(keepsSuccess: true);
        var outcomes = await sender.SendAsync(batch, Trace, TestContext.Current.CancellationToken);
        return [.. Enumerable.Range(0, batch.Length).Select(i => outcomes[i])];
    }

    public async Task DeliverAsync(params string[] messages) => Assert.All(await SendAsync(messages), outcome => Assert.Equal(DeliveryOutcome.Delivered, outcome));

    public Task<List<string>> RowsAsync(string sql) => cluster.QueryAsync($"SET search_path = {Schema}; {sql}");

    public Task<List<string>> ColumnsAsync(string table) => cluster.QueryAsync(
        $"SELECT column_name::text, data_type::text FROM information_schema.columns WHERE table_schema = '{Schema}' AND table_name = '{table}' ORDER BY ordinal_position");

    public JsonObject Counts => JsonNode.Parse(Trace.Exchanges.Single().ResponseBody.Span)!.AsObject();

    /// <summary>A message; minutes of 2026-01-02 10:00 UTC are the time of its arrival.</summary>
    public static string Message(string id, string type, string body, int minute = 0) =>
        $$"""{"messageId":"{{id}}","type":"{{type}}","receivedAt":"2026-01-02T10:{{minute:00}}:00.000Z","timestamp":"2026-01-02T10:00:00.000Z",{{body}}}""";

    public static string Track(string id, string name, string properties) => Message(id, "track", $$""" "event":"{{name}}","anonymousId":"a1","properties":{{properties}} """);

    public static string Object(string id, string collection, string name, string properties, int minute = 0) =>
        Message(id, "set", $$""" "collection":"{{collection}}","id":"{{name}}","properties":{{properties}} """, minute);

    public static string Identify(string id, string user, string traits, int minute = 0) => Message(id, "identify", $$""" "userId":"{{user}}","traits":{{traits}} """, minute);

    public void Dispose()
    {
        foreach (var sender in _senders) sender.Dispose();
    }

    private static EventType TypeOf(string message)
    {
        var type = message.StartsWith('{') ? (string?)JsonNode.Parse(message)?["type"] : null;
        return Enum.TryParse<EventType>(type, ignoreCase: true, out var known) ? known : EventType.Track;
    }
}
