using System.Text.Json.Nodes;
using Bunit;
using Tributary.Console.Lake;
using Tributary.Engine.Lake;
using Xunit;

namespace Tributary.Console.Tests.Pages;

/// <summary>Results of the lake as text, CSV and picture.</summary>
public sealed class LakeTextTests : BunitContext
{
    private static readonly LakeResult Sales = new(
        [new("day", "DATE"), new("total", "DECIMAL(18,3)"), new("note", "VARCHAR")],
        [["2026-11-27", 12.5m, null], ["2026-11-28", 40m, ""], ["2026-11-29", null, "a \"b\", c\r\nd"]],
        Truncated: false);

    [Fact]
    public void Csv_tells_null_from_the_empty_text() =>
        Assert.Equal("day,total,note\r\n2026-11-27,12.5,\r\n2026-11-28,40,\"\"\r\n2026-11-29,,\"a \"\"b\"\", c\r\nd\"\r\n", LakeText.Csv(Sales));

    [Fact]
    public void Cells_are_written_as_json_has_them()
    {
        Assert.Null(LakeText.Cell(null));
        Assert.Equal("true", LakeText.Cell(true));
        Assert.Equal("[1,null]", LakeText.Cell(JsonNode.Parse("[1,null]")));
        Assert.Equal("0.1", LakeText.Cell(0.1));
    }

    [Theory]
    [InlineData("Parser Error: syntax error at or near \"FORM\"\n\nLINE 2: FORM x\n        ^", 2)]
    [InlineData("Out of memory", null)]
    public void The_line_of_an_error_is_found(string message, int? line) => Assert.Equal(line, LakeText.LineOf(message));

    [Fact]
    public void Numbers_over_days_are_a_line_and_what_is_null_is_left_out()
    {
        var plot = ResultPlot.Of(Sales, -1, -1)!;

        Assert.True(plot.IsLine);
        Assert.Equal([("2026-11-27", 12.5), ("2026-11-28", 40)], plot.Points.Select(point => (point.Label, point.Value)));
        Assert.True(plot.Y(40) < plot.Y(12.5));
    }

    [Fact]
    public void Negative_numbers_stand_below_zero()
    {
        var plot = ResultPlot.Of(new LakeResult([new("name", "VARCHAR"), new("n", "BIGINT")], [["a", -5L], ["b", 5L]], false), -1, -1)!;

        Assert.False(plot.IsLine);
        Assert.InRange(plot.Zero, 1, ResultPlot.Height - 1);
        Assert.True(plot.Y(-5) > plot.Zero);
    }

    [Fact]
    public void A_result_without_numbers_says_so()
    {
        var chart = Render<ResultChart>(parameters => parameters.Add(part => part.Result, new LakeResult([new("a", "VARCHAR")], [["x"]], false)));

        Assert.Contains("no column of numbers", chart.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Hostile_names_are_text_in_a_chart()
    {
        var chart = Render<ResultChart>(parameters => parameters.Add(
            part => part.Result, new LakeResult([new("<b>", "VARCHAR"), new("n", "BIGINT")], [["<img src=x onerror=alert(1)>", 1L]], false)));

        Assert.Empty(chart.FindAll("img"));
        Assert.Single(chart.FindAll("rect"));
    }
}
