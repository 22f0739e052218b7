using System.Globalization;
using Microsoft.AspNetCore.Components;

namespace Tributary.Console.Shared;

/// <summary>Stacked areas over time, drawn on the server.</summary>
public sealed partial class AreaChart : ComponentBase
{
    private string[] _bands = [];
    private long _max = 1;

    [Parameter, EditorRequired]
    public required IReadOnlyList<ChartSeries> Series { get; set; }

    /// <summary>When each step begins.</summary>
    [Parameter, EditorRequired]
    public required IReadOnlyList<DateTimeOffset> Starts { get; set; }

    /// <summary>What the chart shows.</summary>
    [Parameter, EditorRequired]
    public required string Label { get; set; }

    /// <summary>In pixels.</summary>
    [Parameter]
    public int Height { get; set; } = 140;

    private IEnumerable<int> Lines => [1, Height / 4, Height / 2, Height * 3 / 4, Height - 1];

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        var steps = Starts.Count;
        var below = new long[steps];
        var stacks = new List<(long[] Below, long[] Above)>();
        foreach (var series in Series)
        {
            var above = new long[steps];
            for (var at = 0; at < steps; at++) above[at] = below[at] + series.Values[at];
            stacks.Add((below, above));
            below = above;
        }

        _max = ChartPath.RoundUp(below.DefaultIfEmpty().Max());
        _bands = [.. stacks.Select(stack => ChartPath.Band(stack.Below, stack.Above, _max, 1_000, Height))];
    }

    // A time of day says nothing about a week.
    private string Axis(DateTimeOffset at) => at.UtcDateTime.ToString(Starts[^1] - Starts[0] < TimeSpan.FromDays(2) ? "HH:mm" : "MMM d", CultureInfo.InvariantCulture);

    private string Explain(int at) =>
        $"{Starts[at].UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)}\n" + string.Join('\n', Series.Select(series => $"{series.Name}: {Words.Count(series.Values[at])}"));
}
