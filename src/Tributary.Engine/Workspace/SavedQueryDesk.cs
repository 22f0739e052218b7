namespace Tributary.Engine.Workspace;

/// <summary>Keeps queries of the lake on behalf of somebody.</summary>
public sealed class SavedQueryDesk(LiveWorkspace workspace, TimeProvider clock)
{
    /// <summary>Longest name, in characters.</summary>
    public const int NameLengthMax = 100;

    /// <summary>Longest query, in characters.</summary>
    public const int SqlLengthMax = 20_000;

    /// <summary>Most queries that are kept.</summary>
    public const int QueriesMax = 500;

    /// <summary>Keeps a new query.</summary>
    /// <param name="author">Who asks, for the audit log.</param>
    /// <param name="name">What people call it.</param>
    /// <param name="sql">The query.</param>
    /// <param name="cancellationToken">Until the change is made.</param>
    public async ValueTask<(string Id, WorkspaceChanged Changed)> SaveAsync(string author, string name, string sql, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var query = new SavedQuery
        {
            Id = WorkspaceSecrets.NewId(),
            Name = name.Trim(),
            Sql = sql,
            CreatedAt = now,
            CreatedBy = author,
            UpdatedAt = now,
            UpdatedBy = author,
        };
        return (query.Id, await workspace.ChangeAsync(
            author, present => present.SavedQueries.Length < QueriesMax ? Checked(query) : WorkspaceRefusal.Conflict(null, $"There are {QueriesMax} queries already. Delete one first."), cancellationToken));
    }

    /// <summary>Changes what a query is called and what it asks.</summary>
    public ValueTask<WorkspaceChanged> UpdateAsync(string author, string id, string name, string sql, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        return workspace.ChangeAsync(
            author,
            present => present.FindSavedQuery(id) is { } query
                ? Checked(query with { Name = name.Trim(), Sql = sql, UpdatedAt = now, UpdatedBy = author })
                : WorkspaceRefusal.NotFound(ResourceKind.SavedQuery, id),
            cancellationToken);
    }

    /// <summary>Deletes a query.</summary>
    public ValueTask<WorkspaceChanged> DeleteAsync(string author, string id, CancellationToken cancellationToken) => workspace.ChangeAsync(
        author,
        present => present.FindSavedQuery(id) is null ? WorkspaceRefusal.NotFound(ResourceKind.SavedQuery, id) : ResourceKind.Delete(ResourceKind.SavedQuery, id),
        cancellationToken);

    private static WorkspaceEdit Checked(SavedQuery query)
    {
        if (query.Name.Length is 0 or > NameLengthMax || query.Name.Any(char.IsControl)) return WorkspaceRefusal.Invalid("name", $"A name has 1 to {NameLengthMax} characters.");
        return string.IsNullOrWhiteSpace(query.Sql) || query.Sql.Length > SqlLengthMax
            ? WorkspaceRefusal.Invalid("sql", $"A query has 1 to {SqlLengthMax} characters.")
            : ResourceKind.Put(query);
    }
}
