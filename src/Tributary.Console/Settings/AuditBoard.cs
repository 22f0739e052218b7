using Tributary.Engine.Workspace;

namespace Tributary.Console.Settings;

/// <summary>The audit log as pages ask for it; read from the workspace once for each revision, for everybody.</summary>
internal sealed class AuditBoard(LiveWorkspace workspace)
{
    /// <summary>Most lines of a page; a revision is never cut in two.</summary>
    public const int LinesMax = 60;

    private const int AuthorsMax = 200;

    private static readonly HashSet<string> OfAdministrators = new(StringComparer.Ordinal) { ResourceKind.Token, ResourceKind.Member };

    private volatile State _state = new(-1, [], [], []);

    /// <summary>Who changed something, in alphabetical order.</summary>
    public IReadOnlyList<string> Authors => Now().Authors;

    /// <summary>The entry in which a resource was made; null when that was before the log begins.</summary>
    public AuditEntry? CreationOf(string kind, string id) => Now().Creations.GetValueOrDefault((kind, id));

    /// <summary>Whether somebody may read what was done to resources of a kind: who may come in is the business of administrators.</summary>
    public static bool MayRead(string kind, bool isAdministrator) => isAdministrator || !OfAdministrators.Contains(kind);

    /// <summary>A page of the log, the newest first.</summary>
    /// <param name="filter">What it is narrowed to.</param>
    /// <param name="isAdministrator">Whether whoever looks may see what was done to members and tokens.</param>
    public AuditView Find(AuditFilter filter, bool isAdministrator)
    {
        var entries = new List<AuditEntry>();
        var (lines, hasOlder) = (0, false);
        foreach (var entry in Now().Entries)
        {
            if (filter.Before is { } before && entry.Revision >= before) continue;
            if (filter.Revision is { } revision && entry.Revision != revision) continue;
            if (filter.Author is { } author && entry.Author != author) continue;
            var items = entry.Items.Where(item => MayRead(item.Kind, isAdministrator) && filter.Fits(item)).ToList();
            if (items.Count == 0) continue;
            if (hasOlder = lines > 0 && lines + items.Count > LinesMax) break;
            lines += items.Count;
            entries.Add(entry with { Items = [.. items] });
        }

        return new AuditView(entries, hasOlder ? entries[^1].Revision : null);
    }

    private State Now()
    {
        var (state, now) = (_state, workspace.Current);
        if (state.Revision == now.Revision) return state;
        var entries = now.Audit.ToList();
        var creations = new Dictionary<(string, string), AuditEntry>();
        // The newest first, so the oldest creation stays.
        foreach (var entry in entries)
        {
            foreach (var item in entry.Items.Where(item => item.Action == "Created")) creations[(item.Kind, item.Id)] = entry;
        }

        return _state = new State(now.Revision, entries, [.. entries.Select(entry => entry.Author).Distinct().Order(StringComparer.OrdinalIgnoreCase).Take(AuthorsMax)], creations);
    }

    private sealed record State(long Revision, List<AuditEntry> Entries, List<string> Authors, Dictionary<(string Kind, string Id), AuditEntry> Creations);
}

/// <summary>What the audit log is narrowed to; null everywhere for all of it.</summary>
internal sealed record AuditFilter
{
    public string? Author { get; init; }

    public string? Kind { get; init; }

    /// <summary>The id of a resource.</summary>
    public string? Resource { get; init; }

    /// <summary>A part of the name or the id of a resource, or of a field that was changed.</summary>
    public string? Search { get; init; }

    /// <summary>One revision alone.</summary>
    public long? Revision { get; init; }

    /// <summary>Only older revisions.</summary>
    public long? Before { get; init; }

    /// <summary>Whether it is narrowed at all.</summary>
    public bool IsNarrow => this with { Before = null } != new AuditFilter();

    public bool Fits(AuditItem item) => (Kind is null || item.Kind == Kind) && (Resource is null || item.Id == Resource) && (string.IsNullOrWhiteSpace(Search) || Matches(item, Search.Trim()));

    private static bool Matches(AuditItem item, string text) =>
        item.Id.Contains(text, StringComparison.OrdinalIgnoreCase) || item.Name?.Contains(text, StringComparison.OrdinalIgnoreCase) == true
        || item.Fields.Any(field => field.Contains(text, StringComparison.OrdinalIgnoreCase)) || item.Changes.Any(change => change.Field.Contains(text, StringComparison.OrdinalIgnoreCase));
}

/// <summary>A page of the log.</summary>
/// <param name="Entries">The newest first, with the items that fit.</param>
/// <param name="Older">Where the next page begins; null when this is the last one.</param>
internal sealed record AuditView(IReadOnlyList<AuditEntry> Entries, long? Older);
