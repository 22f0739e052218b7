using System.Text;
using DuckDB.NET.Data;

namespace Tributary.Engine.Lake;

/// <summary>Keeps <c>id</c> unique also against events that are sent again after deduplication has forgotten them.</summary>
/// <remarks>
/// Deduplication upstream remembers every id for at least 24 hours, and a record of the log is loaded exactly once. What is left are clients that send
/// a message again after a day or more; it then still carries its original timestamp, which lies as far back. So only events whose original timestamp
/// is more than 20 hours older than their arrival are looked up, by id and that timestamp, which DuckDB's zone maps narrow to few row groups.
/// Checking every id against a whole table would cost a scan of it per batch. A repeat without a timestamp of its own is not recognised.
/// </remarks>
internal static class LateRepeats
{
    private const string Suspects = "lake_suspects";

    /// <summary>Deletes from a table, into which the batch has been written, rows of suspect ids but the oldest.</summary>
    /// <returns>How many.</returns>
    public static int Delete(DuckDBConnection connection, LakeTable table, ColumnBuffer ids, ColumnBuffer originalTimestamps)
    {
        LakeDatabase.Execute(connection, $"CREATE OR REPLACE TEMP TABLE {Suspects} (id VARCHAR, original_timestamp TIMESTAMP)");
        using (var appender = connection.CreateAppender("temp", "main", Suspects))
        {
            foreach (var row in table.Suspects)
            {
                appender.CreateRow().AppendValue(Encoding.UTF8.GetString(ids.GetText(row)))
                    .AppendValue(DateTime.UnixEpoch.AddTicks(originalTimestamps.GetInt64(row) * 10)).EndRow();
            }
        }

        using var command = connection.CreateCommand();
        // Rows of the open transaction have higher row ids than those that are committed.
        command.CommandText = $"""
            DELETE FROM {table.Sql} WHERE rowid IN (
              SELECT row FROM (
                SELECT t.rowid AS row, row_number() OVER (PARTITION BY t.id ORDER BY t.rowid) AS copy
                FROM {table.Sql} t SEMI JOIN temp.main.{Suspects} s ON t.id = s.id AND t.original_timestamp = s.original_timestamp)
              WHERE copy > 1)
            """;
        return command.ExecuteNonQuery();
    }
}
