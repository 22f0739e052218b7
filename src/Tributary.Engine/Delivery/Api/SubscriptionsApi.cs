using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tributary.Engine.Delivery.Fql;
using Tributary.Engine.Delivery.Mapping;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Delivery;

/// <summary><c>/api/destinations/{id}/subscriptions</c>: when an action of a destination runs, and with which fields.</summary>
internal static class SubscriptionsApi
{
    /// <summary>Most subscriptions of one destination; spec/connections.md §5.6.</summary>
    public const int CountMax = 50;

    private const int TriggerLengthMax = 10_000;

    public static void Map(IEndpointRouteBuilder api)
    {
        var subscriptions = api.MapGroup("/destinations/{id}/subscriptions").WithTags("Subscriptions");
        subscriptions.MapGet("/", List).WithName("listSubscriptionsFromDestination").WithSummary("The subscriptions of a destination, by age.");
        subscriptions.MapPost("/", CreateAsync).WithName("createDestinationSubscription").WithSummary("Creates a subscription; disabled unless enabled is true.");
        subscriptions.MapGet("/{subscription}", Get).WithName("getSubscriptionFromDestination").WithSummary("One subscription.");
        subscriptions.MapPatch("/{subscription}", UpdateAsync).WithName("updateSubscriptionForDestination").WithSummary("Changes the fields that are sent; settings are replaced.");
        subscriptions.MapDelete("/{subscription}", DeleteAsync).WithName("removeSubscriptionFromDestination").WithSummary("Deletes a subscription.");
    }

    private static ApiAnswer List(HttpRequest request, string id, LiveWorkspace workspace)
    {
        var (page, refusal) = ApiPage.Read(request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        if (workspace.Current.FindDestination(id) is null) return ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Destination, id));
        return ApiAnswer.Data(page.Cut("subscriptions", [.. workspace.Current.SubscriptionsOf(id)], subscription => subscription.Number, ApiJson.Of));
    }

    private static ApiAnswer Get(string id, string subscription, LiveWorkspace workspace) => Find(workspace.Current, id, subscription) is { } found
        ? ApiAnswer.Data(new JsonObject { ["subscription"] = ApiJson.Of(found) })
        : ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Subscription, subscription));

    private static async Task<ApiAnswer> CreateAsync(HttpContext context, string id, LiveWorkspace workspace, DestinationCatalog catalog)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var created = WorkspaceSecrets.NewId();
        var changed = await workspace.ChangeAsync(context.Author(), now => Create(body, now, catalog, id, created), context.RequestAborted);
        return changed.Refusal is { } broken
            ? ApiAnswer.Refused(broken)
            : ApiAnswer.Data(new JsonObject { ["destinationSubscription"] = ApiJson.Of(changed.Snapshot.FindSubscription(created)!) });
    }

    private static WorkspaceEdit Create(JsonInput body, WorkspaceSnapshot now, DestinationCatalog catalog, string destinationId, string id)
    {
        if (now.FindDestination(destinationId) is not { } destination) return WorkspaceRefusal.NotFound(ResourceKind.Destination, destinationId);
        if (now.SubscriptionsOf(destinationId).Count() >= CountMax) return WorkspaceRefusal.Conflict(null, $"A destination has at most {CountMax} subscriptions.");
        var action = body.Text("actionId", 200) ?? body.Text("actionSlug", 200, required: true) ?? "";
        if (action.Length > 0 && catalog.Find(destination.MetadataId) is { } kind && !kind.HasAction(action))
            body.Fault("actionId", $"{kind.Name} has no action \"{action}\". GET /api/catalog/destinations/{kind.Slug} lists them.");
        return Checked(body, new Subscription
        {
            Id = id,
            Number = WorkspaceNumbers.Next(now, ResourceKind.Subscription),
            DestinationId = destinationId,
            Name = body.Text("name", 255, required: true) ?? "",
            Action = action,
            Enabled = body.Flag("enabled") ?? false,
            Trigger = body.Text("trigger", TriggerLengthMax, required: true, mayHaveLines: true) ?? "",
            Settings = body.Object("settings") ?? [],
        });
    }

    private static async Task<ApiAnswer> UpdateAsync(HttpContext context, string id, string subscription, LiveWorkspace workspace)
    {
        var (sent, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        // Segment's clients wrap the fields; people who write requests by hand do not.
        var body = sent.Nested("input") ?? sent;
        var changed = await workspace.ChangeAsync(
            context.Author(),
            now => Find(now, id, subscription) is not { } found
                ? WorkspaceRefusal.NotFound(ResourceKind.Subscription, subscription)
                : Checked(body, found with
                {
                    Name = body.Text("name", 255) ?? found.Name,
                    Enabled = body.Flag("enabled") ?? found.Enabled,
                    Trigger = body.Text("trigger", TriggerLengthMax, mayHaveLines: true) ?? found.Trigger,
                    Settings = body.Object("settings") ?? found.Settings,
                }),
            context.RequestAborted);
        return changed.Refusal is { } broken
            ? ApiAnswer.Refused(broken)
            : ApiAnswer.Data(new JsonObject { ["subscription"] = ApiJson.Of(changed.Snapshot.FindSubscription(subscription)!) });
    }

    private static async Task<ApiAnswer> DeleteAsync(HttpContext context, string id, string subscription, LiveWorkspace workspace)
    {
        var changed = await workspace.ChangeAsync(
            context.Author(),
            now => Find(now, id, subscription) is null
                ? WorkspaceRefusal.NotFound(ResourceKind.Subscription, subscription)
                : ResourceKind.Delete(ResourceKind.Subscription, subscription),
            context.RequestAborted);
        return changed.Refusal is { } refusal ? ApiAnswer.Refused(refusal) : ApiAnswer.Deleted();
    }

    private static Subscription? Find(WorkspaceSnapshot now, string destination, string id) =>
        now.FindSubscription(id) is { } found && found.DestinationId == destination ? found : null;

    private static WorkspaceEdit Checked(JsonInput body, Subscription subscription)
    {
        if (subscription.Trigger.Length > 0 && Trigger.Compile(subscription.Trigger).Fault is { } fault)
            body.Fault("trigger", $"trigger: {fault.Message} (at {fault.Position})");
        foreach (var wrong in CompiledMapping.Compile(subscription.Settings).Faults) body.Fault("settings", $"settings: {wrong}");
        return body.Faults.Count == 0 ? ResourceKind.Put(subscription) : WorkspaceRefusal.Invalid(body.Faults);
    }
}
