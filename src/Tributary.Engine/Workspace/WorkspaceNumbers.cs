using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Tributary.Engine.Workspace;

/// <summary>
/// Short numbers that stand for sources, destinations, subscriptions, spaces, computations and SQL traits in logs and keys. They count up from 1 and are never given twice, because old records
/// still mean the old resource: the highest number of each kind is itself a resource and outlives those it was given to.
/// </summary>
internal static class WorkspaceNumbers
{
    private static readonly ImmutableArray<string> Numbered = [ResourceKind.Source, ResourceKind.Destination, ResourceKind.Subscription, ResourceKind.Space, ResourceKind.Computation, ResourceKind.SqlTrait];

    /// <summary>The number for the next resource of a kind.</summary>
    public static uint Next(WorkspaceSnapshot workspace, string kind) => checked((uint)workspace.LastNumber(kind) + 1);

    /// <summary>The high-water marks that rise by these changes.</summary>
    public static IEnumerable<ResourceChange> Marks(WorkspaceSnapshot before, ImmutableArray<ResourceChange> changes)
    {
        foreach (var kind in Numbered)
        {
            var highest = changes.Where(change => change.Kind == kind).Select(change => NumberOf(change.Body)).DefaultIfEmpty().Max();
            if (highest > before.LastNumber(kind))
                yield return new ResourceChange(ResourceKind.Counter, kind, new JsonObject { ["last"] = highest });
        }
    }

    /// <summary>True when each new resource has a fresh number and each old one keeps its own.</summary>
    public static bool Hold(WorkspaceSnapshot before, ImmutableArray<ResourceChange> changes) => changes.All(change =>
    {
        if (change.Body is null || !Numbered.Contains(change.Kind)) return true;
        var old = before.FindBody(change.Kind, change.Id);
        return old is null ? NumberOf(change.Body) > before.LastNumber(change.Kind) : NumberOf(change.Body) == NumberOf(old);
    });

    private static long NumberOf(JsonObject? body) => body?["number"]?.GetValue<long>() ?? 0;
}
