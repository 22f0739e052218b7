using System.Globalization;
using DuckDB.NET.Data;
using Tributary.Engine.Lake;

namespace Tributary.Destinations.Files;

/// <summary>
/// Files of rows with typed columns, one per table and hour of a batch. The lake's own reading of events makes the rows, and its database, in memory, writes the
/// files.
/// </summary>
/// <remarks>The type of a column is that of the first value since the sender was opened, so files from before and after a restart may differ in it.</remarks>
internal sealed class ParquetFiles(string destinationId, string root, TimeProvider clock) : IFileFormat
{
    private const int ColumnsMax = 1_500;
    private const int TablesMax = 2_000;

    // Rows of one file: with the most columns they take a hundred megabytes while it is made.
    private const int RowsMax = 4_096;

    // One file at a time: the rows and the database are shared.
    private readonly Lock _gate = new();
    private readonly TextArena _texts = new();
    private readonly EventRows _rows = new(new ProfileIdText());
    private SourceTables? _tables;

    public IEnumerable<ReadyFile> Make(IReadOnlyList<FileEvent> events)
    {
        foreach (var group in events.GroupBy(one => (Hour: FileNames.HourOf(one), Table: TableOf(one))).OrderBy(group => (group.Key.Hour, group.Key.Table)))
        {
            foreach (var held in group.Chunk(RowsMax))
            {
                var name = FileNames.Parquet(destinationId, group.Key.Table, group.Key.Hour, FileNames.Of(held));
                yield return new ReadyFile(name, "application/vnd.apache.parquet", Write(group.Key.Table, held), Array.ConvertAll(held, one => one.Index));
            }
        }
    }

    public void Dispose()
    {
        // What it holds is memory.
    }

    // Without a table of its own an event goes to tracks, which has no properties: it is still found there.
    private string TableOf(in FileEvent one)
    {
        lock (_gate) return _rows.TableOf(Tables, one.Event).Table.Name;
    }

    private SourceTables Tables => _tables ??= new SourceTables(
        "main", new LakeBounds(ColumnsMax, TablesMax, TracksReadMax: int.MaxValue, RestName: "tracks"), new LakeTableRules(new LakeLosses(), ColumnsMax), _texts);

    private byte[] Write(string name, FileEvent[] events)
    {
        lock (_gate)
        {
            try
            {
                var loadedAt = clock.GetUtcNow().ToUnixTimeMilliseconds() * 1_000;
                foreach (var one in events) _rows.Add(Tables, one.Event, loadedAt);
                return Write(Tables.Tables.Single(table => table.Name == name));
            }
            catch (DuckDBException failure)
            {
                throw new IOException(failure.Message, failure);
            }
            finally
            {
                foreach (var table in Tables.Tables) table.Clear(release: true);
                _texts.Clear();
            }
        }
    }

    private byte[] Write(LakeTable table)
    {
        var folder = Directory.CreateDirectory(Path.Combine(root, ".making"));
        var path = Path.Combine(folder.FullName, string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}-{destinationId}-{Guid.CreateVersion7(clock.GetUtcNow()):N}.parquet"));
        try
        {
            using var database = new DuckDBConnection("DataSource=:memory:");
            database.Open();
            LakeDatabase.Execute(database, "SET memory_limit = '512MiB'; SET threads = 1; SET autoinstall_known_extensions = false; SET autoload_known_extensions = false");
            LakeDatabase.Execute(database, $"CREATE TABLE staged ({string.Join(", ", table.Columns.Select(column => $"{LakeTable.Quote(column.Name)} {LakeDefinitions.NameOf(column.Type)}"))})");
            LakeAppender.Append(database, table, ("memory", "main", "staged"));
            // A column without a value would have to be of some type, and a later file's may be another.
            var filled = table.Columns.Where(column => Enumerable.Range(0, table.Rows).Any(column.Values.IsSet)).Select(column => LakeTable.Quote(column.Name));
            LakeDatabase.Execute(database, $"COPY (SELECT {string.Join(", ", filled)} FROM staged) TO {LakeDatabase.Literal(path)} (FORMAT parquet, COMPRESSION zstd)");
            return File.ReadAllBytes(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
