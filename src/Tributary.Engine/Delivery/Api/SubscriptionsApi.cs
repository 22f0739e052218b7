using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Delivery;

/// <summary><c>/api/destinations/{id}/subscriptions</c>: when an action of a destination runs, and with which fields.</summary>
internal static class SubscriptionsApi
{
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

    private static ApiAnswer Get(string id, string subscription, LiveWorkspace workspace) => SubscriptionDesk.Find(workspace.Current, id, subscription) is { } found
        ? ApiAnswer.Data(new JsonObject { ["subscription"] = ApiJson.Of(found) })
        : ApiAnswer.Refused(WorkspaceRefusal.NotFound(ResourceKind.Subscription, subscription));

    private static async Task<ApiAnswer> CreateAsync(HttpContext context, string id, SubscriptionDesk desk)
    {
        var (body, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        var (created, changed) = await desk.CreateAsync(context.Author(), id, body, context.RequestAborted);
        return changed.Refusal is { } broken
            ? ApiAnswer.Refused(broken)
            : ApiAnswer.Data(new JsonObject { ["destinationSubscription"] = ApiJson.Of(changed.Snapshot.FindSubscription(created)!) });
    }

    private static async Task<ApiAnswer> UpdateAsync(HttpContext context, string id, string subscription, SubscriptionDesk desk)
    {
        var (sent, refusal) = await JsonInput.ReadAsync(context.Request);
        if (refusal is not null) return ApiAnswer.Refused(refusal);
        // Segment's clients wrap the fields; people who write requests by hand do not.
        var changed = await desk.UpdateAsync(context.Author(), id, subscription, sent.Nested("input") ?? sent, context.RequestAborted);
        return changed.Refusal is { } broken
            ? ApiAnswer.Refused(broken)
            : ApiAnswer.Data(new JsonObject { ["subscription"] = ApiJson.Of(changed.Snapshot.FindSubscription(subscription)!) });
    }

    private static async Task<ApiAnswer> DeleteAsync(HttpContext context, string id, string subscription, SubscriptionDesk desk) =>
        (await desk.DeleteAsync(context.Author(), id, subscription, context.RequestAborted)).Refusal is { } refusal ? ApiAnswer.Refused(refusal) : ApiAnswer.Deleted();
}
