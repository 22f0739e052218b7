using System.Text;
using System.Text.Json.Nodes;

namespace Tributary.Destinations.Postgres;

/// <summary>What one call did, for the trace.</summary>
internal sealed class PostgresLoad
{
    private readonly StringBuilder _sql = new();

    /// <summary>Rows that are new in the database.</summary>
    public long RowsNew { get; set; }

    /// <summary>Rows that were sent; those beyond <see cref="RowsNew"/> were there already, or are of <c>users</c> and <c>accounts</c>.</summary>
    public long RowsSent { get; set; }

    /// <summary>Values that could not be cast to their column's type, and became null.</summary>
    public long ValuesUncastable { get; set; }

    /// <summary>Keys that found no room for another column in their table.</summary>
    public long ColumnsRefused { get; set; }

    /// <summary>Values that found no room in their row.</summary>
    public long ValuesLeftOut { get; set; }

    /// <summary>Columns whose type in the database takes none of the values.</summary>
    public long ColumnsLeftOut { get; set; }

    public string Sql => _sql.ToString();

    public void Add(string sql)
    {
        if (sql.Length > 0 && _sql.Length < 64 << 10) _sql.Append(sql).Append(sql.EndsWith('\n') ? "" : ";\n");
    }

    public string ToJson() => new JsonObject
    {
        ["rowsSent"] = RowsSent,
        ["rowsNew"] = RowsNew,
        ["valuesUncastable"] = ValuesUncastable,
        ["columnsRefused"] = ColumnsRefused,
        ["valuesLeftOut"] = ValuesLeftOut,
        ["columnsLeftOut"] = ColumnsLeftOut,
    }.ToJsonString();
}
