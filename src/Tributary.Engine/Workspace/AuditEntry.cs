using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Tributary.Engine.Workspace;

/// <summary>
/// One line of the audit log: who changed what in one revision, with the values before and after as far as they may be read; <see cref="AuditValues"/> says which
/// may. It is itself a resource of the revision that it tells of: replays make the same audit log, and retention of the received log does not shorten it.
/// </summary>
/// <param name="Revision">The number of the revision.</param>
/// <param name="Author">Who asked for it: the name of a token, the address of a member, or <c>system</c>.</param>
/// <param name="At">When; milliseconds since 1970.</param>
/// <param name="Items">What was changed.</param>
public sealed record AuditEntry(long Revision, string Author, long At, ImmutableArray<AuditItem> Items)
{
    /// <summary>How many revisions the audit log remembers.</summary>
    public const int KeptMax = 1_000;

    /// <summary>The resource id of a revision's entry: the number with zeros in front, so that ids sort by age.</summary>
    public static string IdOf(long revision) => revision.ToString("D12", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Tells what <paramref name="changes"/> do to <paramref name="before"/>.</summary>
    internal static AuditEntry Of(long revision, string author, long at, WorkspaceSnapshot before, ImmutableArray<ResourceChange> changes)
    {
        // One after the other: they share the room for values.
        var values = new AuditValues();
        var items = ImmutableArray.CreateBuilder<AuditItem>(changes.Length);
        foreach (var change in changes) items.Add(Item(change, before.FindBody(change.Kind, change.Id), values));
        return new(revision, author, at, items.ToImmutable());
    }

    private static AuditItem Item(ResourceChange change, JsonObject? old, AuditValues values)
    {
        var (changed, omitted) = values.Between(old, change.Body);
        var name = NameOf(change.Body ?? old);
        return (old, change.Body) switch
        {
            (_, null) => new(change.Kind, change.Id, name, "Deleted", []) { Changes = changed, Omitted = omitted },
            (null, _) => new(change.Kind, change.Id, name, "Created", []) { Changes = changed, Omitted = omitted },
            var (was, now) => new(change.Kind, change.Id, name, "Modified", [.. Differing(was, now)]) { Changes = changed, Omitted = omitted },
        };
    }

    private static string? NameOf(JsonObject? body) => ((body?["name"] ?? body?["displayName"] ?? body?["title"]) as JsonValue)?.ToString();

    private static IEnumerable<string> Differing(JsonObject old, JsonObject now) =>
        old.Select(pair => pair.Key).Union(now.Select(pair => pair.Key)).Where(key => !JsonNode.DeepEquals(old[key], now[key]));
}

/// <summary>What one revision did to one resource: Created, Modified or Deleted it, and which top-level fields differ when it was modified.</summary>
public sealed record AuditItem(string Kind, string Id, string? Name, string Action, ImmutableArray<string> Fields)
{
    /// <summary>Values before and after, field by field. Entries that a version without values wrote have none.</summary>
    public ImmutableArray<AuditChange> Changes { get; init; } = [];

    /// <summary>How many more there were, for which the entry had no room.</summary>
    public int Omitted { get; init; }
}

/// <summary>A value that differs. What must not be read is the mask of <see cref="SecretBox"/>; what is long is cut and ends in "…".</summary>
/// <param name="Field">Where, as a path such as <c>settings.rateLimit</c> or <c>identity.identifiers[email].limit</c>.</param>
/// <param name="Before">Null when there was none.</param>
/// <param name="After">Null when there is none.</param>
public sealed record AuditChange(string Field, JsonNode? Before, JsonNode? After);
