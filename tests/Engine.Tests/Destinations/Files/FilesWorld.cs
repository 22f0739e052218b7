using System.Text;
using System.Text.Json.Nodes;
using Tributary.Destinations.Files;
using Tributary.Destinations.Http;
using Tributary.Engine.Tests.TestKit;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Destinations.Files;

/// <summary>A sender of files, and what it has written.</summary>
internal sealed class FilesWorld : IDisposable
{
    private readonly OutboundHttp _http;
    private readonly List<IDestinationSender> _senders = [];

    public FilesWorld(string egress = "127.0.0.0/8") => _http = new OutboundHttp(EgressRules.Parse(egress));

    public TemporaryFolder Root { get; } = new();

    public WireTrace Trace { get; private set; } = new();

    public IDestinationSender Open(JsonObject settings, bool isDryRun = false)
    {
        var opened = FilesKind.Driver(_http, Root["exports"], TimeProvider.System).Open(new SenderRequest("dst_1", settings, null, isDryRun));
        Assert.Null(opened.Fault);
        _senders.Add(opened.Sender!);
        return opened.Sender!;
    }

    public async Task<DeliveryOutcome[]> SendAsync(IDestinationSender sender, params (long Place, string Message)[] messages)
    {
        var batch = messages.Select(one => new Model.Delivery(new LogOffset(one.Place), TypeOf(one.Message), 1, Encoding.UTF8.GetBytes(one.Message))).ToArray();
        Trace = new WireTrace(keepsSuccess: true);
        var outcomes = await sender.SendAsync(batch, Trace, TestContext.Current.CancellationToken);
        return [.. Enumerable.Range(0, batch.Length).Select(i => outcomes[i])];
    }

    /// <summary>All files below the root, hidden ones included, with / between their parts.</summary>
    public List<string> Files => Directory.Exists(Root["exports"])
        ? [.. Directory.EnumerateFiles(Root["exports"], "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
            .Select(path => Path.GetRelativePath(Root["exports"], path)).Order(StringComparer.Ordinal)]
        : [];

    public static string Message(string id, string time, string body = "\"event\":\"Order Completed\",\"properties\":{\"total\":9.5}", string type = "track") =>
        $$"""{"messageId":"{{id}}","type":"{{type}}","receivedAt":"{{time}}","timestamp":"{{time}}","anonymousId":"a",{{body}}}""";

    public void Dispose()
    {
        foreach (var sender in _senders) sender.Dispose();
        _http.Dispose();
        Root.Dispose();
    }

    private static EventType TypeOf(string message) =>
        message.StartsWith('{') && Enum.TryParse<EventType>((string?)JsonNode.Parse(message)?["type"], ignoreCase: true, out var known) ? known : EventType.Track;
}
