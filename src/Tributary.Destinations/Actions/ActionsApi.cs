using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tributary.Engine.Audiences;
using Tributary.Engine.Delivery;
using Tributary.Engine.Workspace;

namespace Tributary.Destinations.Actions;

/// <summary>Questions to one of Segment's destinations that are no deliveries: whether it knows us, what may stand in a field, lists of people, forgetting somebody.</summary>
public static class ActionsApi
{
    /// <summary>Maps them below <c>/api/destinations/{id}</c>; the caller adds authentication.</summary>
    public static void MapActionsApi(this IEndpointRouteBuilder endpoints)
    {
        var destination = endpoints.MapGroup("/api/destinations/{id}").WithTags("Destinations");
        destination.MapPost("/authentication", (HttpContext context, string id, ActionsQuestions ask) =>
            ask.AskAsync(context, id, _ => (host, to, stop) => host.TestAuthenticationAsync(to.Slug, to.Id, to.Settings, stop)))
            .WithName("testAuthentication").WithSummary("Asks the destination whether it knows us, with the stored settings or those that are sent.");
        destination.MapPost("/actions/{action}/fields/{field}/choices", (HttpContext context, string id, string action, string field, ActionsQuestions ask) => ask.AskAsync(context, id, body =>
        {
            var (payload, page) = (body.Object("payload"), body.Text("page", 2_000));
            return (host, to, stop) => host.DynamicFieldAsync(to.Slug, to.Id, to.Settings, action, field, payload, page, stop);
        })).WithName("listFieldChoices").WithSummary("What may stand in a field, as the destination knows it.");
        destination.MapPost("/actions/{action}/hooks/{hook}", (HttpContext context, string id, string action, string hook, ActionsQuestions ask) => ask.AskAsync(context, id, body =>
        {
            var (inputs, payload) = (body.Object("inputs") ?? [], body.Object("payload"));
            return (host, to, stop) => host.HookAsync(to.Slug, to.Id, to.Settings, action, hook, inputs, payload, stop);
        })).WithName("runHook").WithSummary("What an action does at the destination when its subscription is saved.");
        destination.MapPost("/audiences", (HttpContext context, string id, ActionsQuestions ask) => ask.AskAsync(context, id, body =>
        {
            var audience = Audience(body);
            return (host, to, stop) => host.CreateAudienceAsync(to.Slug, to.Id, to.Settings, audience, stop);
        })).WithName("createDestinationAudience").WithSummary("Makes a list of people at the destination.");
        destination.MapPost("/audiences/find", (HttpContext context, string id, ActionsQuestions ask) => ask.AskAsync(context, id, body =>
        {
            var audience = Audience(body);
            return (host, to, stop) => host.GetAudienceAsync(to.Slug, to.Id, to.Settings, audience, stop);
        })).WithName("findDestinationAudience").WithSummary("Looks up a list of people at the destination.");
        destination.MapPost("/forget", (HttpContext context, string id, ActionsQuestions ask) => ask.AskAsync(context, id, body =>
        {
            var (userId, anonymousId) = (body.Text("userId", 1_000), body.Text("anonymousId", 1_000));
            // Some destinations would take a request about nobody for one about everybody.
            if (string.IsNullOrEmpty(userId) && string.IsNullOrEmpty(anonymousId)) body.Fault("userId", "userId or anonymousId is required.");
            return (host, to, stop) => host.OnDeleteAsync(to.Slug, to.Id, to.Settings, userId, anonymousId, stop);
        })).WithName("forgetPerson").WithSummary("Tells the destination to forget a person.");
    }

    private static JsonObject Audience(JsonInput body)
    {
        if (!body.Has("audience")) body.Fault("audience", "audience is required.");
        return body.Object("audience") ?? [];
    }
}

/// <summary>A destination as a question needs it.</summary>
/// <param name="Slug">Its kind.</param>
/// <param name="Id">Its id.</param>
/// <param name="Settings">Its settings in the clear, with what was sent on top.</param>
internal sealed record ActionsTarget(string Slug, string Id, JsonObject Settings);

/// <summary>Finds the destination, asks, and answers in the shape of the management API.</summary>
internal sealed class ActionsQuestions(LiveWorkspace workspace, ActionsHost host, ActionsCatalogue catalogue, SecretBox secrets)
{
    // Stands for the id of a destination that is still being set up.
    private const string Unsaved = "unsaved";

