using Xunit;

namespace Tributary.Engine.Tests.Lake;

public sealed class LakeTypeTests : IDisposable
{
    private readonly LakeWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData("1", "BIGINT", "1")]
    [InlineData("-9223372036854775808", "BIGINT", "-9223372036854775808")]
    [InlineData("9223372036854775808", "DOUBLE", "9.223372036854776E+18")]
    [InlineData("1.5", "DOUBLE", "1.5")]
    [InlineData("1e2", "DOUBLE", "100")]
    [InlineData("true", "BOOLEAN", "true")]
    [InlineData("\"text\"", "VARCHAR", "\"text\"")]
    [InlineData("\"12\"", "VARCHAR", "\"12\"")]
    [InlineData("\"2026-01-02\"", "TIMESTAMP", "\"2026-01-02T00:00:00.000Z\"")]
    [InlineData("\"2026-01-02T03:04:05.678901+02:00\"", "TIMESTAMP", "\"2026-01-02T01:04:05.678Z\"")]
    [InlineData("\"2026-02-30\"", "VARCHAR", "\"2026-02-30\"")]
    [InlineData("\"2026-01-02 or so\"", "VARCHAR", "\"2026-01-02 or so\"")]
    [InlineData("[1]", "VARCHAR", "\"[1]\"")]
    public async Task The_first_value_decides_the_type(string value, string type, string read)
    {
        _world.Track("T", $$"""{"v":null}""");
        _world.Track("T", $$"""{"v":{{value}}}""");
        _world.Load();

        Assert.Equal($"[\"{type}\"]", await _world.TypeOf("web.t", "v"));
        Assert.Equal($"[{read}]", await _world.Row("SELECT v FROM web.t WHERE v IS NOT NULL"));
    }

    [Theory]
    [InlineData("1", "2.9", "2")]
    [InlineData("1", "\"17\"", "17")]
    [InlineData("1", "\"17x\"", "null")]
    [InlineData("1", "true", "1")]
    [InlineData("1", "1e300", "null")]
    [InlineData("1.5", "2", "2")]
    [InlineData("1.5", "\"nan\"", "null")]
    [InlineData("true", "\"false\"", "false")]
    [InlineData("true", "1", "true")]
    [InlineData("true", "7", "null")]
    [InlineData("true", "\"yes\"", "null")]
    [InlineData("\"a\"", "1.50", "\"1.50\"")]
    [InlineData("\"a\"", "12", "\"12\"")]
    [InlineData("\"a\"", "true", "\"true\"")]
    [InlineData("\"a\"", "\"2026-01-02\"", "\"2026-01-02\"")]
    [InlineData("\"2026-01-02\"", "\"soon\"", "null")]
    [InlineData("\"2026-01-02\"", "5", "null")]
    [InlineData("\"2026-01-02\"", "[1]", "null")]
    public async Task Later_values_are_cast_or_become_null(string first, string later, string read)
    {
        _world.Track("T", $$"""{"v":{{first}}}""", id: "a");
        _world.Load();
        _world.Crash();
        _world.Track("T", $$"""{"v":{{later}}}""", id: "b");
        _world.Load();

        Assert.Equal($"[{read}]", await _world.Row("SELECT v FROM web.t WHERE id = 'b'"));
        Assert.Equal(read == "null" ? 1 : 0, _world.Loader.Losses.ValuesUncastable);
    }

    [Fact]
    public async Task Fields_of_context_have_one_type_in_all_tables_of_a_source()
    {
        _world.Track("A", rest: ""","context":{"build":"x1"}""");
        _world.Track("B", rest: ""","context":{"build":7}""");
        _world.Load();

        Assert.Equal(["""["x1"]""", """["7"]"""], await _world.Rows("SELECT context_build FROM web.tracks ORDER BY id"));
        Assert.Equal("""["VARCHAR"]""", await _world.TypeOf("web.b", "context_build"));
    }

    [Fact]
    public async Task Sources_that_disagree_on_a_type_are_read_as_text_together()
    {
        _world.Event(Model.EventType.Page, """{"properties":{"n":1}}""", source: 1);
        _world.Event(Model.EventType.Page, """{"properties":{"n":"one"}}""", source: 2);
        _world.Load();

        Assert.Equal(["""["src1","1"]""", """["src2","one"]"""], await _world.Rows("SELECT event_source_id, n FROM profiles.pages ORDER BY ALL"));
    }

    [Fact]
    public async Task Long_texts_are_kept_whole()
    {
        _world.Track("T", $$"""{"v":"{{new string('x', 30_000)}}"}""");
        _world.Load();

        Assert.Equal("[30000]", await _world.Row("SELECT length(v) FROM web.t"));
    }
}
