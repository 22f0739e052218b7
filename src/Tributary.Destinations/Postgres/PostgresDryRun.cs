using System.Globalization;
using System.Text;
using Tributary.Engine.Lake;
using Tributary.Model;

namespace Tributary.Destinations.Postgres;

/// <summary>Shows the SQL that would bring events into an empty schema, and connects to nothing.</summary>
internal sealed class PostgresDryRun(PostgresModel model, TimeProvider clock) : IDestinationSender
{
    // What a person can read of one try.
    private const int SqlLengthMax = 256 << 10;

    public int BatchMax => 100;

    public ValueTask<DeliveryOutcomes> SendAsync(IReadOnlyList<Delivery> batch, WireTrace trace, CancellationToken cancellationToken)
    {
        var outcomes = new DeliveryOutcome[batch.Count];
        var catalog = new PostgresCatalog(model.Schema);
        var rows = new PostgresRows(model.Schema, catalog);
        foreach (var (message, place) in PostgresSender.Read(batch, outcomes).Events) rows.Add(message, place, clock.GetUtcNow().ToUnixTimeMilliseconds() * 1_000);
        var sql = new StringBuilder(catalog.Missing(rows.Filled));
        foreach (var table in rows.Filled) Show(sql, table, rows.IsLatest(table));
        trace.Add(new WireExchange("COPY", model.Address, [], Encoding.UTF8.GetBytes(sql.ToString()), 200, [], "{}"u8.ToArray()));
        return ValueTask.FromResult(DeliveryOutcomes.Each(outcomes));
    }

    public void Dispose()
    {
        // It holds nothing.
    }

    private void Show(StringBuilder sql, LakeTable table, bool isLatest)
    {
        for (var row = 0; row < table.Rows && sql.Length < SqlLengthMax; row++)
        {
            var set = table.Columns.Where(column => column.Values.IsSet(row)).ToList();
            sql.Append(CultureInfo.InvariantCulture, $"INSERT INTO {PostgresNames.Quote(model.Schema)}.{PostgresNames.Quote(table.Name)} ");
            sql.Append(CultureInfo.InvariantCulture, $"({string.Join(", ", set.Select(column => PostgresNames.Quote(column.Name)))}) VALUES (");
            sql.AppendJoin(", ", set.Select(column => Literal(column.Values, row)));
            sql.AppendLine(isLatest ? ") ON CONFLICT (id) DO UPDATE SET … -- per column the newest value" : ") ON CONFLICT (id) DO NOTHING;");
        }
    }

    private static string Literal(ColumnBuffer values, int row) => values.Type switch
    {
        LakeType.Text => PostgresNames.Literal(Encoding.UTF8.GetString(values.GetText(row)).Replace('\0', '\uFFFD')),
        LakeType.Timestamp => $"'{DateTimeOffset.UnixEpoch.AddMicroseconds(values.GetInt64(row)).UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'}'",
        LakeType.BigInt => values.GetInt64(row).ToString(CultureInfo.InvariantCulture),
        LakeType.Double => values.GetDouble(row).ToString("R", CultureInfo.InvariantCulture),
        LakeType.Boolean => values.GetBoolean(row) ? "true" : "false",
    };
}