    /// <summary>Makes the lists of audiences that are connected to destinations which want one.</summary>
    public AudienceListMaker ListMaker() => new(slug => catalogue.Find(slug)?.MakesAudience == true, async (destination, list, stop) =>
    {
        var settings = DestinationSync.Without(secrets.UnsealReadable(destination.Settings)).DeepClone().AsObject();
        var audience = new JsonObject { ["audienceName"] = list.Name, ["personas"] = list.Personas.DeepClone(), ["audienceSettings"] = list.Settings?.DeepClone() ?? new JsonObject() };
        var reply = await host.CreateAudienceAsync(destination.MetadataId, destination.Id, settings, audience, stop);
        if (!reply.IsOk) return (null, reply.Message ?? reply.Code);
        var isNamed = reply.Value.ValueKind == System.Text.Json.JsonValueKind.Object && reply.Value.TryGetProperty("externalId", out var id) && id.ValueKind == System.Text.Json.JsonValueKind.String;
        return isNamed ? (reply.Value.GetProperty("externalId").GetString(), null) : (null, "it did not say what the list is called there.");
    });

    /// <summary>The questions that the console asks.</summary>
    public DestinationQuestions Questions() => new(
        slug => catalogue.Find(slug) is not null,
        async (asked, stop) => Of(await host.TestAuthenticationAsync(asked.MetadataId, asked.Id ?? Unsaved, SettingsOf(asked.Stored, asked.Sent), stop)),
        async (asked, action, field, payload, stop) =>
            Of(await host.DynamicFieldAsync(asked.MetadataId, asked.Id ?? Unsaved, SettingsOf(asked.Stored, asked.Sent), action, field, payload, null, stop)));

    /// <summary>Asks, if nothing is wrong with what was sent.</summary>
    /// <param name="context">The request.</param>
    /// <param name="id">The destination.</param>
    /// <param name="read">Reads the body, which it may find fault with, and says how to ask.</param>
    public async Task<ApiAnswer> AskAsync(HttpContext context, string id, Func<JsonInput, Func<ActionsHost, ActionsTarget, CancellationToken, Task<ActionsReply>>> read)
    {
        var (body, refusal) = context.Request.ContentLength == 0 ? (JsonInput.Of([]), null) : await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        if (workspace.Current.FindDestination(id) is not { } destination) return ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Destination, id));
        if (catalogue.Find(destination.MetadataId) is null) return ApiAnswer.Refused(WorkspaceRefusal.Conflict(null, $"A destination of the kind {destination.MetadataId} cannot be asked this."));
        var sent = body.Object("settings");
        var ask = read(body);
        if (body.Faults.Count > 0) return ApiAnswer.Refused(WorkspaceRefusal.Invalid(body.Faults));
        var settings = SettingsOf(destination.Settings, sent);
        var reply = await ask(host, new ActionsTarget(destination.MetadataId, destination.Id, settings), context.RequestAborted);
        // The destination's no is an answer to the question, and not a failure of asking.
        return ApiAnswer.Data(new JsonObject
        {
            ["ok"] = reply.IsOk,
            ["code"] = reply.Code,
            ["message"] = reply.Message,
            ["answer"] = reply.Value.ValueKind == System.Text.Json.JsonValueKind.Undefined ? null : JsonNode.Parse(reply.Value.GetRawText()),
        });
    }
    // The settings in the clear, with what was sent on top.
    private JsonObject SettingsOf(JsonObject stored, JsonObject? sent)
    {
        var settings = DestinationSync.Without(secrets.UnsealReadable(stored)).DeepClone().AsObject();
        foreach (var (name, value) in sent ?? [])
        {
            if (value is not JsonValue text || !text.TryGetValue<string>(out var shown) || shown != SecretBox.Mask) settings[name] = value?.DeepClone();
        }

        // Tokens that were sent along are tried as they are, and not renewed: they belong to nobody yet.
        if (sent?[ActionsKind.OAuthKey] is JsonObject && settings[ActionsKind.OAuthKey] is JsonObject tried) tried[ActionsKind.TrialKey] = true;
        return settings;
    }

    private static DestinationReply Of(ActionsReply reply) => new(reply.IsOk, reply.Message ?? reply.Code, reply.Value);
}
