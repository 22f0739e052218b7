using System.Text.RegularExpressions;
using Tributary.Engine.Delivery;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Destinations.Functions;

/// <summary>Destination functions as kinds of destination, and insert functions as what stands before any of them.</summary>
internal static partial class FunctionKinds
{
    private const int EventsMax = 50;
    private const int BatchDefault = 20;

    private static readonly TimeSpan BatchAge = TimeSpan.FromSeconds(1);

    /// <summary>The kind that a <c>metadataId</c> names; null when it names no destination function.</summary>
    public static DestinationKind? Find(WorkspaceSnapshot workspace, string slug) =>
        workspace.FindFunctionOf(slug) is { ResourceType: Function.DestinationType } function
            ? new DestinationKind(
                slug, function.DisplayName, function.Description ?? "", [.. function.Settings.Select(Option)], settings => FunctionForm.Check(function, settings))
            : null;

    /// <summary>How destinations of functions are opened: with the deployed code of the moment. The gate sees to it that another deployment opens them anew.</summary>
    public static DestinationDriver Driver(FunctionRuntime runtime, Func<WorkspaceSnapshot> workspace, TimeProvider clock) =>
        new(Function.CatalogPrefix + "*", request => Open(runtime, workspace(), request, clock));

    /// <summary>Opens the senders of a destination function anew when another version is deployed.</summary>
    public static SenderGate DeployedGate() => new(
        (workspace, destination) => workspace.FindFunctionOf(destination.MetadataId) is { } function ? $"{function.Id} {function.DeployedVersion}" : null,
        (_, _, _, sender) => sender);

    /// <summary>Puts the enabled insert function of a destination in front of its senders.</summary>
    public static SenderGate InsertGate(FunctionRuntime runtime, SecretBox secrets) => new(
        (workspace, destination) => Enabled(workspace, destination) is var (instance, function)
            ? $"{instance.Id} {function.DeployedVersion} {instance.UpdatedAt} {instance.Settings.ToJsonString()}"
            : null,
        (workspace, destination, isDryRun, sender) =>
        {
            var (instance, function) = Enabled(workspace, destination)!.Value;
            return new InsertSender(new EventRunner(runtime, instance.Id, CodeOf(function), FunctionUse.Insert, secrets.Unseal(instance.Settings), isDryRun), sender);
        });

    /// <summary>What runs of a function.</summary>
    public static FunctionCode CodeOf(Function function) => new(function.Id, $"{function.DeployedVersion}", function.DeployedCode ?? "");

    private static (InsertFunction Instance, Function Function)? Enabled(WorkspaceSnapshot workspace, Destination destination) =>
        workspace.FindInsertFunctionOf(destination.Id) is { Enabled: true } instance && workspace.FindFunction(instance.FunctionId) is { DeployedCode: not null } function ? (instance, function) : null;

    private static SenderOpened Open(FunctionRuntime runtime, WorkspaceSnapshot workspace, SenderRequest request, TimeProvider clock)
    {
        if (runtime.Missing is { } missing) return SenderOpened.Faulty(missing);
        if (workspace.FindDestination(request.DestinationId) is not { } destination || workspace.FindFunctionOf(destination.MetadataId) is not { DeployedCode: { } text } function)
            return SenderOpened.Faulty("The function of this destination is gone, or was never deployed.");
        var faults = FunctionForm.Check(function, request.Settings).Select(fault => fault.Message).ToList();
        if (faults.Count > 0) return SenderOpened.Faulty(string.Join(" ", faults));
        var runner = new EventRunner(runtime, request.DestinationId, CodeOf(function), FunctionUse.Destination, request.Settings, request.IsDryRun);
        // Whether it takes batches is known for certain only where it runs; a mention in the code is enough to collect some.
        var hasBatch = BatchHandler().IsMatch(text);
        return SenderOpened.With(new FunctionSender(runner, hasBatch, hasBatch ? function.BatchMaxCount ?? BatchDefault : EventsMax, hasBatch ? BatchAge : TimeSpan.Zero, clock));
    }

    private static DestinationOption Option(FunctionSetting setting) => new(
        setting.Name, setting.Type switch { "BOOLEAN" => "boolean", "TEXT_MAP" => "map", _ => "string" }, setting.Required, setting.Description, setting.Sensitive)
    { Label = setting.Label };

    [GeneratedRegex(@"\bonBatch\b", RegexOptions.CultureInvariant)]
    private static partial Regex BatchHandler();
}
