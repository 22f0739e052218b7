using System.Collections.Concurrent;
using System.Globalization;
using Tributary.Engine.Lake;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Sources;

/// <summary>Something that a source has sent: an event, or one of the other calls.</summary>
/// <param name="Type"><c>track</c>, <c>identify</c>, …</param>
/// <param name="Name">The name of the event or page; empty for other calls.</param>
/// <param name="Table">The table of the lake with its properties; null when it has none of its own.</param>
/// <param name="Count">How often it came.</param>
/// <param name="FirstSeen">When first.</param>
/// <param name="LastSeen">When last.</param>
public sealed record SeenEvent(string Type, string Name, string? Table, long Count, DateTimeOffset? FirstSeen, DateTimeOffset? LastSeen);

/// <summary>A property or trait that came with an event.</summary>
/// <param name="Name">The name of its column.</param>
/// <param name="Type">The type of its column.</param>
/// <param name="Count">In how many events it was set.</param>
public sealed record SeenProperty(string Name, string Type, long Count);

/// <summary>An answer, or why there is none.</summary>
public sealed record SchemaAnswer<T>(IReadOnlyList<T> Rows, string? Failure);

/// <summary>Reads from the lake what sources have sent: events with their counts, and the properties of each.</summary>
public sealed class SourceSchemas(LakeQuery lake, TimeProvider clock)
{
    /// <summary>Most events that are listed, as in Segment's schema page.</summary>
    public const int EventsMax = 4_000;

    /// <summary>Most properties of one event that are listed.</summary>
    public const int PropertiesMax = 300;

    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);
    private static readonly string[] OtherCalls = ["identifies", "pages", "screens", "groups", "aliases"];

    // Columns that every table has; they are no properties.
    private const string OwnColumns = "'id','received_at','sent_at','timestamp','original_timestamp','uuid_ts','event','event_text','anonymous_id','user_id','segment_id'";

    private readonly ConcurrentDictionary<string, (DateTimeOffset At, SchemaAnswer<SeenEvent> Answer)> _known = [];

    /// <summary>What a source has sent, the most frequent first; some seconds old at most.</summary>
    public async Task<SchemaAnswer<SeenEvent>> EventsAsync(Source source, CancellationToken cancellationToken)
    {
        if (_known.TryGetValue(source.Id, out var known) && clock.GetUtcNow() - known.At < Fresh) return known.Answer;
        var answer = await ReadAsync(SchemaOf(source), cancellationToken);
        if (answer.Failure is null) _known[source.Id] = (clock.GetUtcNow(), answer);
        return answer;
    }

    /// <summary>The properties of a table, the most frequent first.</summary>
    public async Task<SchemaAnswer<SeenProperty>> PropertiesAsync(Source source, string table, CancellationToken cancellationToken)
    {
        var schema = SchemaOf(source);
        var columns = await RunAsync(
            $"SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = {Text(schema)} AND table_name = {Text(table)} AND column_name NOT IN ({OwnColumns}) "
            + $"AND column_name NOT LIKE 'context\\_%' ESCAPE '\\' ORDER BY ordinal_position LIMIT {PropertiesMax}", cancellationToken);
        if (columns.Failure is not null || columns.Rows.Count == 0) return new([], columns.Failure);
        var counts = await RunAsync($"SELECT {string.Join(", ", columns.Rows.Select(row => $"count({Name((string)row[0]!)})"))} FROM {Name(schema)}.{Name(table)}", cancellationToken);
        if (counts.Failure is not null || counts.Rows.Count == 0) return new([], counts.Failure);
        return new([.. columns.Rows.Select((row, at) => new SeenProperty((string)row[0]!, (string)row[1]!, Number(counts.Rows[0][at]))).OrderByDescending(each => each.Count)], null);
    }

    private static string SchemaOf(Source source) => WorkspaceRules.SchemaOf(source.Slug);

    private static string Text(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private static string Name(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static long Number(object? value) => Convert.ToInt64(value, CultureInfo.InvariantCulture);

    private static DateTimeOffset? Time(object? value) =>
        value is not null && DateTimeOffset.TryParse(Convert.ToString(value, CultureInfo.InvariantCulture), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;

    private async Task<SchemaAnswer<SeenEvent>> ReadAsync(string schema, CancellationToken cancellationToken)
    {
        var tables = await RunAsync($"SELECT table_name FROM information_schema.tables WHERE table_schema = {Text(schema)}", cancellationToken);
        if (tables.Failure is not null) return new([], tables.Failure);
        var there = tables.Rows.Select(row => (string)row[0]!).ToHashSet(StringComparer.Ordinal);
        var parts = new List<string>();
        if (there.Contains("tracks"))
            parts.Add($"SELECT 'track', event_text, event, count(*), min(received_at), max(received_at) FROM {Name(schema)}.tracks GROUP BY event_text, event");
        parts.AddRange(OtherCalls.Where(there.Contains).Select(table =>
            $"SELECT {Text(TypeOf(table))}, '', {Text(table)}, count(*), min(received_at), max(received_at) FROM {Name(schema)}.{Name(table)} HAVING count(*) > 0"));
        if (parts.Count == 0) return new([], null);
        var rows = await RunAsync($"{string.Join(" UNION ALL ", parts)} ORDER BY 4 DESC, 2 LIMIT {EventsMax}", cancellationToken);
        return rows.Failure is not null
            ? new([], rows.Failure)
            : new([.. rows.Rows.Select(row => new SeenEvent((string)row[0]!, row[1] as string ?? "", row[2] is string table && there.Contains(table) ? table : null, Number(row[3]), Time(row[4]), Time(row[5])))], null);
    }

    private static string TypeOf(string table) => table switch
    {
        "identifies" => "identify",
        "pages" => "page",
        "screens" => "screen",
        "groups" => "group",
        _ => "alias",
    };

    private async Task<SchemaAnswer<IReadOnlyList<object?>>> RunAsync(string sql, CancellationToken cancellationToken)
    {
        var answer = await lake.RunAsync(sql, EventsMax, Timeout, cancellationToken);
        return answer.Result is { } result ? new(result.Rows, null) : new([], answer.Error?.Message ?? "The lake gave no answer.");
    }
}
