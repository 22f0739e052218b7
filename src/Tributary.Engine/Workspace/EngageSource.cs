namespace Tributary.Engine.Workspace;

/// <summary>The source that speaks for a space: what is computed in it is said in events of this source, as Segment's Engage does.</summary>
internal static class EngageSource
{
    /// <summary>A space's; null before it has anything to say.</summary>
    public static Source? Of(WorkspaceSnapshot workspace, Space space) =>
        workspace.Sources.FirstOrDefault(source => source.MetadataId == SourceCatalog.Engage && source.SpaceId == space.Id);

    /// <summary>What makes it with the first thing that needs it; nothing when it is there.</summary>
    public static IEnumerable<ResourceChange> MadeFor(WorkspaceSnapshot now, Space space)
    {
        if (Of(now, space) is not null) yield break;
        var number = WorkspaceNumbers.Next(now, ResourceKind.Source);
        var slug = $"personas-{space.Slug}";
        if (now.Sources.Any(source => WorkspaceRules.SchemaOf(source.Slug) == WorkspaceRules.SchemaOf(slug))) slug = $"{slug}-{number}";
        yield return ResourceKind.Put(new Source
        {
            Id = WorkspaceSecrets.NewId(),
            Number = number,
            Slug = slug,
            Name = $"Engage ({space.Name})",
            MetadataId = SourceCatalog.Engage,
            SpaceId = space.Id,
            WriteKeys = [WorkspaceSecrets.NewWriteKey()],
        });
    }
}
