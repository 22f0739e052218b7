using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Tributary.Destinations.Http;
using Tributary.Destinations.Webhook;
using Tributary.Engine.Tests.TestKit;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Delivery;

public sealed class WebhookSenderTests
{
    [Fact]
    public async Task Posts_the_message_with_headers_and_a_signature_of_its_bytes()
    {
        await using var stub = await WebhookStub.StartAsync();
        var sent = """{"type":"track","event":"Größe"}""";

        var outcome = await SendAsync(stub.Address + "/in?a=b", """ "sharedSecret":"geheim","headers":{"Authorization":"Basic abc","X-One":"1"} """, [sent]);

        Assert.Equal(DeliveryOutcome.Delivered, outcome);
        var request = Assert.Single(stub.Requests);
        Assert.Equal(("POST", "/in", sent), (request.Method, request.Path, Encoding.UTF8.GetString(request.Body)));
        Assert.Equal("application/json", request.Headers["Content-Type"]);
        Assert.StartsWith("Tributary/", request.Headers["User-Agent"], StringComparison.Ordinal);
        Assert.Equal(("Basic abc", "1"), (request.Headers["Authorization"], request.Headers["X-One"]));
#pragma warning disable CA5350
        Assert.Equal(Convert.ToHexStringLower(HMACSHA1.HashData("geheim"u8, Encoding.UTF8.GetBytes(sent))), request.Headers["X-Signature"]);
#pragma warning restore CA5350
    }

    [Fact]
    public async Task A_batch_is_an_array_in_order()
    {
        await using var stub = await WebhookStub.StartAsync();

        await SendAsync(stub.Address, """ "batchSize":10 """, ["""{"a":1}""", """{"a":2}""", """{"a":3}"""]);
        await SendAsync(stub.Address, """ "batchSize":10 """, ["""{"a":4}"""]);

        Assert.Equal(["""[{"a":1},{"a":2},{"a":3}]""", """[{"a":4}]"""], stub.Requests.Select(request => Encoding.UTF8.GetString(request.Body)));
    }

    [Theory]
    [InlineData(200, DeliveryVerdict.Delivered, null)]
    [InlineData(204, DeliveryVerdict.Delivered, null)]
    [InlineData(302, DeliveryVerdict.Refused, "http_302")]
    [InlineData(400, DeliveryVerdict.Refused, "http_400")]
    [InlineData(401, DeliveryVerdict.CredentialsRejected, "http_401")]
    [InlineData(403, DeliveryVerdict.CredentialsRejected, "http_403")]
    [InlineData(404, DeliveryVerdict.Refused, "http_404")]
    [InlineData(408, DeliveryVerdict.RetryLater, "http_408")]
    [InlineData(410, DeliveryVerdict.Refused, "http_410")]
    [InlineData(429, DeliveryVerdict.RetryLater, "http_429")]
    [InlineData(500, DeliveryVerdict.RetryLater, "http_500")]
    [InlineData(503, DeliveryVerdict.RetryLater, "http_503")]
    public async Task The_status_decides(int status, DeliveryVerdict verdict, string? reason)
    {
        await using var stub = await WebhookStub.StartAsync();
        stub.Answer = (_, context) =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = stub.Address + "/elsewhere";
            return Task.CompletedTask;
        };

        var outcome = await SendAsync(stub.Address, "", ["{}"]);

