using System.Collections.Frozen;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Lake.SqlTraits;

/// <summary>The columns by which a row says whom it is about. The numbers are part of the format of the state.</summary>
internal enum SqlTraitId : byte
{
    UserId = 0,
    Email = 1,
    AnonymousId = 2,
    GroupId = 3,
}

/// <summary>What the columns of a query mean: one names the person or account, the others are traits.</summary>
/// <param name="Id">What the id column names.</param>
/// <param name="IdOrdinal">Where it stands.</param>
/// <param name="Columns">The names of all columns; those of traits are the traits' names.</param>
internal sealed record SqlTraitShape(SqlTraitId Id, int IdOrdinal, IReadOnlyList<string> Columns)
{
    /// <summary>Most columns, the one of the id included.</summary>
    public const int ColumnsMax = 25;

    /// <summary>Longest name of a trait, in characters.</summary>
    public const int NameLengthMax = 200;

    private static readonly FrozenDictionary<string, SqlTraitId> Ids = new Dictionary<string, SqlTraitId>
    {
        ["user_id"] = SqlTraitId.UserId,
        ["email"] = SqlTraitId.Email,
        ["anonymous_id"] = SqlTraitId.AnonymousId,
        ["group_id"] = SqlTraitId.GroupId,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> WholeTypes =
        FrozenSet.Create("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT");

    /// <summary>What identifiers of this kind are called.</summary>
    public static string NameOf(SqlTraitId id) => id switch
    {
        SqlTraitId.UserId => "user_id",
        SqlTraitId.Email => "email",
        SqlTraitId.AnonymousId => "anonymous_id",
        SqlTraitId.GroupId => "group_id",
    };

    /// <summary>Whether it is about accounts.</summary>
    public bool IsOfAccounts => Id == SqlTraitId.GroupId;

    /// <summary>The names of the traits, in the order of the columns.</summary>
    public IEnumerable<string> Traits => Columns.Where((_, ordinal) => ordinal != IdOrdinal);

    /// <summary>What is set before the query so that its rows come with the id as text; all columns keep their order.</summary>
    public string Before => $"SELECT {string.Join(", ", Columns.Select((_, i) => i == IdOrdinal ? $"CAST(c{i} AS VARCHAR)" : $"c{i}"))} FROM ";

    /// <summary>What is set behind the query so that its rows come by id, in the order of bytes, those without one first.</summary>
    public string Behind => $" AS t({string.Join(", ", Columns.Select((_, i) => $"c{i}"))}) ORDER BY {IdOrdinal + 1} NULLS FIRST";

    /// <summary>Reads the columns of a query by the rules of SQL traits: unify specification §4.2.</summary>
    /// <param name="columns">As the query has them.</param>
    /// <param name="space">Says which identifiers there are.</param>
    /// <param name="workspace">Says which names are taken by audiences and computed traits.</param>
    /// <returns>The shape, or everything that is wrong in sentences.</returns>
    public static (SqlTraitShape? Shape, IReadOnlyList<string> Faults) Read(IReadOnlyList<LakeResultColumn> columns, Space space, WorkspaceSnapshot workspace)
    {
        var faults = new List<string>();
        if (columns.Count > ColumnsMax) faults.Add($"The query returns {columns.Count} columns; at most {ColumnsMax} are possible, the id included.");
        var ids = columns.Index().Where(column => Ids.ContainsKey(column.Item.Name)).ToList();
        if (ids.Count == 0) faults.Add("The query must return a column user_id, email or anonymous_id for people, or group_id for accounts.");
        if (ids.Count > 1) faults.Add($"The query must return exactly one id and returns {string.Join(" and ", ids.Select(id => id.Item.Name))}.");
        if (columns.Count - ids.Count == 0) faults.Add("The query must return at least one column that becomes a trait.");
        if (ids is [var only])
        {
            var name = NameOf(Ids[only.Item.Name]);
            if (!space.Identity.Identifiers.Any(rule => rule.Type == name)) faults.Add($"The space has no identifier {name}. Add it to the identity rules, or use another id.");
            if (only.Item.Type != "VARCHAR" && !WholeTypes.Contains(only.Item.Type)) faults.Add($"The id {only.Item.Name} is {only.Item.Type}; it must be text or a whole number: cast it to VARCHAR.");
        }

        foreach (var column in columns.Where(column => !Ids.ContainsKey(column.Name))) faults.AddRange(Check(column, space, workspace));
        foreach (var twice in columns.GroupBy(column => column.Name, StringComparer.Ordinal).Where(group => group.Count() > 1)) faults.Add($"The query returns {twice.Key} twice.");
        return faults.Count > 0 ? (null, faults) : (new SqlTraitShape(Ids[ids[0].Item.Name], ids[0].Index, [.. columns.Select(column => column.Name)]), faults);
    }

    private static IEnumerable<string> Check(LakeResultColumn column, Space space, WorkspaceSnapshot workspace)
    {
        if (column.Name.Length is 0 or > NameLengthMax || column.Name.Any(char.IsControl)) yield return $"\"{column.Name}\" cannot be the name of a trait: it needs 1 to {NameLengthMax} characters.";
        if (column.Type is not ("VARCHAR" or "BOOLEAN" or "FLOAT" or "DOUBLE") && !column.Type.StartsWith("DECIMAL", StringComparison.Ordinal) && !WholeTypes.Contains(column.Type))
            yield return $"{column.Name} is {column.Type}; traits are texts, numbers and booleans: cast it to VARCHAR.";
        if (workspace.Computations.Any(computation => computation.SpaceId == space.Id && !computation.Deleted && computation.Key == column.Name))
            yield return $"{column.Name} is the key of an audience or computed trait, which would hide it. Call the column otherwise.";
    }
}
