using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tributary.Engine.Identity;
using Tributary.Engine.Storage;
using Tributary.Engine.Traits;
using Xunit;

namespace Tributary.Server.Tests.Audiences;

/// <summary>State that is not what the history says, planted while no server has it: <c>verify</c> must see it, say it, and with <c>--repair</c> mend it.</summary>
public sealed class AudienceRepairTests
{
    private const uint Audience = 1;
    private readonly Complaints _complaints = new();

    [Theory]
    [InlineData("bob", true, false)]
    [InlineData("ada", false, false)]
    [InlineData("bob", true, true)]
    [InlineData("ada", false, true)]
    public async Task A_member_too_many_and_one_missing_are_found_and_mended(string who, bool isMember, bool isInWhatWasKept)
    {
        await using var server = await RunningServer.StartAsync(builder => builder.Services.AddSingleton<ILoggerProvider>(_complaints));
        await BuyersAsync(server, """{"name":"Buyers","key":"buyers","definition":{"query":"event('Order Completed').count() >= 2"}}""");
        await AgreesAsync(server);

        await server.RestartAsync(folder => Plant(folder, who, isMember, isInWhatWasKept));
        Assert.Equal(isMember ? "ada bob cyd" : "cyd", await MembersAsync(server));
        await FindsAndMendsAsync(server, who, isMember);
        Assert.Equal("ada cyd", await MembersAsync(server));

        // What is kept goes on from what was mended.
        await TrackAsync(server, "bob");
        Assert.Equal("ada bob cyd", await MembersAsync(server));
        await AgreesAsync(server);
    }

    [Theory]
    [InlineData("""{"includeHistoricalData":false}""")]
    [InlineData("""{"backfillEventDataDays":1}""")]
    public async Task What_options_cut_off_stays_cut_off(string options)
    {
        await using var server = await RunningServer.StartAsync(builder => builder.Services.AddSingleton<ILoggerProvider>(_complaints));
        // Of long ago: none of them counts when it was there before the audience, and all do that come after it.
        await TrackAsync(server, "dan", "2020-01-01T00:00:00Z");
        await TrackAsync(server, "dan", "2020-01-01T00:00:00Z");
        await BuyersAsync(server, $$"""{"name":"Buyers","key":"buyers","definition":{"query":"event('Order Completed').count() >= 2"},"options":{{options}}}""", "2020-01-01T00:00:00Z");
        Assert.Equal("ada cyd", await MembersAsync(server));
        await AgreesAsync(server);

        await server.RestartAsync(folder => Plant(folder, "bob", isMember: true, isInWhatWasKept: true));
        await FindsAndMendsAsync(server, "bob", isMember: true);

        Assert.Equal("ada cyd", await MembersAsync(server));
    }

    // Before anything is there, or after what the options are about.
    private static async Task BuyersAsync(RunningServer server, string audience, string? timestamp = null)
    {
        var (status, body) = await server.SendAsync(HttpMethod.Post, "/api/spaces/default/audiences", audience);
        Assert.True(status == 201, body.ToJsonString());
        foreach (var who in new[] { "ada", "bob", "cyd", "ada", "cyd" }) await TrackAsync(server, who, timestamp);
        await LiveAsync(server);
    }

    private async Task FindsAndMendsAsync(RunningServer server, string who, bool isMember)
    {
        _complaints.Errors.Clear();
        var (code, shown, error) = await CommandLine.RunAsync("audiences", "verify", "buyers", "--server", server.Address, "--token", RunningServer.AdminToken);
        for (var tries = 0; code == 1 && error.Contains("409", StringComparison.Ordinal) && tries < 20; tries++)
            (code, shown, error) = await CommandLine.RunAsync("audiences", "verify", "buyers", "--server", server.Address, "--token", RunningServer.AdminToken);
        Assert.Equal(1, code);
        Assert.Contains("1 profiles differ", error, StringComparison.Ordinal);
        Assert.Contains(await IdOfAsync(server, who), shown, StringComparison.Ordinal);

        var repaired = await CommandLine.JsonAsync(server, "audiences", "verify", "buyers", "--repair");
        Assert.Equal((1, true), ((int)repaired["differing"]!, (bool)repaired["repairing"]!));
        var difference = Assert.Single(repaired["differences"]!.AsArray())!;
        Assert.Equal((isMember, !isMember), ((bool)difference["live"]!, (bool)difference["history"]!));
        Assert.Contains(_complaints.Errors, line => line.StartsWith("What is live of buyers differs from the history for 1 of ", StringComparison.Ordinal));
        Assert.Contains("buyers is built anew from the history.", _complaints.Errors);

        await LiveAsync(server);
        await AgreesAsync(server);
        Assert.Equal(!isMember, (await TraitsAsync(server, who))["buyers"]?.GetValue<bool>() ?? false);
        Assert.Equal(2, (int)(await server.GetAsync("/api/spaces/default/audiences/buyers"))["audience"]!["size"]!["count"]!);
    }

