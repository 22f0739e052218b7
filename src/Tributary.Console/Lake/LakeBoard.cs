using Tributary.Engine.Lake;

namespace Tributary.Console.Lake;

/// <summary>A table of the lake.</summary>
/// <param name="Schema">Its schema: that of a source, or profiles.</param>
/// <param name="Name">Its name.</param>
/// <param name="Columns">Names and types of its columns in order.</param>
internal sealed record LakeTableShape(string Schema, string Name, IReadOnlyList<(string Name, string Type)> Columns);

/// <summary>Reads which tables the lake has; at most every half minute for all pages.</summary>
internal sealed class LakeBoard(LakeQuery lake, TimeProvider clock) : IDisposable
{
    private const string ShapeSql = """
        SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns
        WHERE NOT starts_with(table_schema, '_') AND table_schema NOT IN ('information_schema', 'pg_catalog')
        ORDER BY table_schema, table_name, ordinal_position
        """;

    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _reading = new(1, 1);
    private (DateTimeOffset At, IReadOnlyList<LakeTableShape> Tables)? _known;

    /// <summary>All tables by schema and name; as they were when the lake is too busy to say.</summary>
    public async ValueTask<IReadOnlyList<LakeTableShape>> TablesAsync(CancellationToken cancellationToken)
    {
        await _reading.WaitAsync(cancellationToken);
        try
        {
            var now = clock.GetUtcNow();
            if (_known is { } known && now - known.At < Fresh) return known.Tables;
            var answer = await lake.RunAsync(ShapeSql, LakeQuery.RowsMax, TimeMax, cancellationToken);
            if (answer.Result is not { } result) return _known?.Tables ?? [];
            IReadOnlyList<LakeTableShape> tables =
            [
                .. result.Rows.GroupBy(row => ((string)row[0]!, (string)row[1]!))
                    .Select(table => new LakeTableShape(table.Key.Item1, table.Key.Item2, [.. table.Select(row => ((string)row[2]!, (string)row[3]!))])),
            ];
            _known = (now, tables);
            return tables;
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _reading.Dispose();
}
