using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Confluent.Kafka;
using Microsoft.Extensions.Configuration;
using Tributary.Destinations.Http;
using Tributary.Destinations.Kafka;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Destinations.Kafka;

public sealed class KafkaSenderTests(KafkaCluster cluster) : IClassFixture<KafkaCluster>
{
    [Theory]
    [InlineData("userId", "u1|u1|a2|∅")]
    [InlineData("anonymousId", "a1|u1|a2|∅")]
    [InlineData("messageId", "m1|m2|m3|m4")]
    public async Task An_event_is_a_message_with_its_key_and_headers(string key, string keys)
    {
        string[] sent =
        [
            """{"messageId":"m1","type":"track","userId":"u1","anonymousId":"a1"}""", """{"messageId":"m2","type":"identify","userId":"u1"}""",
            """{"messageId":"m3","type":"page","anonymousId":"a2","userId":null}""", """{"messageId":"m4","type":"track","properties":{"userId":"deep"}}""",
        ];

        var outcomes = await SendAsync(Settings(("topic", $"keys-{key}"), ("key", key)), sent);

        Assert.All(outcomes, outcome => Assert.Equal(DeliveryOutcome.Delivered, outcome));
        var read = cluster.Read($"keys-{key}", 4).OrderBy(one => one.Headers, StringComparer.Ordinal).ToList();
        Assert.Equal(sent, read.Select(one => one.Value));
        Assert.Equal(keys, string.Join('|', read.Select(one => one.Key ?? "∅")));
        Assert.Equal(["messageId=m1 type=track", "messageId=m2 type=identify", "messageId=m3 type=page", "messageId=m4 type=track"], read.Select(one => one.Headers));
    }

    [Theory]
    [InlineData("none")]
    [InlineData("gzip")]
    [InlineData("snappy")]
    [InlineData("lz4")]
    [InlineData("zstd")]
    public async Task Events_of_a_person_keep_their_order_and_nothing_is_lost(string compression)
    {
        var sent = Enumerable.Range(0, 2_000).Select(i => $$"""{"messageId":"m{{i:0000}}","type":"track","userId":"u{{i % 37}}"}""").ToArray();

        var outcomes = await SendAsync(Settings(("topic", $"order-{compression}"), ("compression", compression)), sent);

        Assert.All(outcomes, outcome => Assert.Equal(DeliveryOutcome.Delivered, outcome));
        var read = cluster.Read($"order-{compression}", 2_000);
        Assert.Equal(sent, read.Select(one => one.Value).Order(StringComparer.Ordinal));
        foreach (var person in read.GroupBy(one => one.Key))
        {
            Assert.Single(person.Select(one => one.Partition).Distinct());
            Assert.Equal(person.Select(one => one.Value).Order(StringComparer.Ordinal), person.Select(one => one.Value));
        }
    }

    [Fact]
    public async Task What_is_no_event_or_too_large_is_refused_and_its_neighbours_are_not()
    {
        var large = $$"""{"messageId":"m2","type":"track","text":"{{new string('x', 1_100_000)}}"}""";

        var outcomes = await SendAsync(Settings(("topic", "large"), ("compression", "none")), """{"messageId":"m1","type":"track"}""", large, "[]", """{"messageId":"m3","type":"track"}""");

        Assert.Equal([null, "kafka_msg_size_too_large", "unreadable", null], outcomes.Select(outcome => outcome.Reason));
        Assert.Equal([DeliveryVerdict.Delivered, DeliveryVerdict.Refused, DeliveryVerdict.Refused, DeliveryVerdict.Delivered], outcomes.Select(outcome => outcome.Verdict));
        Assert.Equal(2, cluster.Read("large", 2).Count);
    }

    [Fact]
    public async Task Brokers_that_are_not_there_are_tried_again()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();

        var outcome = (await SendAsync(Settings(("brokers", $"127.0.0.1:{port}")), "{}"))[0];