    private static async Task AgreesAsync(RunningServer server)
    {
        for (var tries = 0; ; tries++)
        {
            var (status, body) = await server.SendAsync(HttpMethod.Post, "/api/spaces/default/audiences/buyers/verify", "{}");
            // The log may not have been still for a moment.
            if (status == 409 && tries < 20) continue;
            Assert.True(status == 200, body.ToJsonString());
            Assert.True((int)body["data"]!["verification"]!["differing"]! == 0, body.ToJsonString());
            return;
        }
    }

    private static async Task LiveAsync(RunningServer server)
    {
        for (var tries = 0; (string?)(await server.GetAsync("/api/spaces/default/audiences/buyers"))["audience"]!["status"] != "Live"; tries++)
        {
            Assert.True(tries < 2_000, "The audience does not become live.");
            await Task.Delay(10);
        }
    }

    private static async Task<string> MembersAsync(RunningServer server)
    {
        var members = (await server.GetAsync("/api/spaces/default/audiences/buyers/members"))["members"]!.AsArray();
        return string.Join(' ', members.Select(member => (string)member!["externalIds"]![0]!["id"]!).Order(StringComparer.Ordinal));
    }

    private static async Task<JsonObject> TraitsAsync(RunningServer server, string who) =>
        JsonNode.Parse(await server.Http.GetStringAsync($"/v1/spaces/default/collections/users/profiles/user_id:{who}/traits?class=audience"))!["traits"]!.AsObject();

    private static async Task<string> IdOfAsync(RunningServer server, string who) => (string)(await server.GetAsync($"/api/profiles/user_id:{who}"))["id"]!;

    private static async Task TrackAsync(RunningServer server, string who, string? timestamp = null)
    {
        var key = (string)(await server.GetAsync("/api/sources"))["sources"]![0]!["writeKeys"]![0]!;
        var message = new JsonObject { ["writeKey"] = key, ["userId"] = who, ["event"] = "Order Completed" };
        if (timestamp is not null) message["timestamp"] = timestamp;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/track") { Content = new StringContent(message.ToJsonString(), System.Text.Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation("Prefer", "wait=5");
        using var response = await server.Http.SendAsync(request);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>Makes somebody a member or takes them out, as if it had been computed so; also what is kept of their events, if that is to be wrong as well.</summary>
    private static void Plant(string folder, string who, bool isMember, bool isInWhatWasKept)
    {
        using var data = OfflineData.Open(folder, TimeProvider.System);
        var profiles = data.Store.Scan(Table.Profiles, [0], [0xFF]).Select(row => ProfileCodec.Decode(row.Value)).ToList();
        Profile Of(string name) => profiles.Single(profile => profile.Nodes.Any(node => node.Value == name));
        var profile = Of(who);
        profile.Results ??= new ResultTable();
        profile.Results[Audience] = isMember
            ? new ComputedResult(1, [.. "true"u8], profile.CreatedAt, long.MaxValue)
            : profile.Results[Audience] with { Json = [.. "false"u8] };
        if (isInWhatWasKept) profile.Nodes[0].Fragment.Folds = Of(isMember ? "ada" : "bob").Nodes[0].Fragment.Folds;
        using var draft = data.Store.Begin();
        draft.Put(Table.Profiles, StateKeys.Profile(1, profile.Id), ProfileCodec.Encode(profile));
        var key = StateKeys.AudienceMember(1, Audience, profile.Id);
        Span<byte> since = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(since, profile.CreatedAt);
        if (isMember) draft.Put(Table.AudienceMembers, key, since);
        else draft.Delete(Table.AudienceMembers, key);
        var state = ComputationState.Parse(data.Store.Get(Table.Computations, StateKeys.Computation(1, Audience)));
        draft.Put(Table.Computations, StateKeys.Computation(1, Audience), (state with { Size = state.Size + (isMember ? 1 : -1) }).ToJson());
        draft.Commit(flush: true);
    }

    /// <summary>What the server says as an error.</summary>
    private sealed class Complaints : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Errors { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Error) Errors.Enqueue(formatter(state, exception));
        }

        public void Dispose()
        {
        }
    }
}
