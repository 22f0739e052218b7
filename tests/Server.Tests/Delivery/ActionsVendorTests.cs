using System.Net;
using System.Net.Sockets;
using System.Text;
using Tributary.Destinations.Http;
using Tributary.Model;
using Xunit;

namespace Tributary.Server.Tests.Delivery;

/// <summary>Vendors that answer badly, over real connections: contained, and an outcome that says what happened.</summary>
public sealed class ActionsVendorTests
{
    private const string Head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

    [Theory]
    [InlineData("half", DeliveryVerdict.RetryLater)]
    [InlineData("nothing", DeliveryVerdict.RetryLater)]
    [InlineData("garbage", DeliveryVerdict.RetryLater)]
    [InlineData("endless head", DeliveryVerdict.RetryLater)]
    [InlineData("private", DeliveryVerdict.Refused)]
    public async Task A_vendor_that_answers_badly_is_an_outcome(string misdeed, DeliveryVerdict verdict)
    {
        var (outcome, _) = await SendAsync(misdeed);

        Assert.True(outcome.Verdict == verdict, $"{misdeed}: {outcome} {outcome.Detail}");
        Assert.NotNull(outcome.Reason);
    }

    [Fact]
    public async Task A_hundred_megabytes_are_not_kept()
    {
        var (outcome, trace) = await SendAsync("huge");

        // The status had arrived; what the vendor wanted to add to it is not worth a failure or the memory.
        Assert.True(outcome.Verdict is DeliveryVerdict.Delivered or DeliveryVerdict.RetryLater, $"{outcome} {outcome.Detail}");
        Assert.True(trace.Exchanges.All(exchange => exchange.ResponseBody.Length <= 17 << 20));
    }

    [Fact]
    public async Task A_vendor_that_never_answers_costs_the_time_of_an_attempt_and_no_more()
    {
        using var listener = Listen(out var address);
        using var http = new OutboundHttp(EgressRules.Parse("127.0.0.0/8"));
        await using var rig = new ActionsRig(http: http.Client);
        using var sender = Open(rig, address);
        using var within = new CancellationTokenSource(TimeSpan.FromSeconds(2));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await sender.SendAsync([ActionsRig.Event("""{"type":"track"}""")], new WireTrace(), within.Token));

        // The worker is as good as before.
        _ = AnswerAsync(listener, $"{Head}Content-Length: 2\r\n\r\n{{}}");
        Assert.Equal(DeliveryVerdict.Delivered, (await ActionsRig.SendAsync(sender, """{"type":"track"}""")).Verdict);
    }

    private static async Task<(DeliveryOutcome Outcome, WireTrace Trace)> SendAsync(string misdeed)
    {
        using var listener = Listen(out var address);
        using var http = new OutboundHttp(EgressRules.Parse("127.0.0.1/32"));
        await using var rig = new ActionsRig(http: http.Client);
        using var sender = Open(rig, address);
        _ = AnswerAsync(listener, misdeed switch
        {
            "half" => $"{Head}Content-Length: 100\r\n\r\n{{\"a\":",
            "nothing" => "",
            "garbage" => "\u0001\u0002 what is HTTP?\r\n\r\n",
            "endless head" => "HTTP/1.1 200 OK\r\n" + string.Concat(Enumerable.Repeat("X-Long: " + new string('x', 1_000) + "\r\n", 200)),
            "private" => "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://10.0.0.1/meta\r\nContent-Length: 0\r\n\r\n",
            _ => $"{Head}Content-Length: 104857600\r\n\r\n",
        }, misdeed == "huge" ? 100 << 20 : 0);
        var trace = new WireTrace(keepsSuccess: true);
        return (await ActionsRig.SendAsync(sender, """{"type":"track","event":"X"}""", trace: trace), trace);
    }

    private static IDestinationSender Open(ActionsRig rig, string address) =>
        rig.Open("actions-webhook", "send", $$$"""{"url":"{{{address}}}","method":"POST","data":{"@path":"$."},"enable_batching":false}""");

    private static TcpListener Listen(out string address)
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        address = $"http://{listener.LocalEndpoint}/";
        return listener;
    }

    private static async Task AnswerAsync(TcpListener listener, string answer, int more = 0)
    {
        try
        {
            // One that waited from before has nobody behind it any more.
            while (true)
            {
                using var socket = await listener.AcceptSocketAsync();
                var buffer = new byte[64 << 10];
                await socket.ReceiveAsync(buffer);
                await socket.SendAsync(Encoding.Latin1.GetBytes(answer));
                for (var sent = 0; sent < more; sent += buffer.Length) await socket.SendAsync(buffer);
                socket.Shutdown(SocketShutdown.Send);
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // The test is over, or the other side has had enough.
        }
    }
}
