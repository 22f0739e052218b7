using System.Text.Json;
using Tributary.Engine.Lake;
using Xunit;

namespace Tributary.Engine.Tests.Lake;

public sealed class LakeQueryTests : IDisposable
{
    private readonly LakeWorld _world = new();

    public LakeQueryTests()
    {
        _world.Track("Seen", """{"n":1}""");
        _world.Load();
    }

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData("INSERT INTO web.seen (id) VALUES ('x')")]
    [InlineData("UPDATE web.seen SET n = 2")]
    [InlineData("DELETE FROM web.seen")]
    [InlineData("DROP TABLE web.seen")]
    [InlineData("CREATE TABLE web.x (a INT)")]
    [InlineData("CREATE TEMP TABLE x AS SELECT 1")]
    [InlineData("ALTER TABLE web.seen ADD COLUMN x INT")]
    [InlineData("COPY web.seen TO '/tmp/lake-stolen.csv'")]
    [InlineData("COPY (SELECT 1) TO '/tmp/lake-stolen.csv'")]
    [InlineData("COPY web.seen FROM '/etc/passwd'")]
    [InlineData("EXPORT DATABASE '/tmp/lake-stolen'")]
    [InlineData("ATTACH '/tmp/lake-other.duckdb' AS other")]
    [InlineData("DETACH lake")]
    [InlineData("USE memory")]
    [InlineData("INSTALL httpfs")]
    [InlineData("LOAD httpfs")]
    [InlineData("SET memory_limit = '100GB'")]
    [InlineData("SET enable_external_access = true")]
    [InlineData("RESET lock_configuration")]
    [InlineData("PRAGMA enable_profiling")]
    [InlineData("CALL force_checkpoint('lake')")]
    [InlineData("CHECKPOINT")]
    [InlineData("FORCE CHECKPOINT")]
    [InlineData("BEGIN TRANSACTION")]
    [InlineData("COMMIT")]
    [InlineData("PREPARE p AS SELECT 1")]
    [InlineData("EXECUTE p")]
    [InlineData("CREATE SECRET s (TYPE s3)")]
    [InlineData("SELECT 1; DROP TABLE web.seen")]
    [InlineData("SELECT 1; SELECT 2")]
    [InlineData("EXPLAIN ANALYZE INSERT INTO web.seen (id) VALUES ('x')")]
    [InlineData("EXPLAIN ANALYZE DELETE FROM web.seen")]
    [InlineData("EXPLAIN ANALYZE COPY (SELECT 1) TO '/tmp/lake-stolen.csv'")]
    [InlineData("EXPLAIN ANALYZE CREATE TABLE web.y AS SELECT 1")]
    [InlineData("EXPLAIN ANALYZE DROP TABLE web.seen")]
    [InlineData("WITH x AS (DELETE FROM web.seen RETURNING *) SELECT * FROM x")]
    [InlineData("SELECT * FROM read_csv('/etc/passwd')")]
    [InlineData("SELECT * FROM read_text('/etc/passwd')")]
    [InlineData("SELECT * FROM read_blob('/etc/*')")]
    [InlineData("SELECT * FROM '/etc/passwd'")]
    [InlineData("SELECT * FROM glob('/etc/*')")]
    [InlineData("SELECT * FROM 'https://example.com/x.csv'")]
    [InlineData("SELECT * FROM read_parquet('s3://bucket/x.parquet')")]
    [InlineData("SELECT * FROM query('INSERT INTO web.seen (id) VALUES (1)')")]
    [InlineData("SELECT * FROM force_checkpoint('lake')")]
    [InlineData("SELECT getenv('HOME')")]
    [InlineData("SELECT $1")]
    [InlineData("SELEC 1")]
    [InlineData("SELECT * FROM nowhere")]
    [InlineData("")]
    [InlineData("-- nothing")]
    [InlineData("SELECT '\0'")]
    public async Task Refuses_what_is_not_one_reading_statement(string sql)
    {
        var answer = await Run(sql);

        Assert.NotNull(answer.Error);
        Assert.NotEmpty(answer.Error.Message);
        Assert.False(File.Exists("/tmp/lake-stolen.csv"));
        Assert.False(File.Exists("/tmp/lake-other.duckdb"));
        Assert.Equal("[1,1]", await _world.Row("SELECT count(*), max(n) FROM web.seen"));
    }

    [Theory]
    [InlineData("SELECT 1")]
    [InlineData("FROM web.seen")]
    [InlineData("VALUES (1), (2);")]
    [InlineData("WITH x AS (SELECT 1) SELECT * FROM x -- why")]
    [InlineData("SHOW ALL TABLES")]
    [InlineData("DESCRIBE web.seen")]
    [InlineData("SUMMARIZE web.seen")]
    [InlineData("EXPLAIN SELECT * FROM web.seen")]
    [InlineData("EXPLAIN ANALYZE SELECT * FROM web.seen")]
    [InlineData("SELECT table_name FROM information_schema.tables")]
    public async Task Answers_every_kind_of_reading(string sql)
    {
        var answer = await Run(sql);

        Assert.Null(answer.Error);
        Assert.NotEmpty(answer.Result!.Rows);
    }

    [Theory]
    [InlineData("1::TINYINT", "1")]
    [InlineData("9007199254740993", "9007199254740993")]
    [InlineData("170141183460469231731687303715884105727::HUGEINT", "170141183460469231731687303715884105727")]
    [InlineData("1.50::DECIMAL(10,2)", "1.50")]
    [InlineData("1.25::FLOAT", "1.25")]
    [InlineData("'nan'::DOUBLE", "null")]
    [InlineData("'inf'::FLOAT", "null")]
    [InlineData("TIMESTAMP '2026-01-02 03:04:05.678901'", "\"2026-01-02T03:04:05.678Z\"")]
    [InlineData("TIMESTAMPTZ '2026-01-02 03:04:05.6+02'", "\"2026-01-02T01:04:05.600Z\"")]
    [InlineData("TIMESTAMP 'infinity'", "\"infinity\"")]
    [InlineData("TIMESTAMP '20000-01-02'", "\"20000-01-02T00:00:00.000Z\"")]
    [InlineData("DATE '2026-01-02'", "\"2026-01-02\"")]
    [InlineData("TIME '03:04:05'", "\"03:04:05.000000\"")]
    [InlineData("'ab'::BLOB", "\"YWI=\"")]
    [InlineData("[1, NULL]", "[1,null]")]
    [InlineData("{'a': 1, 'b': [TIMESTAMP '2026-01-02']}", "{\"a\":1,\"b\":[\"2026-01-02 00:00:00\"]}")]
    [InlineData("union_value(a := 1)", "{\"a\":1}")]
    [InlineData("NULL::INT[]", "null")]
    [InlineData("[1]; -- done", "[1]")]
    [InlineData("MAP {'k': 1}", "{\"k\":1}")]
    [InlineData("'x'::ENUM('x', 'y')", "\"x\"")]
    [InlineData("'00000000-0000-0000-0000-000000000001'::UUID", "\"00000000-0000-0000-0000-000000000001\"")]
    [InlineData("INTERVAL 1 DAY", "\"1.00:00:00\"")]
    [InlineData("NULL", "null")]
    public async Task Values_are_ready_for_json(string expression, string json) => Assert.Equal($"[{json}]", await _world.Row($"SELECT {expression}"));

    [Fact]
    public async Task Columns_have_names_and_types()
    {
        var answer = await Run("SELECT id, received_at, n, n / 2 AS half FROM web.seen");

        Assert.Equal(
            """[{"name":"id","type":"VARCHAR"},{"name":"received_at","type":"TIMESTAMP"},{"name":"n","type":"BIGINT"},{"name":"half","type":"DOUBLE"}]""",
            JsonSerializer.Serialize(answer.Result!.Columns, JsonSerializerOptions.Web));
    }

    [Fact]
    public async Task More_rows_than_asked_for_are_cut_and_said_to_be()
    {
        var cut = await _world.Query.RunAsync("FROM range(1000000000)", 3, TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        var whole = await _world.Query.RunAsync("FROM range(3)", 3, TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        Assert.Equal((3, true), (cut.Result!.Rows.Count, cut.Result.Truncated));
        Assert.Equal((3, false), (whole.Result!.Rows.Count, whole.Result.Truncated));
    }

    [Theory]
    [InlineData("WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t")]
    [InlineData("SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b")]
    public async Task A_query_that_takes_too_long_is_stopped(string sql)
    {
        var answer = await _world.Query.RunAsync(sql, 10, TimeSpan.FromSeconds(0.5), TestContext.Current.CancellationToken);

        Assert.Equal("timeout", answer.Error?.Type);
        Assert.Equal("[1]", await _world.Row("SELECT 1"));
    }

    [Fact]
    public async Task Cancelling_stops_the_query()
    {
        using var cancel = new CancellationTokenSource(TimeSpan.FromSeconds(0.3));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            _world.Query.RunAsync("SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b", 10, TimeSpan.FromSeconds(100), cancel.Token));
    }

    [Fact]
    public async Task A_query_that_eats_memory_fails_and_loading_goes_on()
    {
        var answer = await _world.Query.RunAsync("SELECT list(repeat('x', 1000) || range) FROM range(5000000)", 10, TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        _world.Track("Seen");
        _world.Load();

        Assert.Equal("memory", answer.Error?.Type);
        Assert.Equal("[2]", await _world.Row("SELECT count(*) FROM web.seen"));
    }

    [Theory]
    [InlineData(0, 1.0, "limit")]
    [InlineData(100_001, 1.0, "limit")]
    [InlineData(1, 0.0, "timeout")]
    [InlineData(1, 301.0, "timeout")]
    public async Task Bounds_are_bounded(int limit, double seconds, string field)
    {
        var answer = await _world.Query.RunAsync("SELECT 1", limit, TimeSpan.FromSeconds(seconds), TestContext.Current.CancellationToken);

        Assert.Equal(field, answer.Error?.Field);
    }

    private Task<LakeAnswer> Run(string sql) => _world.Query.RunAsync(sql, 1_000, TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
}
