using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tributary.Destinations.Node;
using Tributary.Engine.Delivery.Mapping;
using Tributary.Model;

namespace Tributary.Destinations.Actions;

/// <summary>
/// Runs Segment's destinations in workers. Deliveries go through the senders that it opens; the other questions that one may have to a destination are methods here.
/// </summary>
/// <param name="pool">Workers of mode <c>actions</c>.</param>
/// <param name="catalogue">What there is.</param>
/// <param name="http">The client for what workers ask to be sent; true for a dry run.</param>
/// <param name="clock">The machine's clocks.</param>
public sealed class ActionsHost(NodePool pool, ActionsCatalogue catalogue, Func<bool, HttpClient> http, TimeProvider clock)
{
    /// <summary>How long a question may take; a destination may need several requests of up to 10 s each.</summary>
    public static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(30);

    private static readonly byte[] Null = "null"u8.ToArray();

    private readonly ActionTokens _tokens = new();

    /// <summary>Called with the id of a destination and its new tokens, <c>{access_token, refresh_token}</c>, so that they outlive this process. Must be quick and not throw.</summary>
    public Action<string, JsonObject>? TokensRefreshed
    {
        get => _tokens.Refreshed;
        set => _tokens.Refreshed = value;
    }

    internal WorkerDeaths Deaths { get; } = new();

    internal TimeProvider Clock => clock;

    /// <summary>How destinations of a kind are opened.</summary>
    public DestinationDriver Driver(ActionsKind kind) => new(kind.Slug, request => Open(kind, request), HasActions: true);

    /// <summary>Asks the destination whether it knows us. A kind that cannot tell says yes.</summary>
    public Task<ActionsReply> TestAuthenticationAsync(string slug, string destinationId, JsonObject settings, CancellationToken cancellationToken) =>
        AskAsync(slug, destinationId, settings, "testAuth", null, [], cancellationToken);

