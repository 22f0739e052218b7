using System.Globalization;
using System.Text;
using Tributary.Engine.Lake;

namespace Tributary.Destinations.Postgres;

/// <summary>Writes the rows of a staged table: of events as they are, of <c>users</c> and <c>accounts</c> one per id with the newest value per column.</summary>
internal static class StagedRows
{
    /// <summary>
    /// Bytes of values that surely fit into one row. PostgreSQL keeps a row on one page of 8 KiB; a long text moves elsewhere and leaves 18 bytes, a number stays.
    /// The head of a row and the bits of 1,600 columns take 224 bytes of the 8,160.
    /// </summary>
    public const int RowBytesMax = 7_900;

    /// <summary>Copies all rows. Returns how many values were left out because their row had no room.</summary>
    public static async ValueTask<long> WriteAsync(StagedTable staged, IReadOnlyList<long> places, BinaryCopy copy, CancellationToken cancellationToken)
    {
        copy.Begin();
        var columns = staged.Columns.ToArray();
        long leftOut = 0;
        foreach (var rows in staged.IsLatest ? ById(staged.Table) : Singly(staged.Table.Rows))
        {
            leftOut += staged.IsLatest ? WriteLatest(columns, rows, places, copy) : WriteEvent(columns, rows[0], copy);
            await copy.DrainAsync(cancellationToken);
        }

        await copy.EndAsync(cancellationToken);
        return leftOut;
    }

    private static int WriteEvent(LakeColumn[] columns, int row, BinaryCopy copy)
    {
        copy.BeginRow(columns.Length);
        var (room, leftOut) = (RowBytesMax, 0);
        foreach (var column in columns)
        {
            if (!column.Values.IsSet(row)) copy.Null();
            else if (!Fits(column.Values, row, ref room)) leftOut += LeaveOut(copy);
            else Write(copy, column.Values, row);
        }

        return leftOut;
    }

    private static int WriteLatest(LakeColumn[] columns, List<int> rows, IReadOnlyList<long> places, BinaryCopy copy)
    {
        var received = columns.First(column => column.Name == "received_at").Values;
        // Oldest first, so that the last one that has a value has the newest.
        rows.Sort((left, right) => (received.GetInt64(left), places[left]).CompareTo((received.GetInt64(right), places[right])));
        copy.BeginRow(columns.Length + 1);
        var times = new StringBuilder("{");
        var (room, leftOut) = (RowBytesMax - 24, 0);
        foreach (var column in columns)
        {
            var at = rows.FindLastIndex(column.Values.IsSet);
            var newest = at < 0 ? 0 : rows[at];
            if (at < 0) copy.Null();
            else if (!Fits(column.Values, newest, ref room)) leftOut += LeaveOut(copy);
            else
            {
                Write(copy, column.Values, newest);
                if (column.Name is "id" or "received_at" or "uuid_ts") continue;
                times.Append(CultureInfo.InvariantCulture, $"{(times.Length > 1 ? "," : "")}\"{column.Name}\":[{received.GetInt64(newest)},{places[newest]}]");
            }
        }

        copy.Json(Encoding.UTF8.GetBytes(times.Append('}').ToString()));
        return leftOut;
    }

    private static int LeaveOut(BinaryCopy copy)
    {
        copy.Null();
        return 1;
    }

    // Upper bounds with alignment: a number may need 7 bytes before it, a text too long to stay leaves a pointer.
    private static bool Fits(ColumnBuffer values, int row, ref int room)
    {
        var size = values.Type switch
        {
            LakeType.Text => Math.Min(values.GetText(row).Length + 1, 24),
            LakeType.Boolean => 1,
            LakeType.Timestamp or LakeType.BigInt or LakeType.Double => 15,
        };
        if (size > room) return false;
        room -= size;
        return true;
    }

    private static void Write(BinaryCopy copy, ColumnBuffer values, int row)
    {
        switch (values.Type)
        {
            case LakeType.Text: copy.Text(values.GetText(row)); break;
            case LakeType.Timestamp: copy.Time(values.GetInt64(row)); break;
            case LakeType.BigInt: copy.Int64(values.GetInt64(row)); break;
            case LakeType.Double: copy.Double(values.GetDouble(row)); break;
            case LakeType.Boolean: copy.Boolean(values.GetBoolean(row)); break;
        }
    }

    private static IEnumerable<List<int>> Singly(int rows)
    {
        var row = new List<int> { 0 };
        for (var i = 0; i < rows; i++)
        {
            row[0] = i;
            yield return row;
        }
    }

    private static Dictionary<string, List<int>>.ValueCollection ById(LakeTable table)
    {
        var ids = table.Columns[table.IndexOf("id")].Values;
        var byId = new Dictionary<string, List<int>>(StringComparer.Ordinal);
        for (var row = 0; row < table.Rows; row++)
        {
            // The same as the copy makes of it, so that one id of the database is one row.
            var id = Encoding.UTF8.GetString(ids.GetText(row)).Replace('\0', '\uFFFD');
            if (!byId.TryGetValue(id, out var rows)) byId.Add(id, rows = []);
            rows.Add(row);
        }

        return byId.Values;
    }
}
