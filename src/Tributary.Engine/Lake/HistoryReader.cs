using System.Globalization;
using System.Text;
using DuckDB.NET.Data;
using Tributary.Engine.Identity;
using Tributary.Engine.Processing.Computing;
using Tributary.Engine.Traits.Folding;
using Tributary.Model;

namespace Tributary.Engine.Lake;

/// <summary>An event of the past and where it lies.</summary>
/// <param name="Offset">In the event log.</param>
/// <param name="Event">What definitions read of it.</param>
internal readonly record struct HistoryRow(long Offset, PastEvent Event);

/// <summary>Some events of the past.</summary>
/// <param name="Rows">In the order of the event log.</param>
/// <param name="To">Everything before this offset that was asked for is among them.</param>
internal readonly record struct HistoryPage(IReadOnlyList<HistoryRow> Rows, long To);

/// <summary>Which events of the past are wanted.</summary>
/// <param name="Space">The space's number.</param>
/// <param name="Names">What definitions call them.</param>
/// <param name="Since">Happened at or after this time; milliseconds since 1970.</param>
/// <param name="Beginning">From this offset of the event log on, whenever they happened.</param>
internal sealed record HistoryQuestion(ushort Space, IReadOnlyList<string> Names, long Since, long Beginning);

/// <summary>Reads the past piece by piece, in the order of the event log.</summary>
internal sealed class HistoryReader(LakeDatabase database, LakeLoader loader)
{
    // Offsets count bytes, so a stretch of the log bounds what one question can bring into memory. The lake looks through groups of 122,880 rows, which are longer
    // still: the narrower the stretches, the more of them have the same group looked through again.
    private const long StretchBytes = 32L << 20;

    // How many stretches without a wanted event are passed over in one question.
    private const long StretchesMax = 32;

    /// <summary>Everything before this offset is in the lake.</summary>
    public LogOffset Position => loader.Position;

    /// <summary>Reads the next piece: whole stretches of the log, up to one that holds wanted events.</summary>
    /// <param name="question">What is wanted.</param>
    /// <param name="from">Where to begin.</param>
    /// <param name="to">Where to end; the lake must have come that far.</param>
    /// <param name="cancellationToken">Asked between stretches.</param>
    public HistoryPage Read(HistoryQuestion question, long from, long to, CancellationToken cancellationToken)
    {
        using var connection = database.Connect();
        for (long length = StretchBytes; from < to; length = Math.Min(length * 2, StretchBytes * StretchesMax))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var end = Math.Min(to, from + length);
            if (length > StretchBytes)
            {
                // What lies far apart is looked for in wide stretches, but read in narrow ones.
                if (First(connection, question, from, end) is not { } first)
                {
                    from = end;
                    continue;
                }

                from = first;
                end = Math.Min(to, from + StretchBytes);
            }

            var rows = Rows(connection, question, from, end);
            if (rows.Count > 0) return new HistoryPage(rows, end);
            from = end;
        }

        return new HistoryPage([], to);
    }

    private static long? First(DuckDBConnection connection, HistoryQuestion question, long from, long to) =>
        LakeDatabase.Read(connection, $"SELECT min(seq) FROM {Where(question, from, to)}")[0][0] is { } first ? System.Convert.ToInt64(first, CultureInfo.InvariantCulture) : null;

    private static List<HistoryRow> Rows(DuckDBConnection connection, HistoryQuestion question, long from, long to)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT seq, type, value, name, timestamp, received_at, tie, source, properties, context, page_name FROM "
            + $"{Where(question, from, to)} ORDER BY seq";
        using var reader = command.ExecuteReader();
        var rows = new List<HistoryRow>();
        while (reader.Read())
        {
            var identifier = new Identifier(ProfileCollection.Users, reader.GetString(1), reader.GetString(2));
            var at = new Instant(reader.GetInt64(4), reader.GetInt64(5), HistoryTable.TieOf(reader.GetInt64(6)));
            rows.Add(new HistoryRow(reader.GetInt64(0), new PastEvent(
                IdentifierKey.Of(question.Space, identifier), Bytes(reader, 3), at, (uint)reader.GetInt64(7), Bytes(reader, 8), Bytes(reader, 9), Bytes(reader, 10))));
        }

        return rows;
    }

    private static byte[] Bytes(DuckDBDataReader reader, int column) => reader.IsDBNull(column) ? [] : Encoding.UTF8.GetBytes(reader.GetString(column));

    private static string Where(HistoryQuestion question, long from, long to)
    {
        var names = string.Join(", ", question.Names.Select(LakeDatabase.Literal));
        return $"{HistoryTable.History} WHERE seq >= {from} AND seq < {to} AND space = {question.Space} AND name IN ({names}){Counting("", question.Since, question.Beginning)}";
    }

    /// <summary>The condition of those events that count.</summary>
    /// <param name="prefix">What stands before the names of columns, e.g. <c>h.</c>.</param>
    /// <param name="since">Happened at or after this time; <see cref="long.MinValue"/> for all.</param>
    /// <param name="beginning">Or lies at or after this offset.</param>
    public static string Counting(string prefix, long since, long beginning) =>
        since == long.MinValue ? "" : string.Create(CultureInfo.InvariantCulture, $" AND ({prefix}timestamp >= {since} OR {prefix}seq >= {beginning})");
}
