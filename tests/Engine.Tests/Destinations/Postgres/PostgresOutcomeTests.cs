using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Tributary.Destinations.Postgres;
using Tributary.Model;
using Xunit;
using static Tributary.Engine.Tests.Destinations.Postgres.PostgresWorld;

namespace Tributary.Engine.Tests.Destinations.Postgres;

/// <summary>What a failure means, and that it is told in the server's words.</summary>
public sealed class PostgresOutcomeTests(PostgresCluster cluster) : IClassFixture<PostgresCluster>
{
    private static readonly string Message = Track("m1", "E", "{}");

    [Fact]
    public async Task A_wrong_password_is_the_operators_business()
    {
        using var world = new PostgresWorld(cluster);

        var outcome = (await world.SendAsync(world.Open(settings => settings["password"] = "wrong"), Message))[0];

        Assert.Equal((DeliveryVerdict.CredentialsRejected, "sql_28p01"), (outcome.Verdict, outcome.Reason));
        Assert.Contains("password authentication failed", outcome.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", outcome.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_where_nobody_listens_is_tried_again()
    {
        using var world = new PostgresWorld(cluster);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();

        var outcome = (await world.SendAsync(world.Open(settings => settings["port"] = port), Message))[0];

        Assert.Equal((DeliveryVerdict.RetryLater, "connection_failed"), (outcome.Verdict, outcome.Reason));
    }

    [Fact]
    public async Task A_server_that_never_answers_ends_with_the_time_of_the_attempt()
    {
        using var world = new PostgresWorld(cluster);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var sender = world.Open(settings => settings["port"] = ((IPEndPoint)listener.LocalEndpoint).Port);
        using var late = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));

        var sending = sender.SendAsync([new Model.Delivery(default, EventType.Track, 1, System.Text.Encoding.UTF8.GetBytes(Message))], new WireTrace(), late.Token).AsTask();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("disable", "false", null)]
    [InlineData("prefer", "true", null)]
    [InlineData("require", "true", null)]
    [InlineData("verify-full", null, "tls_failed")]
    public async Task Tls_is_as_the_setting_says(string tls, string? isEncrypted, string? reason)
    {
        using var world = new PostgresWorld(cluster);
        var sender = world.Open(settings => (settings["tls"], settings["host"]) = (tls, "localhost"), egress: "127.0.0.0/8,::1/128");

        var outcome = (await world.SendAsync(sender, Message))[0];

        // The session stays open, so that the server knows how it came.
        Assert.Equal(reason, outcome.Reason);
        if (isEncrypted is null) return;
        Assert.Equal([isEncrypted], (await cluster.QueryAsync("SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'Tributary' ORDER BY backend_start DESC LIMIT 1")));
    }

    [Fact]
    public async Task Rules_of_egress_hold_for_names_and_addresses()
    {
        using var world = new PostgresWorld(cluster);

        foreach (var host in new[] { "127.0.0.1", "localhost" })
        {
            var outcome = (await world.SendAsync(world.Open(settings => settings["host"] = host, egress: ""), Message))[0];
            Assert.Equal((DeliveryVerdict.Refused, "egress_refused"), (outcome.Verdict, outcome.Reason));
        }
    }

    [Fact]
    public async Task A_missing_privilege_is_refused_in_the_words_of_the_server()
    {
        using var world = new PostgresWorld(cluster);
        await cluster.QueryAsync($"CREATE SCHEMA {world.Schema}; CREATE ROLE r_{world.Schema} LOGIN PASSWORD 'p'");
        void AsRole(JsonObject settings) => (settings["username"], settings["password"]) = ($"r_{world.Schema}", "p");

        var refused = (await world.SendAsync(world.Open(AsRole), Message))[0];
        await cluster.QueryAsync($"GRANT USAGE, CREATE ON SCHEMA {world.Schema} TO r_{world.Schema}");
        var delivered = (await world.SendAsync(world.Open(AsRole), Message))[0];

        Assert.Equal((DeliveryVerdict.Refused, "sql_42501"), (refused.Verdict, refused.Reason));
        Assert.Contains($"permission denied for schema {world.Schema}", refused.Detail, StringComparison.Ordinal);
        Assert.Equal(DeliveryOutcome.Delivered, delivered);
    }

