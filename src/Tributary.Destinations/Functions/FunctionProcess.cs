using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tributary.Destinations.Actions;
using Tributary.Destinations.Node;
using Tributary.Model;

namespace Tributary.Destinations.Functions;

/// <summary>The process of one function: started with the first call, with contexts for the versions that are in use.</summary>
internal sealed class FunctionProcess(NodePool pool, Func<bool, HttpClient> http, TimeProvider clock) : IAsyncDisposable
{
    // The settings of as many instances stay with the process; of others they are sent again.
    private const int ConfigurationsMax = 32;

    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);
    private static readonly byte[] Null = "null"u8.ToArray();

    private readonly Lock _gate = new();
    private readonly List<string> _configurations = [];
    private int _running;
    private long _usedAt = clock.GetTimestamp();

    public string? Missing => pool.Missing;

    public IReadOnlyList<int> ProcessIds => pool.ProcessIds;

    /// <summary>How long nothing was called; zero while something is.</summary>
    public TimeSpan IdleFor => Volatile.Read(ref _running) > 0 ? TimeSpan.Zero : clock.GetElapsedTime(Volatile.Read(ref _usedAt));

    public async ValueTask<FunctionResult> CallAsync(FunctionCall call, WireTrace trace, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _running);
        try
        {
            var began = clock.GetTimestamp();
            var fetch = new ActionFetch(http(call.IsDryRun), trace, clock);
            var budget = call.Timeout * 0.8;
            var job = new NodeJob(
                "call",
                writer =>
                {
                    writer.WriteStartObject();
                    writer.WriteString("handler", call.Use == FunctionUse.Source ? "onRequest" : "*");
                    writer.WriteString("use", call.Use switch { FunctionUse.Source => "source", FunctionUse.Destination => "destination", FunctionUse.Insert => "insert" });
                    writer.WriteNumber("withinMs", (int)call.Timeout.TotalMilliseconds);
                    writer.WriteNumber("budgetMs", (int)budget.TotalMilliseconds);
                    // As a text: it passes through the process unread and is read where it is used.
                    writer.WriteString("input"u8, JsonEncodedText.Encode(call.Payload.Span, JavaScriptEncoder.UnsafeRelaxedJsonEscaping));
                    writer.WriteEndObject();
                },
                (call.Count == 1 ? call.Timeout : call.Timeout + budget) + Grace,
                (ask, token) => ask.Kind == "fetch" ? fetch.ServeAsync(ask.Body, token) : ValueTask.FromResult<ReadOnlyMemory<byte>>(Null),
                Configuration(call));
            return FunctionReply.Read(call, await pool.RunAsync(job, 0, call.IsAlone, cancellationToken), clock.GetElapsedTime(began));
        }
        finally
        {
            Volatile.Write(ref _usedAt, clock.GetTimestamp());
            Interlocked.Decrement(ref _running);
        }
    }

    public ValueTask DisposeAsync() => pool.DisposeAsync();

    private NodeConfiguration Configuration(FunctionCall call)
    {
        var settings = call.Settings.ToJsonString();
        var key = $"{call.Code.Version}:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(settings)))}";
        string? forgotten = null;
        lock (_gate)
        {
            _configurations.Remove(key);
            _configurations.Add(key);
            if (_configurations.Count > ConfigurationsMax)
            {
                forgotten = _configurations[0];
                _configurations.RemoveAt(0);
            }
        }

        if (forgotten is not null) pool.Forget(forgotten);
        return new NodeConfiguration(key, writer => JsonSerializer.Serialize(writer, new JsonObject { ["version"] = call.Code.Version, ["code"] = call.Code.Text, ["settings"] = settings }));
    }
}