        Assert.Equal((verdict, reason), (outcome.Verdict, outcome.Reason));
        Assert.Single(stub.Requests);
    }

    [Fact]
    public async Task Retry_after_is_read_as_seconds_and_as_a_date()
    {
        await using var stub = await WebhookStub.StartAsync();
        var headers = new Queue<string>(["17", TimeProvider.System.GetUtcNow().AddSeconds(100).ToString("R", CultureInfo.InvariantCulture), "Thu, 01 Jan 1970 00:00:00 GMT", "soon"]);
        stub.Answer = (_, context) =>
        {
            context.Response.StatusCode = 503;
            context.Response.Headers.RetryAfter = headers.Dequeue();
            return Task.CompletedTask;
        };

        Assert.Equal(TimeSpan.FromSeconds(17), (await SendAsync(stub.Address, "", ["{}"])).After);
        Assert.InRange((await SendAsync(stub.Address, "", ["{}"])).After!.Value.TotalSeconds, 90, 100);
        Assert.Equal(TimeSpan.Zero, (await SendAsync(stub.Address, "", ["{}"])).After);
        Assert.Null((await SendAsync(stub.Address, "", ["{}"])).After);
    }

    [Fact]
    public async Task Of_an_endless_answer_only_the_beginning_is_read()
    {
        await using var stub = await WebhookStub.StartAsync();
        stub.Answer = async (_, context) =>
        {
            context.Response.StatusCode = 400;
            var chunk = Encoding.ASCII.GetBytes(new string('x', 1000));
            while (!context.RequestAborted.IsCancellationRequested) await context.Response.Body.WriteAsync(chunk, context.RequestAborted);
        };

        var outcome = await SendAsync(stub.Address, "", ["{}"]);

        Assert.Equal(("http_400", DeliveryOutcome.DetailLengthMax), (outcome.Reason, outcome.Detail!.Length));
    }

    [Theory]
    [InlineData("http://127.0.0.1:9/")]
    [InlineData("http://localhost:9/")]
    [InlineData("http://[::1]:9/")]
    [InlineData("http://[::ffff:127.0.0.1]:9/")]
    [InlineData("http://0x7f000001:9/")]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    public async Task An_address_that_is_not_public_is_refused_and_not_tried_again(string url)
    {
        var outcome = await SendAsync(url, "", ["{}"], allow: null);

        Assert.Equal((DeliveryVerdict.Refused, "egress_refused"), (outcome.Verdict, outcome.Reason));
    }

    [Fact]
    public async Task A_closed_port_is_tried_again()
    {
        var outcome = await SendAsync("http://127.0.0.1:1/", "", ["{}"]);

        Assert.Equal((DeliveryVerdict.RetryLater, "connection_failed"), (outcome.Verdict, outcome.Reason));
    }

    [Theory]
    [InlineData("", DeliveryVerdict.RetryLater, "network")]
    [InlineData("What do you want?\r\n\r\n", DeliveryVerdict.RetryLater, "network")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le", DeliveryVerdict.RetryLater, "network")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"half", DeliveryVerdict.Delivered, null)]
    [InlineData("HTTP/1.1 503 Busy\r\nContent-Length: 100\r\nRetry-After: 7\r\n\r\n{\"half", DeliveryVerdict.RetryLater, "http_503")]
    [InlineData("HTTP/1.1 422 No\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", DeliveryVerdict.Refused, "http_422")]
    [InlineData("HTTP/1.1 307 There\r\nLocation: http://169.254.169.254/latest\r\nContent-Length: 0\r\n\r\n", DeliveryVerdict.Refused, "http_307")]
    [InlineData("HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n", DeliveryVerdict.RetryLater, "http_999")]
    public async Task Half_an_answer_and_no_answer_have_an_outcome(string answer, DeliveryVerdict verdict, string? reason)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = $"http://{listener.LocalEndpoint}/";
        var server = AnswerAsync();

        var outcome = await SendAsync(address, "", ["{}"]);
        listener.Stop();

        Assert.Equal((verdict, reason), (outcome.Verdict, outcome.Reason));
        if (reason == "http_503") Assert.Equal(TimeSpan.FromSeconds(7), outcome.After);
        await server;

        // Every connection gets the same, so that one that is tried again by the client meets it too.
        async Task AnswerAsync()
        {
            try
            {
                while (true)
                {
                    using var socket = await listener.AcceptSocketAsync();
                    await socket.ReceiveAsync(new byte[8_000]);
                    await socket.SendAsync(Encoding.ASCII.GetBytes(answer));
                    socket.Shutdown(SocketShutdown.Both);
                }
            }
            catch (Exception ended) when (ended is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                // The listener was stopped, or the client has gone first.
            }
        }
    }

    [Theory]
    [InlineData("""{"url":"http://a.b","batchSize":0}""", "batchSize")]
    [InlineData("""{"url":"http://a.b","batchSize":"5"}""", "batchSize")]
    [InlineData("""{"url":"http://a.b","batchSize":4001}""", "batchSize")]
    [InlineData("""{"url":"http://a.b","headers":{"Content-Length":"5"}}""", "headers")]
    [InlineData("""{"url":"http://a.b","headers":{"A b":"5"}}""", "headers")]
    [InlineData("""{"url":"http://a.b","headers":{"A":"x\r\nB: y"}}""", "headers")]
    [InlineData("""{"url":"http://a.b","sharedSecret":5}""", "sharedSecret")]
    [InlineData("""{"url":"file:///etc/passwd"}""", "url")]
    [InlineData("""{"url":"https://ada:secret@a.b"}""", "url")]
    public void Settings_that_cannot_work_are_named(string settings, string field) =>
        Assert.Equal("settings." + field, Assert.Single(WebhookKind.Value.Check(JsonNode.Parse(settings)!.AsObject())).Field);

    private static async Task<DeliveryOutcome> SendAsync(string url, string settings, string[] events, string? allow = "127.0.0.0/8")
    {
        using var http = new OutboundHttp(EgressRules.Parse(allow));
        var json = JsonNode.Parse($$"""{"url":"{{url}}"{{(settings.Length > 0 ? "," + settings : "")}}}""")!.AsObject();
        using var sender = WebhookKind.Driver(http, TimeProvider.System).Open(new SenderRequest("hook", json)).Sender!;
        var batch = events.Select((text, at) => new Model.Delivery(new LogOffset(at), EventType.Track, 1, Encoding.UTF8.GetBytes(text))).ToList();
        return (await sender.SendAsync(batch, new WireTrace(), CancellationToken.None))[0];
    }
}