    [Fact]
    public async Task An_event_that_the_server_never_takes_does_not_hold_up_its_batch()
    {
        using var world = new PostgresWorld(cluster);
        // Most of a page: an id that no index takes, with nothing in it that could be compressed.
        var random = new Random(1);
        var id = string.Concat(Enumerable.Range(0, 6_000).Select(_ => (char)('a' + random.Next(26))));
        var batch = Enumerable.Range(0, 100).Select(i => Track(i == 37 ? id : $"m{i}", "E", "{}")).Append("[]").ToArray();

        var outcomes = await world.SendAsync(batch);

        Assert.Equal((DeliveryVerdict.Refused, "sql_54000"), (outcomes[37].Verdict, outcomes[37].Reason));
        Assert.Equal((DeliveryVerdict.Refused, "unreadable"), (outcomes[100].Verdict, outcomes[100].Reason));
        Assert.All(outcomes.Where((_, i) => i is not (37 or 100)), outcome => Assert.Equal(DeliveryOutcome.Delivered, outcome));
        Assert.Equal(["99"], await world.RowsAsync("SELECT count(*) FROM e"));
    }

    [Fact]
    public async Task A_table_that_somebody_drops_is_made_again()
    {
        using var world = new PostgresWorld(cluster);
        var sender = world.Open();
        await world.SendAsync(sender, Message);
        await world.RowsAsync("DROP TABLE e");

        var lost = (await world.SendAsync(sender, Track("m2", "E", "{}")))[0];
        var found = (await world.SendAsync(sender, Track("m2", "E", "{}")))[0];

        Assert.Equal((DeliveryVerdict.RetryLater, "sql_42p01"), (lost.Verdict, lost.Reason));
        Assert.Equal(DeliveryOutcome.Delivered, found);
        Assert.Equal(["m2"], await world.RowsAsync("SELECT id FROM e"));
    }

    [Fact]
    public async Task Columns_that_another_sender_made_are_used_as_they_are()
    {
        using var world = new PostgresWorld(cluster);
        var (first, second) = (world.Open(), world.Open());
        await world.SendAsync(first, Track("m1", "E", "{}"));
        await world.SendAsync(second, Track("m2", "E", "{}"));

        await world.SendAsync(first, Track("m3", "E", """{"a":1}"""));
        await world.SendAsync(second, Track("m4", "E", """{"a":"x","b":true}"""));
        await world.SendAsync(second, Track("m5", "E", """{"a":"7"}"""));

        Assert.Equal(["m3|1", "m4|∅", "m5|7"], await world.RowsAsync("SELECT id, a FROM e WHERE id > 'm2' ORDER BY id"));
    }

    [Theory]
    [InlineData("host", "a,b")]
    [InlineData("host", "/var/run")]
    [InlineData("host", "")]
    [InlineData("port", "5432")]
    [InlineData("database", "a\nb")]
    [InlineData("password", null)]
    [InlineData("schema", "pg_catalog")]
    [InlineData("schema", "äääääääääääääääääääääääääääääääääääääääääää")]
    [InlineData("tls", "off")]
    public void Settings_are_checked(string field, string? value)
    {
        using var world = new PostgresWorld(cluster);

        var faults = PostgresKind.Value.Check(world.Settings(settings => settings[field] = value)).ToList();

        Assert.Contains(faults, fault => fault.Field == $"settings.{field}");
        Assert.Empty(PostgresKind.Value.Check(world.Settings()));
    }

    [Fact]
    public void The_password_is_a_secret() => Assert.True(PostgresKind.Value.Options.Single(option => option.Name == "password").IsSecret);
}
