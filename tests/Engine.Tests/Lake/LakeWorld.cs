using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Tributary.Engine.Lake;
using Tributary.Engine.Log;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Tests.Lake;

/// <summary>A lake in a temporary folder, an event log to load from, and words to fill it.</summary>
internal sealed class LakeWorld : IDisposable
{
    /// <summary>When every event is received unless said otherwise: 2026-01-01T00:00:00Z.</summary>
    public const long Noon = 1_767_225_600_000;

    private readonly string _folder = Path.Combine(Path.GetTempPath(), "lake-" + Path.GetRandomFileName());
    private LakeDatabase? _database;
    private LakeLoader? _loader;
    private LakeQuery? _query;
    private int _messages;

    public LakeWorld(Action<LakeOptions>? configure = null, MemoryLog? log = null)
    {
        Options.MemoryBytesMax = 512L << 20;
        configure?.Invoke(Options);
        Log = log ?? new MemoryLog();
        Workspace = WorkspaceSnapshot.Empty.With(new WorkspaceRevision(1, "test", 0, [Source(1, "web"), Source(2, "Help Desk")]));
    }

    public MemoryLog Log { get; }

    public LakeOptions Options { get; } = new();

    public FakeTimeProvider Clock { get; } = new(DateTimeOffset.FromUnixTimeMilliseconds(Noon));

    public WorkspaceSnapshot Workspace { get; set; }

    public string Folder => _folder;

    public LakeLoader Loader
    {
        get
        {
            if (_loader is not null) return _loader;
            _database = LakeDatabase.Open(_folder, Options);
            var options = Microsoft.Extensions.Options.Options.Create(Options);
            _query = new LakeQuery(_database, options, TimeProvider.System);
            return _loader = new LakeLoader(new DecidedLog(Log), () => Workspace, _database, options, Clock, NullLogger<LakeLoader>.Instance);
        }
    }

    public LakeQuery Query
    {
        get
        {
            _ = Loader;
            return _query!;
        }
    }

    public static ResourceChange Source(uint number, string slug) => new("source", $"src{number}", new JsonObject
    {
        ["id"] = $"src{number}",
        ["number"] = number,
        ["slug"] = slug,
        ["name"] = slug,
        ["metadataId"] = "http-api",
        ["spaceId"] = "spa_1",
        ["writeKeys"] = new JsonArray($"key{number}"),
    });

    public static DecidedCause Cause(EventType type = EventType.Track, string id = "m", long at = Noon, uint source = 1) =>
        new(type, 1, source, LogOffset.Zero, at, at, Encoding.UTF8.GetBytes(id));

    /// <summary>Appends an event; returns its message id.</summary>
    public string Event(EventType type, string json, string? id = null, uint source = 1, long receivedAt = Noon, ProfileId profile = default)
    {
        id ??= "m" + (++_messages).ToString(CultureInfo.InvariantCulture);
        var records = new LogRecords();
        records.BeginRecord();
        DecidedRecord.WriteHead(records, DecidedKind.Event, Cause(type, id, receivedAt, source), profile);
        records.WriteUInt16(0);
        records.Write(Encoding.UTF8.GetBytes(json));
        records.EndRecord();
        Log.Append(records);
        return id;
    }

    public string Track(string name, string properties = "{}", string rest = "", string? id = null, uint source = 1, long receivedAt = Noon, ProfileId profile = default) =>
        Event(EventType.Track, $$"""{"type":"track","userId":"u1"{{rest}},"event":{{JsonSerializer.Serialize(name)}},"properties":{{properties}}}""", id, source, receivedAt, profile);

    public string Identify(string user, string traits, long receivedAt = Noon, string rest = "", ProfileId profile = default) =>
        Event(EventType.Identify, $$"""{"type":"identify","userId":"{{user}}","anonymousId":"a1","traits":{{traits}}{{rest}}}""", receivedAt: receivedAt, profile: profile);

    public void Append(Action<LogRecords> write)
    {
        var records = new LogRecords();
        write(records);
        Log.Append(records);
    }

    public LakeWorld Load()
    {
        while (Loader.LoadAvailable() > 0)
        {
        }

        return this;
    }

    /// <summary>Ends the process without a word: what was not in a checkpoint is gone.</summary>
    public void Crash()
    {
        _loader?.Dispose();
        _query?.Dispose();
        _database?.Dispose();
        (_loader, _query, _database) = (null, null, null);
    }

    /// <summary>The rows of a query as JSON without quotes around the whole, e.g. <c>[1,"a"]</c> per row.</summary>
    public async Task<string[]> Rows(string sql)
    {
        var answer = await Query.RunAsync(sql, 1_000, TimeSpan.FromSeconds(20), TestContext());
        return answer.Error is { } error
            ? throw new InvalidOperationException(error.Message)
            : [.. answer.Result!.Rows.Select(row => JsonSerializer.Serialize(row, JsonSerializerOptions.Web))];
    }

    public async Task<string> Row(string sql) => Xunit.Assert.Single(await Rows(sql));

    public async Task<string> TypeOf(string table, string column) =>
        (await Rows($"SELECT data_type FROM duckdb_columns() WHERE schema_name || '.' || table_name = '{table}' AND column_name = '{column}'")).SingleOrDefault() ?? "none";

    public void Dispose()
    {
        Crash();
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    private static CancellationToken TestContext() => Xunit.TestContext.Current.CancellationToken;
}
