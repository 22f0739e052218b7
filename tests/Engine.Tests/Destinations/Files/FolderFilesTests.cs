using System.IO.Compression;
using System.Text.Json.Nodes;
using DuckDB.NET.Data;
using Tributary.Destinations.Files;
using Tributary.Engine.Lake;
using Tributary.Model;
using Xunit;
using static Tributary.Engine.Tests.Destinations.Files.FilesWorld;

namespace Tributary.Engine.Tests.Destinations.Files;

public sealed class FolderFilesTests
{
    [Fact]
    public async Task Lines_of_json_lie_by_day_and_hour_under_the_destination()
    {
        using var world = new FilesWorld();
        var (first, second, other) = (Message("m1", "2026-01-02T10:59:59.999Z"), Message("m2", "2026-01-02T10:00:00.000Z", "\"text\":\"a\\nb\""), Message("m3", "2026-01-02T11:00:00.000Z"));

        var outcomes = await world.SendAsync(world.Open([]), (64, first), (128, second.Replace(",", ",\n", StringComparison.Ordinal)), (192, other));

        Assert.All(outcomes, outcome => Assert.Equal(DeliveryOutcome.Delivered, outcome));
        Assert.Equal(2, world.Files.Count);
        Assert.Matches("^segment-logs/dst_1/1767312000000/10-0000000000000000064-2-[0-9a-f]{16}[.]gz$", world.Files[0]);
        Assert.Matches("^segment-logs/dst_1/1767312000000/11-0000000000000000192-1-[0-9a-f]{16}[.]gz$", world.Files[1]);
        Assert.Equal([first, second.Replace(",", ", ", StringComparison.Ordinal), ""], (await ReadAsync(world, 0)).Split('\n'));
        Assert.Equal(other + "\n", await ReadAsync(world, 1));
    }

    [Fact]
    public async Task A_repeated_batch_overwrites_itself_and_nothing_else()
    {
        using var world = new FilesWorld();
        (long, string)[] batch = [(64, Message("m1", "2026-01-02T10:00:00Z")), (128, Message("m2", "2026-01-02T10:00:00Z"))];
        await world.SendAsync(world.Open([]), batch);
        var (files, content) = (world.Files, await ReadAsync(world, 0));

        await world.SendAsync(world.Open([]), batch);
        Assert.Equal(files, world.Files);
        Assert.Equal(content, await ReadAsync(world, 0));

        // As many events from the same place on, but others.
        await world.SendAsync(world.Open([]), batch[0], (192, Message("m3", "2026-01-02T10:00:00Z")));
        Assert.Equal(2, world.Files.Count);
        Assert.Contains(files[0], world.Files);
    }

    [Fact]
    public async Task Parquet_has_typed_columns_by_event_and_hour()
    {
        using var world = new FilesWorld();
        var sender = world.Open(new JsonObject { ["format"] = "parquet", ["folder"] = "team/lake" });

        var outcomes = await world.SendAsync(
            sender,
            (1, Message("m1", "2026-01-02T10:00:00Z")),
            (2, Message("m2", "2026-01-02T10:30:00Z", "\"event\":\"Order Completed\",\"properties\":{\"total\":\"x\",\"at\":\"2026-01-01\",\"yes\":true,\"n\":7,\"deep\":{\"er\":\"ü\"}}")),
            (3, Message("m3", "2026-01-03T00:00:00Z")),
            (4, Message("m4", "2026-01-02T10:00:00Z", "\"userId\":\"u1\",\"traits\":{\"plan\":\"pro\"}", "identify")),
            (5, "[]"));

        Assert.Equal([null, null, null, null, "unreadable"], outcomes.Select(outcome => outcome.Reason));
        Assert.Equal(
            ["identifies/day=2026-01-02/hr=10", "order_completed/day=2026-01-02/hr=10", "order_completed/day=2026-01-03/hr=00"],
            world.Files.Select(file => Path.GetDirectoryName(file)!["team/lake/data/dst_1/segment_type=".Length..]));
        Assert.Equal(
            ["m1|order_completed|9.5|∅|∅|∅|∅", "m2|order_completed|∅|2026-01-01|true|7|ü"],
            Query(world, "order_completed/day=2026-01-02/hr=10", "id, event, total, CAST(\"at\" AS DATE), yes, n, deep_er"));
        Assert.Equal(["u1|pro"], Query(world, "identifies/*/*", "user_id, plan"));
        Assert.Equal(["BIGINT"], Query(world, "order_completed/day=2026-01-02/hr=10", "DISTINCT typeof(n)"));
    }