    /// <summary>The choices of a field that the destination knows, e.g. its lists: <c>{choices: [{label, value}], nextPage?, error?}</c>.</summary>
    /// <param name="slug">The kind.</param>
    /// <param name="destinationId">The destination.</param>
    /// <param name="settings">Its settings in the clear.</param>
    /// <param name="action">The key of the action.</param>
    /// <param name="field">The field's path, e.g. <c>list_id</c> or <c>traits.__keys__</c>.</param>
    /// <param name="payload">What is known of the payload so far.</param>
    /// <param name="page">What an earlier answer said is the next page.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public Task<ActionsReply> DynamicFieldAsync(
        string slug, string destinationId, JsonObject settings, string action, string field, JsonObject? payload, string? page, CancellationToken cancellationToken) =>
        AskAsync(slug, destinationId, settings, "dynamicField", action, [new("field", field), new("payload", payload), new("page", page)], cancellationToken);

    /// <summary>Makes a list of people at the destination: <c>{externalId}</c>.</summary>
    /// <param name="slug">The kind.</param>
    /// <param name="destinationId">The destination.</param>
    /// <param name="settings">Its settings in the clear.</param>
    /// <param name="audience">What the package wants: <c>audienceName</c>, <c>audienceSettings</c>, <c>personas</c>.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public Task<ActionsReply> CreateAudienceAsync(string slug, string destinationId, JsonObject settings, JsonObject audience, CancellationToken cancellationToken) =>
        AskAsync(slug, destinationId, settings, "createAudience", null, [new("audience", audience)], cancellationToken);

    /// <summary>Looks up a list of people at the destination: <c>{externalId}</c>.</summary>
    public Task<ActionsReply> GetAudienceAsync(string slug, string destinationId, JsonObject settings, JsonObject audience, CancellationToken cancellationToken) =>
        AskAsync(slug, destinationId, settings, "getAudience", null, [new("audience", audience)], cancellationToken);

    /// <summary>Tells the destination to forget a person. Destinations that cannot are refused with <c>not_supported</c>.</summary>
    public Task<ActionsReply> OnDeleteAsync(string slug, string destinationId, JsonObject settings, string? userId, string? anonymousId, CancellationToken cancellationToken) =>
        catalogue.Find(slug) is { HasDelete: false }
            ? Task.FromResult(ActionsReply.Refused("not_supported", $"{slug} cannot be told to forget anybody."))
            : AskAsync(slug, destinationId, settings, "delete", null, [new("userId", userId), new("anonymousId", anonymousId)], cancellationToken);

    /// <summary>Runs what an action does when its mapping is saved: <c>{successMessage?, savedData?, error?}</c>.</summary>
    public Task<ActionsReply> HookAsync(
        string slug, string destinationId, JsonObject settings, string action, string hook, JsonObject inputs, JsonObject? payload, CancellationToken cancellationToken) =>
        AskAsync(slug, destinationId, settings, "hook", action, [new("hook", hook), new("inputs", inputs), new("payload", payload)], cancellationToken);

    /// <summary>
    /// Runs an action for one event with the package's own trigger and mapping instead of ours, and throws nothing away: what the framework answers is the answer.
    /// The measure for our own way; deliveries do not use it.
    /// </summary>
    internal Task<ActionsReply> RunWholeAsync(string slug, string destinationId, JsonObject settings, string action, JsonObject mapping, JsonObject message, CancellationToken cancellationToken) =>
        AskAsync(slug, destinationId, settings, "event", action, [new("event", message)], cancellationToken, mapping);

    /// <summary>As <see cref="RunWholeAsync"/>, for several events at once: <c>[{multistatus:[…]}]</c>.</summary>
    internal Task<ActionsReply> RunWholeBatchAsync(string slug, string destinationId, JsonObject settings, string action, JsonObject mapping, JsonArray messages, CancellationToken cancellationToken) =>
        AskAsync(slug, destinationId, settings, "batch", action, [new("events", messages)], cancellationToken, mapping);

    /// <summary>Exchanges the refresh token: <c>{accessToken, refreshToken?}</c>. Deliveries do it themselves when they have to.</summary>
    public Task<ActionsReply> RefreshTokenAsync(string slug, string destinationId, JsonObject settings, CancellationToken cancellationToken) =>
        AskAsync(slug, destinationId, settings, "refreshToken", null, [], cancellationToken);

    internal ActionFetch Fetch(bool isDryRun, WireTrace trace) => new(http(isDryRun), trace, clock);

    internal void Forget(ActionTarget target) => pool.Forget(target.Configuration.Key);

    /// <summary>Has a worker do something for a destination.</summary>
    internal async ValueTask<NodeReply> RunAsync(
        ActionTarget target, string operation, Action<Utf8JsonWriter> writeMembers, ActionFetch fetch, bool alone, TimeSpan within, CancellationToken cancellationToken)
    {
        var tokens = _tokens.Current(target.DestinationId, target.OAuth);
        var job = new NodeJob(
            operation,
            writer =>
            {
                writer.WriteStartObject();
                if (tokens is not null)
                {
                    writer.WritePropertyName("oauth");
                    tokens.WriteTo(writer);
                }

                writeMembers(writer);
                writer.WriteEndObject();
            },
            within,
            (ask, token) => ServeAsync(target, fetch, ask, token),
            target.Configuration);
        return await pool.RunAsync(job, target.Route, alone, cancellationToken);
    }

    private async ValueTask<ReadOnlyMemory<byte>> ServeAsync(ActionTarget target, ActionFetch fetch, NodeAsk ask, CancellationToken cancellationToken)
    {
        if (ask.Kind == "fetch") return await fetch.ServeAsync(ask.Body, cancellationToken);
        // Whose tokens they are is known from the job; what the worker says about it does not count.
        if (ask.Kind == "tokens" && ask.Body.TryGetProperty("tokens", out var fresh)) _tokens.Take(target.DestinationId, target.OAuth, fresh);
        return Null;
    }

    private async Task<ActionsReply> AskAsync(
        string slug, string destinationId, JsonObject settings, string operation, string? action, KeyValuePair<string, JsonNode?>[] members, CancellationToken cancellationToken,
        JsonObject? mapping = null)
    {
        if (catalogue.Find(slug) is not { } kind) return ActionsReply.Refused("unknown_destination", $"There is no destination {slug}.");
        if (kind.Kind.Unavailable is { } unavailable) return ActionsReply.Refused("not_offered", unavailable);
        var target = new ActionTarget(kind, destinationId, settings, action, null, mapping);
        try
        {
            var fetch = Fetch(isDryRun: false, new WireTrace());
            var body = Encoding.UTF8.GetBytes(new JsonObject(members.Where(member => member.Value is not null).Select(member => KeyValuePair.Create(member.Key, member.Value?.DeepClone()))).ToJsonString());
            return ActionsReply.Of(await RunAsync(target, operation, writer => WriteMembers(writer, body), fetch, alone: false, AnswerWithin, cancellationToken));
        }
        finally
        {
            Forget(target);
        }
    }

    private static void WriteMembers(Utf8JsonWriter writer, byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        foreach (var member in document.RootElement.EnumerateObject()) member.WriteTo(writer);
    }

    private SenderOpened Open(ActionsKind kind, SenderRequest request)
    {
        if (kind.Kind.Unavailable is { } unavailable) return SenderOpened.Faulty(unavailable);
        if (pool.Missing is { } missing) return SenderOpened.Faulty(missing);
        if (request.Subscription is not { } subscription) return SenderOpened.Faulty($"{kind.Kind.Name} sends for subscriptions; this one has none.");
        if (kind.Kind.FindAction(subscription.Action) is not { } action) return SenderOpened.Faulty($"{kind.Kind.Name} has no action \"{subscription.Action}\".");
        var faults = kind.Check(request.Settings).Select(fault => fault.Message).ToList();
        if (faults.Count > 0) return SenderOpened.Faulty(string.Join(" ", faults));
        var (mapping, wrong) = CompiledMapping.Compile(subscription.Mapping);
        return mapping is null
            ? SenderOpened.Faulty($"The mapping is wrong: {string.Join(" ", wrong)}")
            : SenderOpened.With(new ActionSender(this, kind, request, subscription, mapping, ActionBatching.Read(action, subscription.Mapping)));
    }
}
