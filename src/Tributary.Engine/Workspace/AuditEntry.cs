using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Tributary.Engine.Workspace;

/// <summary>
/// One line of the audit log: who changed what in one revision. It names fields and never holds values, so that no secret can be read from it. It is
/// itself a resource of the revision that it tells of: replays make the same audit log, and retention of the received log does not shorten it.
/// </summary>
/// <param name="Revision">The number of the revision.</param>
/// <param name="Author">Who asked for it: the name of a token, or <c>system</c>.</param>
/// <param name="At">When; milliseconds since 1970.</param>
/// <param name="Items">What was changed.</param>
public sealed record AuditEntry(long Revision, string Author, long At, ImmutableArray<AuditItem> Items)
{
    /// <summary>How many revisions the audit log remembers.</summary>
    public const int KeptMax = 1_000;

    /// <summary>The resource id of a revision's entry: the number with zeros in front, so that ids sort by age.</summary>
    public static string IdOf(long revision) => revision.ToString("D12", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Tells what <paramref name="changes"/> do to <paramref name="before"/>.</summary>
    internal static AuditEntry Of(long revision, string author, long at, WorkspaceSnapshot before, ImmutableArray<ResourceChange> changes) =>
        new(revision, author, at, [.. changes.Select(change => Item(change, before.FindBody(change.Kind, change.Id)))]);

    private static AuditItem Item(ResourceChange change, JsonObject? old)
    {
        var name = ((change.Body ?? old)?["name"] as JsonValue)?.ToString();
        return (old, change.Body) switch
        {
            (_, null) => new(change.Kind, change.Id, name, "Deleted", []),
            (null, _) => new(change.Kind, change.Id, name, "Created", []),
            var (was, now) => new(change.Kind, change.Id, name, "Modified", [.. Differing(was, now)]),
        };
    }

    private static IEnumerable<string> Differing(JsonObject old, JsonObject now) =>
        old.Select(pair => pair.Key).Union(now.Select(pair => pair.Key)).Where(key => !JsonNode.DeepEquals(old[key], now[key]));
}

/// <summary>What one revision did to one resource: Created, Modified or Deleted it, and which top-level fields differ when it was modified.</summary>
public sealed record AuditItem(string Kind, string Id, string? Name, string Action, ImmutableArray<string> Fields);
