using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using Tributary.Engine.Traits.Language;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Audiences;

/// <summary>Reads what somebody sent to create or change an audience or a computed trait. Pure.</summary>
internal static partial class ComputationForm
{
    /// <summary>Most audiences and computed traits of a space.</summary>
    public const int CountMax = 2_000;

    private const int NameLengthMax = 200;
    private const int KeyLengthMax = 100;
    private const int DescriptionLengthMax = 2_000;
    private const int ExternalIdsMax = 20;

    // What people send themselves under these names would be hidden behind the computed value.
    private static readonly ImmutableHashSet<string> Reserved =
    [
        "address", "age", "avatar", "birthday", "company", "createdAt", "description", "email", "firstName", "gender", "id", "lastName", "name", "phone", "title", "username", "website",
    ];

    private static readonly ImmutableArray<string> KnownIds = ["user_id", "email", "android.idfa", "ios.idfa"];

    /// <summary>What somebody wants to create, by itself: no id, no space, not yet held against others. What is wrong with it is among the body's faults.</summary>
    /// <param name="body">What was sent.</param>
    /// <param name="kind"><see cref="Computation.Audience"/> or <see cref="Computation.Trait"/>.</param>
    /// <param name="isNamedByKey">The key is its name unless it has another; otherwise a name is required, and the key follows from it.</param>
    public static Computation Read(JsonInput body, string kind, bool isNamedByKey = false)
    {
        var name = body.Text("name", NameLengthMax, required: !isNamedByKey) ?? "";
        var key = body.Text("key", KeyLengthMax, required: isNamedByKey) ?? KeyOf(name);
        if (key.Length + name.Length > 0 && !KeyText().IsMatch(key)) body.Fault("key", "key must begin with a letter and consist of letters, digits and underscores (Latin ones).");
        if (Reserved.Contains(key)) body.Fault("key", $"\"{key}\" is the name of a trait that is sent, so no computed one can have it.");
        var definition = body.Nested("definition");
        if (definition is null) body.Fault("definition", "definition is required: {\"type\": \"USERS\" or \"ACCOUNTS\", \"query\": \"…\"}.");
        var type = definition?.Text("type", 20) ?? body.Text("audienceType", 20) ?? "USERS";
        if (type is not ("USERS" or "ACCOUNTS")) body.Fault("definition.type", "type must be USERS or ACCOUNTS.");
        var query = definition is null ? "" : Query(definition, type, kind) ?? "";
        return WithOptions(body, new Computation
        {
            Id = "",
            Number = 0,
            Version = 0,
            SpaceId = "",
            Kind = kind,
            Key = key,
            Name = name.Length == 0 ? key : name,
            Description = body.Text("description", DescriptionLengthMax, mayHaveLines: true),
            Enabled = body.Flag("enabled") ?? true,
            Type = type,
            Query = query,
            FilterByExternalIds = ExternalIds(type),
        });
    }

    /// <summary>Creates one, and with the first of a space the source that speaks for it.</summary>
    public static WorkspaceEdit Create(JsonInput body, WorkspaceSnapshot now, Space space, string kind, string id, string author, long at)
    {
        var computation = Read(body, kind) with
        {
            Id = id,
            Number = WorkspaceNumbers.Next(now, ResourceKind.Computation),
            Version = checked((uint)now.Revision + 1),
            SpaceId = space.Id,
            CreatedAt = at,
            CreatedBy = author,
            UpdatedAt = at,
            UpdatedBy = author,
        };
        var key = computation.Key;
        if (body.Faults.Count > 0) return WorkspaceRefusal.Invalid(body.Faults);
        var siblings = now.Computations.Where(other => other.SpaceId == space.Id).ToList();
        if (siblings.Find(other => other.Key == key) is { } taken)
            return WorkspaceRefusal.Conflict("key", taken.Deleted ? $"The key \"{key}\" was used before, and keys are never used again." : $"Another one has the key \"{key}\".");
        if (siblings.Count(other => !other.Deleted) >= CountMax) return WorkspaceRefusal.Conflict(null, $"A space has at most {CountMax} audiences and computed traits.");
        if (Cycle(siblings, computation) is { } cycle) return cycle;
        return WorkspaceEdit.Of([.. EngageSource.MadeFor(now, space), ResourceKind.Put(computation)]);
    }

    /// <summary>Changes the fields that are sent.</summary>
    public static WorkspaceEdit Update(JsonInput body, WorkspaceSnapshot now, Computation computation, string author, long at)
    {
        if (body.Text("key", KeyLengthMax) is { } key && key != computation.Key) body.Fault("key", "The key never changes: destinations know the audience by it.");
        var changed = computation with
        {
            Name = body.Text("name", NameLengthMax) ?? computation.Name,
            Description = body.Has("description") ? body.Text("description", DescriptionLengthMax, mayHaveLines: true) : computation.Description,
            Enabled = body.Flag("enabled") ?? computation.Enabled,
        };
        if (body.Nested("definition") is { } definition)
        {
            if (definition.Text("type", 20) is { } type && type != computation.Type) body.Fault("definition.type", "The type never changes.");
            changed = changed with { Query = Query(definition, computation.Type, computation.Kind) ?? computation.Query };
        }

        changed = WithOptions(body, changed);
        if (body.Faults.Count > 0) return WorkspaceRefusal.Invalid(body.Faults);
        // What is computed is another: everything that was kept for the old one goes once the new one is complete.
        var isAnother = changed.Query != computation.Query || changed.IncludeHistoricalData != computation.IncludeHistoricalData || changed.BackfillDays != computation.BackfillDays
            || !changed.FilterByExternalIds.SequenceEqual(computation.FilterByExternalIds) || (changed.Enabled && !computation.Enabled);
        if (isAnother) changed = changed with { Version = checked((uint)now.Revision + 1) };
        if (changed == computation) return WorkspaceEdit.Of([]);
        if (Cycle([.. now.Computations.Where(other => other.SpaceId == computation.SpaceId)], changed) is { } cycle) return cycle;
        return ResourceKind.Put(changed with { UpdatedAt = at, UpdatedBy = author });
    }

