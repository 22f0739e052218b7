using System.Text.Json.Nodes;
using Tributary.Engine.Delivery.Fql;
using Tributary.Engine.Delivery.Mapping;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Delivery;

/// <summary>Changes subscriptions on behalf of somebody: the management API for a token, the console for a member.</summary>
public sealed class SubscriptionDesk(LiveWorkspace workspace, DestinationCatalog catalog)
{
    /// <summary>Most subscriptions of one destination; spec/connections.md §5.6.</summary>
    public const int CountMax = 50;

    private const int NameLengthMax = 255;
    private const int TriggerLengthMax = 10_000;

    /// <summary>Creates a subscription; disabled unless the input says otherwise.</summary>
    /// <param name="author">Who asks, for the audit log.</param>
    /// <param name="destination">The id of the destination.</param>
    /// <param name="input">The fields of the subscription, as the management API takes them.</param>
    /// <param name="cancellationToken">Until the change is made.</param>
    public async ValueTask<(string Id, WorkspaceChanged Changed)> CreateAsync(string author, string destination, JsonInput input, CancellationToken cancellationToken)
    {
        var id = WorkspaceSecrets.NewId();
        return (id, await workspace.ChangeAsync(author, now => Create(input, now, destination, id), cancellationToken));
    }

    /// <summary>Creates the subscriptions that presets stand for, enabled, each in a revision of its own, until one is refused.</summary>
    public async ValueTask<WorkspaceChanged> AddAsync(string author, string destination, IEnumerable<DestinationPreset> presets, CancellationToken cancellationToken)
    {
        var last = new WorkspaceChanged(workspace.Current, null);
        foreach (var preset in presets)
        {
            (_, last) = await CreateAsync(author, destination, JsonInput.Of(FieldsOf(preset)), cancellationToken);
            if (last.Refusal is not null) break;
        }

        return last;
    }

    /// <summary>Changes the fields that are given; settings are replaced.</summary>
    public ValueTask<WorkspaceChanged> UpdateAsync(string author, string destination, string subscription, JsonInput input, CancellationToken cancellationToken) => workspace.ChangeAsync(
        author,
        now => Find(now, destination, subscription) is not { } found
            ? WorkspaceRefusal.NotFound(ResourceKind.Subscription, subscription)
            : Checked(input, found with
            {
                Name = input.Text("name", NameLengthMax) ?? found.Name,
                Enabled = input.Flag("enabled") ?? found.Enabled,
                Trigger = input.Text("trigger", TriggerLengthMax, mayHaveLines: true) ?? found.Trigger,
                Settings = input.Object("settings") ?? found.Settings,
            }),
        cancellationToken);

    /// <summary>Deletes a subscription.</summary>
    public ValueTask<WorkspaceChanged> DeleteAsync(string author, string destination, string subscription, CancellationToken cancellationToken) => workspace.ChangeAsync(
        author,
        now => Find(now, destination, subscription) is null
            ? WorkspaceRefusal.NotFound(ResourceKind.Subscription, subscription)
            : ResourceKind.Delete(ResourceKind.Subscription, subscription),
        cancellationToken);

    /// <summary>The subscription of a destination; null when there is none with this id.</summary>
    public static Subscription? Find(WorkspaceSnapshot now, string destination, string id) =>
        now.FindSubscription(id) is { } found && found.DestinationId == destination ? found : null;

    private static JsonObject FieldsOf(DestinationPreset preset) => new()
    {
        ["name"] = preset.Name,
        ["actionId"] = preset.Action,
        ["trigger"] = preset.Trigger,
        ["settings"] = JsonNode.Parse(preset.Mapping.GetRawText()),
        ["enabled"] = true,
    };

    private WorkspaceEdit Create(JsonInput input, WorkspaceSnapshot now, string destinationId, string id)
    {
        if (now.FindDestination(destinationId) is not { } destination) return WorkspaceRefusal.NotFound(ResourceKind.Destination, destinationId);
        if (now.SubscriptionsOf(destinationId).Count() >= CountMax) return WorkspaceRefusal.Conflict(null, $"A destination has at most {CountMax} subscriptions.");
        var action = input.Text("actionId", 200) ?? input.Text("actionSlug", 200, required: true) ?? "";
        if (action.Length > 0 && catalog.Find(destination.MetadataId) is { } kind && !kind.HasAction(action))
            input.Fault("actionId", $"{kind.Name} has no action \"{action}\". GET /api/catalog/destinations/{kind.Slug} lists them.");
        return Checked(input, new Subscription
        {
            Id = id,
            Number = WorkspaceNumbers.Next(now, ResourceKind.Subscription),
            DestinationId = destinationId,
            Name = input.Text("name", NameLengthMax, required: true) ?? "",
            Action = action,
            Enabled = input.Flag("enabled") ?? false,
            Trigger = input.Text("trigger", TriggerLengthMax, required: true, mayHaveLines: true) ?? "",
            Settings = input.Object("settings") ?? [],
        });
    }

    private static WorkspaceEdit Checked(JsonInput input, Subscription subscription)
    {
        if (subscription.Trigger.Length > 0 && Trigger.Compile(subscription.Trigger).Fault is { } fault)
            input.Fault("trigger", $"trigger: {fault.Message} (at {fault.Position})");
        foreach (var wrong in CompiledMapping.Compile(subscription.Settings).Faults) input.Fault("settings", $"settings: {wrong}");
        return input.Faults.Count == 0 ? ResourceKind.Put(subscription) : WorkspaceRefusal.Invalid(input.Faults);
    }
}
