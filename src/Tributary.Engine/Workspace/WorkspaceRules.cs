using System.Collections.Immutable;
using System.Text;

namespace Tributary.Engine.Workspace;

/// <summary>What must be true of the workspace as a whole, whoever changes it.</summary>
internal static class WorkspaceRules
{
    /// <summary>The scope of a token that may do everything.</summary>
    public const string AdminScope = "admin";

    // Schemas that the lake has or that DuckDB keeps for itself.
    private static readonly ImmutableHashSet<string> ReservedSchemas = ["profiles", "main", "temp", "system", "information_schema", "pg_catalog"];

    /// <summary>Null when the workspace may become <paramref name="after"/>.</summary>
    public static WorkspaceRefusal? Check(WorkspaceSnapshot before, WorkspaceSnapshot after, ImmutableArray<ResourceChange> changes)
    {
        Invariant.Holds(WorkspaceNumbers.Hold(before, changes));
        return Slugs(after) ?? WriteKeys(after) ?? References(after) ?? Administration(before, after) ?? Members(before, after);
    }

    /// <summary>A slug as the lake would name its schema: words in lower case with one underscore between them.</summary>
    public static string SchemaOf(string slug)
    {
        var schema = new StringBuilder(slug.Length);
        for (var at = 0; at < slug.Length; at++)
        {
            var beginsWord = at > 0 && (!char.IsAsciiLetterOrDigit(slug[at - 1]) || (char.IsAsciiLetterUpper(slug[at]) && !char.IsAsciiLetterUpper(slug[at - 1])));
            if (!char.IsAsciiLetterOrDigit(slug[at])) continue;
            if (beginsWord && schema.Length > 0) schema.Append('_');
            schema.Append(char.ToLowerInvariant(slug[at]));
        }

        return schema.ToString();
    }

    private static WorkspaceRefusal? Slugs(WorkspaceSnapshot after)
    {
        foreach (var source in after.Sources)
        {
            if (ReservedSchemas.Contains(SchemaOf(source.Slug)))
                return WorkspaceRefusal.Invalid("slug", $"\"{source.Slug}\" is reserved: the lake has a schema of this name.");
        }

        if (Twice(after.Sources, source => SchemaOf(source.Slug)) is { } slug)
            return WorkspaceRefusal.Conflict("slug", $"Another source has the slug \"{slug.Slug}\", or one that becomes the same schema in the lake.");
        return Twice(after.Spaces, space => space.Slug) is { } space
            ? WorkspaceRefusal.Conflict("slug", $"Another space has the slug \"{space.Slug}\".")
            : null;
    }

    private static WorkspaceRefusal? WriteKeys(WorkspaceSnapshot after)
    {
        if (after.Sources.FirstOrDefault(source => source.WriteKeys.IsEmpty) is { } keyless)
            return WorkspaceRefusal.Conflict("writeKey", $"The source \"{keyless.Slug}\" would have no write key left. Create another one first.");
        return Twice(after.Sources.SelectMany(source => source.WriteKeys), key => key) is null
            ? null
            : WorkspaceRefusal.Conflict("writeKeys", "Another source has this write key.");
    }

    private static WorkspaceRefusal? References(WorkspaceSnapshot after)
    {
        if (after.Sources.FirstOrDefault(source => after.FindSpace(source.SpaceId) is null) is { } spaceless)
            return WorkspaceRefusal.Invalid("spaceId", $"There is no space \"{spaceless.SpaceId}\".");
        if (after.Destinations.FirstOrDefault(destination => after.FindSource(destination.SourceId) is null) is { } sourceless)
            return WorkspaceRefusal.Invalid("sourceId", $"There is no source \"{sourceless.SourceId}\".");
        var destinations = after.Destinations.Select(destination => destination.Id).ToHashSet(StringComparer.Ordinal);
        if (after.Subscriptions.Select(subscription => subscription.DestinationId)
            .Concat(after.Filters.Select(filter => filter.DestinationId)).Concat(after.InsertFunctions.Select(instance => instance.DestinationId))
            .FirstOrDefault(id => !destinations.Contains(id)) is { } orphan)
            return WorkspaceRefusal.Invalid("destinationId", $"There is no destination \"{orphan}\".");
        return Functions(after);
    }

    private static WorkspaceRefusal? Functions(WorkspaceSnapshot after)
    {
        var functions = after.Functions.ToDictionary(function => function.CatalogId, StringComparer.Ordinal);
        bool IsMissing(string metadataId, string type) =>
            metadataId.StartsWith(Function.CatalogPrefix, StringComparison.Ordinal) && (!functions.TryGetValue(metadataId, out var function) || function.ResourceType != type);
        if (after.Destinations.FirstOrDefault(destination => IsMissing(destination.MetadataId, Function.DestinationType)) is { } destination)
            return WorkspaceRefusal.Conflict("metadataId", $"The destination \"{destination.Name}\" needs its destination function. Delete the destination first.");
        if (after.Sources.FirstOrDefault(source => IsMissing(source.MetadataId, Function.SourceType)) is { } source)
            return WorkspaceRefusal.Conflict("metadataId", $"The source \"{source.Slug}\" needs its source function. Delete the source first.");
        if (after.InsertFunctions.FirstOrDefault(instance => IsMissing(Function.CatalogPrefix + instance.FunctionId, Function.InsertType)) is { } insert)
            return WorkspaceRefusal.Conflict("functionId", $"The insert function \"{insert.Name}\" needs its function. Delete it first.");
        return Twice(after.InsertFunctions, instance => instance.DestinationId) is { } second
            ? WorkspaceRefusal.Conflict("integrationId", $"The destination \"{second.DestinationId}\" has an insert function already.")
            : null;
    }

    private static WorkspaceRefusal? Administration(WorkspaceSnapshot before, WorkspaceSnapshot after) =>
        before.Tokens.Any(IsAdmin) && !after.Tokens.Any(IsAdmin)
            ? WorkspaceRefusal.Conflict(null, "This is the last token that may administer the workspace. Create another one first.")
            : null;

    private static WorkspaceRefusal? Members(WorkspaceSnapshot before, WorkspaceSnapshot after)
    {
        if (Twice(after.Members, member => member.Email) is { } second) return WorkspaceRefusal.Conflict("email", $"{second.Email} is a member already.");
        return before.Members.Any(IsOwner) && !after.Members.Any(IsOwner)
            ? WorkspaceRefusal.Conflict(null, "This is the last owner. Make somebody else an owner first.")
            : null;
    }

    private static bool IsOwner(Member member) => member is { Role: MemberRole.Owner, CanSignIn: true };

    private static bool IsAdmin(Token token) => token.Scopes.Contains(AdminScope);

    private static T? Twice<T>(IEnumerable<T> items, Func<T, string> key) where T : class
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return items.FirstOrDefault(item => !seen.Add(key(item)));
    }
}