    /// <summary>Deletes one; its key stays taken.</summary>
    public static WorkspaceEdit Delete(WorkspaceSnapshot now, Computation computation, string author, long at)
    {
        var readers = now.Computations.Where(other => !other.Deleted && other.SpaceId == computation.SpaceId && other.Id != computation.Id && Reads(other).Contains(computation.Key)).Select(other => other.Key).ToList();
        if (readers.Count > 0) return WorkspaceRefusal.Conflict(null, $"It is read by {string.Join(", ", readers)}. Change or delete that first.");
        return ResourceKind.Put(computation with { Deleted = true, Enabled = false, Connections = [], UpdatedAt = at, UpdatedBy = author });
    }

    /// <summary>The keys that a saved definition reads.</summary>
    public static IReadOnlyList<string> Reads(Computation computation) =>
        QueryParser.TryParse(computation.Query, computation.IsOfAccounts ? DefinitionScope.Accounts : DefinitionScope.Users, null, out var definition, out _) ? DefinitionReferences.Traits(definition) : [];

    /// <summary>The identifiers of which a profile needs one to count, unless the options say otherwise; none are asked of accounts.</summary>
    public static ImmutableArray<string> ExternalIds(string type) => type == "USERS" ? KnownIds : [];

    /// <summary>The identifiers of which a person needs one to count, by the options that are sent; what they are for a new audience when none are.</summary>
    public static ImmutableArray<string> ExternalIds(JsonInput body, string type) => WithOptions(body, new Computation
    {
        Id = "",
        Number = 0,
        Version = 0,
        SpaceId = "",
        Kind = Computation.Audience,
        Key = "",
        Name = "",
        Query = "",
        Type = type,
        FilterByExternalIds = ExternalIds(type),
    }).FilterByExternalIds;

    private static Computation WithOptions(JsonInput body, Computation computation)
    {
        if (body.Nested("options") is not { } options) return computation;
        var ids = options.Has("filterByExternalIds") ? [.. options.Texts("filterByExternalIds", ExternalIdsMax, Identifier.TypeLengthMax)] : computation.FilterByExternalIds;
        if (options.Flag("includeAnonymousUsers") is { } anonymous && computation.Type == "USERS") ids = anonymous ? [.. KnownIds, "anonymous_id"] : KnownIds;
        return computation with
        {
            IncludeHistoricalData = options.Flag("includeHistoricalData") ?? computation.IncludeHistoricalData,
            FilterByExternalIds = ids,
            BackfillDays = options.Whole("backfillEventDataDays", 1, DefinitionRules.WindowDaysMax) ?? options.Whole("backfillDurationDays", 1, DefinitionRules.WindowDaysMax) ?? computation.BackfillDays,
        };
    }

    private static string? Query(JsonInput definition, string type, string kind)
    {
        if (definition.Text("query", QueryParser.LengthMax, required: !definition.Has("query"), mayHaveLines: true) is not { } query) return null;
        var scope = type == "ACCOUNTS" ? DefinitionScope.Accounts : DefinitionScope.Users;
        if (QueryParser.TryParse(query, scope, kind == Computation.Audience ? DefinitionKind.Audience : DefinitionKind.Trait, out _, out var fault)) return query;
        definition.Fault("query", fault.ToString());
        return null;
    }

    private static WorkspaceRefusal? Cycle(List<Computation> siblings, Computation computation)
    {
        var byKey = siblings.Where(other => !other.Deleted && other.Id != computation.Id).ToDictionary(other => other.Key, StringComparer.Ordinal);
        byKey[computation.Key] = computation;
        return CycleOf(computation.Key, byKey) is { } cycle ? WorkspaceRefusal.Invalid("definition.query", cycle) : null;
    }

    /// <summary>What is wrong when one reads itself by way of others, with the chain; null when it does not.</summary>
    /// <param name="key">The one to begin with.</param>
    /// <param name="byKey">All audiences and computed traits of its space.</param>
    public static string? CycleOf(string key, IReadOnlyDictionary<string, Computation> byKey)
    {
        var chain = DefinitionReferences.FindCycle(key, each => byKey.TryGetValue(each, out var read) ? Reads(read) : []);
        return chain is null ? null : $"The audience would create a cycle by referencing another audience: {string.Join(" → ", chain)}.";
    }

    // Words in lower case with an underscore between them; empty when the name has no Latin letter.
    private static string KeyOf(string name)
    {
        var key = new StringBuilder();
        foreach (var letter in name)
        {
            if (char.IsAsciiLetterOrDigit(letter)) key.Append(char.ToLowerInvariant(letter));
            else if (key.Length > 0 && key[^1] != '_') key.Append('_');
        }

        var text = key.ToString().Trim('_');
        return text.Length > KeyLengthMax ? text[..KeyLengthMax] : text;
    }

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_]*$")]
    private static partial Regex KeyText();
}
