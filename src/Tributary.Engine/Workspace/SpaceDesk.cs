using System.Text.RegularExpressions;

namespace Tributary.Engine.Workspace;

/// <summary>Changes spaces and their identity rules on behalf of somebody: the management API for a token, the console for a member.</summary>
public sealed partial class SpaceDesk(LiveWorkspace workspace)
{
    /// <summary>Creates a space with the default identity rules.</summary>
    /// <param name="author">Who asks, for the audit log.</param>
    /// <param name="input"><c>slug</c>, and <c>name</c> if it is to be another.</param>
    /// <param name="cancellationToken">Until the change is made.</param>
    public async ValueTask<(string Id, WorkspaceChanged Changed)> CreateAsync(string author, JsonInput input, CancellationToken cancellationToken)
    {
        var id = WorkspaceSecrets.NewSpaceId();
        return (id, await workspace.ChangeAsync(author, now => Create(input, now, id), cancellationToken));
    }

    /// <summary>Renames a space; its slug stays.</summary>
    public ValueTask<WorkspaceChanged> RenameAsync(string author, string idOrSlug, JsonInput input, CancellationToken cancellationToken) => ChangeAsync(
        author, idOrSlug,
        space =>
        {
            var renamed = space with { Name = input.Text("name", SourceForm.NameLengthMax) ?? space.Name };
            return input.Faults.Count > 0 ? WorkspaceRefusal.Invalid(input.Faults) : ResourceKind.Put(renamed);
        },
        cancellationToken);

    /// <summary>Replaces the identity rules of a space. They apply to what is received from now on.</summary>
    public ValueTask<WorkspaceChanged> ChangeIdentityAsync(string author, string idOrSlug, JsonInput input, CancellationToken cancellationToken)
    {
        // Patterns are compiled here and not while other changes wait.
        var (settings, invalid) = IdentitySettingsForm.Parse(input);
        return ChangeAsync(author, idOrSlug, space => invalid is null ? ResourceKind.Put(space with { Identity = settings }) : invalid, cancellationToken);
    }

    private ValueTask<WorkspaceChanged> ChangeAsync(string author, string idOrSlug, Func<Space, WorkspaceEdit> edit, CancellationToken cancellationToken) => workspace.ChangeAsync(
        author, now => now.FindSpace(idOrSlug) is { } space ? edit(space) : WorkspaceRefusal.NotFound(ResourceKind.Space, idOrSlug), cancellationToken);

    private static WorkspaceEdit Create(JsonInput input, WorkspaceSnapshot now, string id)
    {
        var slug = input.Text("slug", 100, required: true) ?? "";
        if (slug.Length > 0 && !SlugText().IsMatch(slug)) input.Fault("slug", "slug must consist of lower-case letters, digits, dashes and underscores.");
        if (input.Faults.Count > 0) return WorkspaceRefusal.Invalid(input.Faults);
        var number = WorkspaceNumbers.Next(now, ResourceKind.Space);
        if (number > ushort.MaxValue) return WorkspaceRefusal.Conflict(null, $"A workspace makes at most {ushort.MaxValue} spaces in its life.");
        return ResourceKind.Put(new Space { Id = id, Number = (ushort)number, Slug = slug, Name = input.Text("name", SourceForm.NameLengthMax) ?? slug });
    }

    [GeneratedRegex(@"^[a-z0-9][a-z0-9_\-]*$", RegexOptions.CultureInvariant)]
    private static partial Regex SlugText();
}
