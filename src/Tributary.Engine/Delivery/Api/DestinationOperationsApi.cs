using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tributary.Engine.Delivery.Filters;
using Tributary.Engine.Storage;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Delivery;

/// <summary>What an operator does with a destination: look at samples, try an event without sending it, send events again.</summary>
internal static class DestinationOperationsApi
{
    private const int SamplesMax = 1_000;

    public static void Map(IEndpointRouteBuilder api)
    {
        var destination = api.MapGroup("/destinations/{id}").WithTags("Destinations");
        destination.MapGet("/samples", Samples).WithName("listDeliverySamples").WithSummary("Attempts as they went over the wire, newest first, without secrets: ?reason=&limit=.");
        destination.MapPost("/test", TestAsync).WithName("testDestination").WithSummary("What an event would do: subscriptions with reasons, and requests that would be sent. Sends nothing.");
        destination.MapPost("/replay", ReplayAsync).WithName("replayDestination").WithSummary("Sends events again: from, to, reason, filter; dryRun only counts them.");
        destination.MapGet("/replay", GetReplay).WithName("getReplay").WithSummary("How the last replay goes.");
        destination.MapDelete("/replay", EndReplayAsync).WithName("endReplay").WithSummary("Ends the replay that runs.");
    }

    private static IResult Samples(HttpRequest request, string id, Func<WorkspaceSnapshot> workspace, IStateStore store)
    {
        if (workspace().FindDestination(id) is not { } destination) return ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Destination, id));
        var limit = int.TryParse(request.Query["limit"], NumberStyles.None, CultureInfo.InvariantCulture, out var asked) ? Math.Clamp(asked, 1, SamplesMax) : 100;
        var reason = request.Query["reason"].ToString();
        var samples = DeliverySamples.Read(store, destination.Number)
            .Select(bytes => (Bytes: bytes, Head: SampleHead.Of(bytes)))
            .Where(sample => reason.Length == 0 || sample.Head.Reason == reason)
            .OrderByDescending(sample => sample.Head.At, StringComparer.Ordinal).Take(limit).ToList();
        return WrittenAnswer.Data(json =>
        {
            json.WriteStartArray("samples");
            foreach (var sample in samples) json.WriteRawValue(sample.Bytes, skipInputValidation: true);
            json.WriteEndArray();
        });
    }

    private static async Task<IResult> TestAsync(HttpContext context, string id, Func<WorkspaceSnapshot> workspace, TestEvent test, TimeProvider clock)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var now = workspace();
        if (now.FindDestination(id) is not { } destination) return ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Destination, id));
        var message = body.Object("event");
        var type = default(EventType);
        if (message is null) body.Fault("event", "event is required: a message with a type.");
        else if (!(message["type"] is JsonValue value && value.TryGetValue<string>(out var text) && EventTypes.TryParse(System.Text.Encoding.UTF8.GetBytes(text), out type)))
            body.Fault("event.type", "event.type must be identify, track, page, screen, group or alias.");
        if (message is null || body.Faults.Count > 0) return ApiAnswer.Refused(WorkspaceRefusal.Invalid(body.Faults));
        // What every message has that was received.
        var at = Profiles.ProfileWriter.Iso(clock.GetUtcNow().ToUnixTimeMilliseconds());
        foreach (var time in (ReadOnlySpan<string>)["timestamp", "receivedAt"]) message[time] ??= at;
        message["messageId"] ??= "test-" + WorkspaceSecrets.NewId();
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = WorkspaceSnapshot.Json.Encoder }))
        {
            json.WriteStartObject();
            await test.WriteAsync(json, now, destination, message, type, context.RequestAborted);
            json.WriteEndObject();
        }

        return WrittenAnswer.Raw(buffer.WrittenMemory);
    }

    private static async Task<IResult> ReplayAsync(HttpContext context, string id, Func<WorkspaceSnapshot> workspace, ReplayQueries replays, TimeProvider clock)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var now = workspace();
        if (now.FindDestination(id) is not { } destination || now.FindSource(destination.SourceId) is not { } source)
            return ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Destination, id));
        body.Allow("from", "to", "reason", "filter", "dryRun");
        var from = Time(body, "from") ?? 0;
        var to = Time(body, "to") ?? clock.GetUtcNow().ToUnixTimeMilliseconds() + 1;
        if (to <= from) body.Fault("to", "to must be after from.");
        var reason = body.Text("reason", 200);
        var filter = body.Text("filter", 5_120);
        if (filter is not null && FilterStatement.Compile(filter).Fault is { } fault) body.Fault("filter", $"filter: {fault}");
        var isDryRun = body.Flag("dryRun") ?? false;
        if (body.Faults.Count > 0) return ApiAnswer.Refused(WorkspaceRefusal.Invalid(body.Faults));
        var wanted = replays.Plan(from, to, reason, filter);
        if (isDryRun)
        {
            var counted = await Task.Run(() => replays.Count(destination, source, wanted, context.RequestAborted), context.RequestAborted);
            return ApiAnswer.Data(new JsonObject { ["count"] = counted });
        }

        if (!destination.Enabled) return ApiAnswer.Refused(WorkspaceRefusal.Conflict(null, "The destination is disabled. Enable it first; it may be paused."));
        var count = await Task.Run(() => replays.Count(destination, source, wanted, context.RequestAborted), context.RequestAborted);
        if (await replays.BeginAsync(destination, wanted, context.RequestAborted) is not { } running)
            return ApiAnswer.Refused(new WorkspaceRefusal(RefusalReason.Busy, [new(null, "The destination is being started. Try again in a second.")]));
        return running.Id != wanted.Id
            ? ApiAnswer.Refused(WorkspaceRefusal.Conflict(null, $"The replay {running.Id} still runs. Wait for it, or end it with DELETE."))
            : ApiAnswer.Data(new JsonObject { ["count"] = count, ["replay"] = ReplayQueries.Of(running) });
    }

    private static IResult GetReplay(string id, Func<WorkspaceSnapshot> workspace, ReplayQueries replays)
    {
        if (workspace().FindDestination(id) is not { } destination) return ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Destination, id));
        return replays.Find(destination) is { } replay
            ? ApiAnswer.Data(new JsonObject { ["replay"] = ReplayQueries.Of(replay) })
            : ApiAnswer.Refused(WorkspaceRefusal.NotFound("replay of destination", id));
    }

    private static async Task<IResult> EndReplayAsync(HttpContext context, string id, Func<WorkspaceSnapshot> workspace, ReplayQueries replays)
    {
        if (workspace().FindDestination(id) is not { } destination) return ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Destination, id));
        return await replays.EndAsync(destination, context.RequestAborted) is { } replay
            ? ApiAnswer.Data(new JsonObject { ["replay"] = ReplayQueries.Of(replay) })
            : ApiAnswer.Refused(WorkspaceRefusal.NotFound("replay of destination", id));
    }

    private static long? Time(JsonInput body, string name)
    {
        if (body.Text(name, 40) is not { } text) return null;
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)) return time.ToUnixTimeMilliseconds();
        body.Fault(name, $"{name} must be a time such as 2026-01-31T12:00:00Z.");
        return null;
    }

    private readonly record struct SampleHead(string Reason, string At)
    {
        public static SampleHead Of(byte[] sample)
        {
            using var parsed = JsonDocument.Parse(sample);
            return new SampleHead(parsed.RootElement.GetProperty("reason").GetString()!, parsed.RootElement.GetProperty("at").GetString()!);
        }
    }
}
