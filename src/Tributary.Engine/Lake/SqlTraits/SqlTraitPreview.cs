using System.Text.Json;
using System.Text.Json.Nodes;
using DuckDB.NET.Data;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Lake.SqlTraits;

/// <summary>Says what a query would do as a SQL trait, without doing it.</summary>
internal sealed class SqlTraitPreview(LakeQuery query)
{
    /// <summary>How many rows are shown.</summary>
    public const int RowsMax = 100;

    /// <summary>What is wrong with a query before any row is looked at: it does not run, or its columns are not those of a SQL trait. Empty when nothing is.</summary>
    public async Task<IReadOnlyList<string>> CheckAsync(string sql, Space space, WorkspaceSnapshot workspace, CancellationToken cancellationToken)
    {
        var (rows, error) = await query.OpenAsync(sql, "SELECT * FROM ", " AS t LIMIT 0", cancellationToken);
        if (rows is null) return [error!.Message];
        using (rows) return SqlTraitShape.Read(rows.Columns, space, workspace).Faults;
    }

    /// <summary>Columns, the first rows, and over all rows what would be discarded.</summary>
    public async Task<(JsonObject? Preview, LakeQueryError? Error)> ReadAsync(string sql, Space space, WorkspaceSnapshot workspace, CancellationToken cancellationToken)
    {
        var first = await query.RunAsync(sql, RowsMax, LakeQuery.TimeoutMax, cancellationToken);
        if (first.Result is not { } result) return (null, first.Error);
        var (shape, faults) = SqlTraitShape.Read(result.Columns, space, workspace);
        var preview = new JsonObject
        {
            ["columns"] = new JsonArray([.. result.Columns.Select(column => (JsonNode)new JsonObject { ["name"] = column.Name, ["type"] = column.Type })]),
            ["rows"] = new JsonArray([.. result.Rows.Select(row => (JsonNode)new JsonArray([.. row.Select(value => JsonSerializer.SerializeToNode(value))]))]),
            ["truncated"] = result.Truncated,
            ["id"] = shape is null ? null : SqlTraitShape.NameOf(shape.Id),
            ["refused"] = new JsonArray([.. faults.Select(fault => JsonValue.Create(fault))]),
        };
        if (shape is null) return (preview, null);
        var (count, error) = await CountAsync(sql, shape, cancellationToken);
        if (count is null) return (null, error);
        if (count.Rows > SqlTraitRun.RowsMax) preview["refused"]!.AsArray().Add((JsonNode)$"The query returns more than {SqlTraitRun.RowsMax:N0} rows.");
        preview["count"] = count.Rows;
        preview["discarded"] = count.Discarded();
        return (preview, null);
    }

    private async Task<(SqlTraitRunRecord? Count, LakeQueryError? Error)> CountAsync(string sql, SqlTraitShape shape, CancellationToken cancellationToken)
    {
        var (rows, error) = await query.OpenAsync(sql, shape.Before, shape.Behind, cancellationToken);
        if (rows is null) return (null, error);
        using var open = rows;
        var count = new SqlTraitRunRecord { Number = 0 };
        try
        {
            foreach (var (_, copies, verdict) in SqlTraitRow.ReadAll(rows, shape))
            {
                count = verdict is { } reason ? count.Discarding(reason, copies) : count with { Rows = count.Rows + 1 };
                if (count.Rows > SqlTraitRun.RowsMax) break;
            }

            return (count, null);
        }
        catch (DuckDBException failure)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return (null, LakeQuery.Failed(failure).Error);
        }
    }
}