    [Fact]
    public async Task Types_stay_from_file_to_file()
    {
        using var world = new FilesWorld();
        var sender = world.Open(new JsonObject { ["format"] = "parquet" });

        await world.SendAsync(sender, (1, Message("m1", "2026-01-02T10:00:00Z", "\"event\":\"E\",\"properties\":{\"a\":1}")));
        await world.SendAsync(sender, (2, Message("m2", "2026-01-02T10:00:00Z", "\"event\":\"E\",\"properties\":{\"a\":\"2\"}")));
        await world.SendAsync(sender, (3, Message("m3", "2026-01-02T10:00:00Z", "\"event\":\"E\",\"properties\":{\"b\":\"2\"}")));

        Assert.Equal(["m1|1|BIGINT", "m2|2|BIGINT", "m3|∅|BIGINT"], Query(world, "e/*/*", "id, a, typeof(a)"));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_tried_again_and_leaves_nothing()
    {
        using var world = new FilesWorld();
        File.WriteAllText(world.Root["exports"], "in the way");

        foreach (var format in new[] { "ndjson", "parquet" })
        {
            var outcome = (await world.SendAsync(world.Open(new JsonObject { ["format"] = format }), (1, Message("m1", "2026-01-02T10:00:00Z"))))[0];
            Assert.Equal(DeliveryVerdict.RetryLater, outcome.Verdict);
            Assert.Contains("exports", outcome.Detail, StringComparison.Ordinal);
        }

        File.Delete(world.Root["exports"]);
        Assert.Equal(DeliveryOutcome.Delivered, (await world.SendAsync(world.Open([]), (1, Message("m1", "2026-01-02T10:00:00Z"))))[0]);
        Assert.Single(world.Files);
    }

    [Fact]
    public async Task A_dry_run_shows_the_file_and_writes_none()
    {
        using var world = new FilesWorld();

        await world.SendAsync(world.Open([], isDryRun: true), (1, Message("m1", "2026-01-02T10:00:00Z")));

        Assert.Empty(world.Files);
        Assert.EndsWith(".gz", Assert.Single(world.Trace.Exchanges).Url, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("folder", "../x")]
    [InlineData("folder", "/etc")]
    [InlineData("folder", "a/../../b")]
    [InlineData("folder", "a//b")]
    [InlineData("folder", ".making")]
    [InlineData("folder", "a\\b")]
    [InlineData("format", "csv")]
    [InlineData("target", "ftp")]
    [InlineData("gatherSeconds", "soon")]
    public void Settings_are_checked(string field, string value) =>
        Assert.Contains(FilesKind.Value.Check(new JsonObject { [field] = value }), fault => fault.Field == $"settings.{field}");

    private static async Task<string> ReadAsync(FilesWorld world, int index)
    {
        await using var zip = new GZipStream(File.OpenRead(Path.Combine(world.Root["exports"], world.Files[index])), CompressionMode.Decompress);
        using var reader = new StreamReader(zip);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    private static List<string> Query(FilesWorld world, string path, string columns)
    {
        var folder = Directory.GetDirectories(world.Root["exports"], "segment_type=*", SearchOption.AllDirectories)[0];
        using var database = new DuckDBConnection("DataSource=:memory:");
        database.Open();
        var rows = LakeDatabase.Read(database, $"SELECT {columns} FROM read_parquet('{Path.GetDirectoryName(folder)}/segment_type={path}/*.parquet', union_by_name = true) ORDER BY ALL");
        return rows.ConvertAll(row => string.Join('|', row.Select(value => value switch
        {
            null => "∅",
            bool flag => flag ? "true" : "false",
            DateOnly day => day.ToString("yyyy-MM-dd", null),
            _ => Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture),
        })));
    }
}