        Assert.Equal((DeliveryVerdict.RetryLater, "kafka_transport"), (outcome.Verdict, outcome.Reason));
    }

    [Fact]
    public async Task A_cluster_that_ends_is_tried_again()
    {
        var own = new KafkaCluster();
        var settings = Settings(("brokers", own.Brokers), ("topic", "t"));
        using var sender = Open(settings);
        Assert.Equal(DeliveryOutcome.Delivered, (await SendAsync(sender, """{"messageId":"m1"}"""))[0]);
        own.Dispose();

        var outcome = (await SendAsync(sender, """{"messageId":"m2"}"""))[0];

        Assert.Equal(DeliveryVerdict.RetryLater, outcome.Verdict);
    }

    [Fact]
    public async Task Rules_of_egress_hold_for_brokers_that_are_named_and_that_are_advertised()
    {
        using var proxy = new TcpListener(IPAddress.Parse("127.0.0.2"), 0);
        proxy.Start();
        _ = ForwardAsync(proxy, int.Parse(cluster.Brokers.Split(',')[0].Split(':')[1], System.Globalization.CultureInfo.InvariantCulture));
        // The list names an address that is permitted; who answers there says that the brokers are at 127.0.0.1.
        var settings = Settings(("brokers", $"127.0.0.2:{((IPEndPoint)proxy.LocalEndpoint).Port}"), ("topic", "egress"));

        var named = (await SendAsync(settings, "127.0.0.1/32", ["{}"]))[0];
        var advertised = (await SendAsync(settings, "127.0.0.2/32", ["{}"]))[0];
        var permitted = (await SendAsync(settings, "127.0.0.0/30", ["{}"]))[0];

        Assert.Equal((DeliveryVerdict.Refused, "egress_refused"), (named.Verdict, named.Reason));
        Assert.Contains("127.0.0.2", named.Detail, StringComparison.Ordinal);
        Assert.Equal((DeliveryVerdict.Refused, "egress_refused"), (advertised.Verdict, advertised.Reason));
        Assert.Contains("127.0.0.1", advertised.Detail, StringComparison.Ordinal);
        Assert.Equal(DeliveryOutcome.Delivered, permitted);
        Assert.Single(cluster.Read("egress", 1));
    }

    [Fact]
    public async Task A_dry_run_shows_messages_and_connects_to_nothing()
    {
        using var sender = Open(Settings(("brokers", "192.0.2.1")), isDryRun: true);
        var trace = new WireTrace();

        await sender.SendAsync([Delivery("""{"messageId":"m1","userId":"u1"}""")], trace, TestContext.Current.CancellationToken);

        var shown = Assert.Single(trace.Exchanges);
        Assert.Equal(("PRODUCE", "kafka://192.0.2.1:9092/events"), (shown.Method, shown.Url));
        Assert.Equal([new("key", "u1"), new("messageId", "m1")], shown.RequestHeaders);
    }

    [Theory]
    [InlineData(ErrorCode.Local_Authentication, DeliveryVerdict.CredentialsRejected, "kafka_authentication")]
    [InlineData(ErrorCode.SaslAuthenticationFailed, DeliveryVerdict.CredentialsRejected, "kafka_sasl_authentication_failed")]
    [InlineData(ErrorCode.TopicAuthorizationFailed, DeliveryVerdict.Refused, "kafka_topic_authorization_failed")]
    [InlineData(ErrorCode.MsgSizeTooLarge, DeliveryVerdict.Refused, "kafka_msg_size_too_large")]
    [InlineData(ErrorCode.Local_MsgTimedOut, DeliveryVerdict.RetryLater, "kafka_msg_timed_out")]
    [InlineData(ErrorCode.NotEnoughReplicas, DeliveryVerdict.RetryLater, "kafka_not_enough_replicas")]
    [InlineData(ErrorCode.Local_QueueFull, DeliveryVerdict.RetryLater, "kafka_queue_full")]
    [InlineData(ErrorCode.NoError, DeliveryVerdict.Delivered, null)]
    public void The_report_decides(ErrorCode code, DeliveryVerdict verdict, string? reason)
    {
        var outcome = KafkaFailure.Judge(new Error(code, "why"));

        Assert.Equal((verdict, reason), (outcome.Verdict, outcome.Reason));
    }

    [Theory]
    [InlineData("brokers", "")]
    [InlineData("brokers", "host:port")]
    [InlineData("brokers", "host:0")]
    [InlineData("brokers", "a b:1")]
    [InlineData("topic", "a/b")]
    [InlineData("topic", "..")]
    [InlineData("key", "email")]
    [InlineData("login", "kerberos")]
    [InlineData("tls", "maybe")]
    [InlineData("compression", "rar")]
    [InlineData("caCertificate", "no")]
    public void Settings_are_checked(string field, string value)
    {
        Assert.Empty(KafkaKind.Value.Check(Settings()));
        Assert.Contains(KafkaKind.Value.Check(Settings((field, value))), fault => fault.Field == $"settings.{field}");
    }

    [Fact]
    public void A_login_needs_a_name_and_a_password_and_plain_needs_tls()
    {
        Assert.Equal(["settings.tls", "settings.username", "settings.password"], KafkaKind.Value.Check(Settings(("login", "plain"))).Select(fault => fault.Field));
        Assert.Empty(KafkaKind.Value.Check(Settings(("login", "scram-sha-512"), ("username", "u"), ("password", "p"))));
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("true", false)]
    [InlineData("allow", true)]
    public void It_is_offered_only_when_the_operator_says_so(string? value, bool allowed) =>
        Assert.Equal(allowed, KafkaKind.IsAllowed(new ConfigurationBuilder().AddInMemoryCollection([new(KafkaKind.AllowKey, value)]).Build()));

    private JsonObject Settings(params (string Name, string Value)[] more)
    {
        var settings = new JsonObject { ["brokers"] = cluster.Brokers, ["topic"] = "events", ["tls"] = "off" };
        foreach (var (name, value) in more) settings[name] = value;
        return settings;
    }

    private static IDestinationSender Open(JsonObject settings, string egress = "127.0.0.0/8", bool isDryRun = false)
    {
        var opened = KafkaKind.Driver(EgressRules.Parse(egress), TimeProvider.System).Open(new SenderRequest("d1", settings, null, isDryRun));
        Assert.Null(opened.Fault);
        return opened.Sender!;
    }

    private static Task<DeliveryOutcome[]> SendAsync(JsonObject settings, params string[] messages) => SendAsync(settings, "127.0.0.0/8", messages);

    private static async Task<DeliveryOutcome[]> SendAsync(JsonObject settings, string egress, string[] messages)
    {
        using var sender = Open(settings, egress);
        return await SendAsync(sender, messages);
    }

    private static async Task<DeliveryOutcome[]> SendAsync(IDestinationSender sender, params string[] messages)
    {
        var outcomes = await sender.SendAsync([.. messages.Select(Delivery)], new WireTrace(), TestContext.Current.CancellationToken);
        return [.. Enumerable.Range(0, messages.Length).Select(i => outcomes[i])];
    }

    private static Model.Delivery Delivery(string message) => new(default, EventType.Track, 1, Encoding.UTF8.GetBytes(message));

    private static async Task ForwardAsync(TcpListener from, int port)
    {
        try
        {
            while (true)
            {
                var near = await from.AcceptTcpClientAsync();
                var far = new TcpClient();
                await far.ConnectAsync(IPAddress.Loopback, port);
                _ = near.GetStream().CopyToAsync(far.GetStream());
                _ = far.GetStream().CopyToAsync(near.GetStream());
            }
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
