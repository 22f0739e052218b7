using System.Globalization;
using System.Text;
using Tributary.Engine.Lake;

namespace Tributary.Console.Lake;

/// <summary>One value of a plot.</summary>
/// <param name="Label">What stands below it.</param>
/// <param name="Value">The number.</param>
internal readonly record struct PlotPoint(string Label, double Value);

/// <summary>A column of numbers drawn over another column: bars for names, a line for times.</summary>
internal sealed class ResultPlot
{
    /// <summary>Most values; further ones are left out, and the page says so.</summary>
    public const int PointsMax = 200;

    public const int Width = 1_000;
    public const int Height = 240;

    private ResultPlot(IReadOnlyList<PlotPoint> points, bool isLine)
    {
        (Points, IsLine) = (points, isLine);
        Max = Math.Max(0, points.Select(point => point.Value).DefaultIfEmpty().Max());
        Min = Math.Min(0, points.Select(point => point.Value).DefaultIfEmpty().Min());
        if (Max - Min <= 0) Max = Min + 1;
    }

    public IReadOnlyList<PlotPoint> Points { get; }

    /// <summary>A line, because the other column goes on by itself; otherwise bars.</summary>
    public bool IsLine { get; }

    public double Max { get; }

    public double Min { get; }

    /// <summary>Where zero is.</summary>
    public double Zero => Y(0);

    /// <summary>How wide one value's share is.</summary>
    public double Step => (double)Width / Math.Max(1, Points.Count);

    /// <summary>The columns that can be drawn upwards.</summary>
    public static IReadOnlyList<int> NumericColumns(LakeResult result) => [.. Enumerable.Range(0, result.Columns.Count).Where(index => LakeText.IsNumeric(result.Columns[index].Type))];

    /// <summary>Draws; null when there is no column of numbers, or nothing in it.</summary>
    /// <param name="result">The result.</param>
    /// <param name="over">The column for the other axis; negative for the first that is not drawn.</param>
    /// <param name="column">The column of numbers; negative for the first that is not a time or a name.</param>
    public static ResultPlot? Of(LakeResult result, int over, int column)
    {
        var numeric = NumericColumns(result);
        if (column < 0) column = numeric.Count == 0 ? -1 : numeric.FirstOrDefault(index => index != 0, numeric[0]);
        if (column < 0 || column >= result.Columns.Count || over >= result.Columns.Count) return null;
        if (over < 0) over = Enumerable.Range(0, result.Columns.Count).FirstOrDefault(index => index != column, column);
        var points = new List<PlotPoint>();
        foreach (var row in result.Rows)
        {
            if (points.Count == PointsMax) break;
            if (LakeText.Number(row[column]) is { } value && double.IsFinite(value)) points.Add(new PlotPoint(LakeText.Cell(row[over]) ?? "NULL", value));
        }

        return points.Count == 0 ? null : new ResultPlot(points, LakeText.IsTime(result.Columns[over].Type) || (over != column && LakeText.IsNumeric(result.Columns[over].Type)));
    }

    /// <summary>The height of a value.</summary>
    public double Y(double value) => 4 + ((Max - value) / (Max - Min) * (Height - 8));

    /// <summary>The line through all values.</summary>
    public string Line()
    {
        var path = new StringBuilder();
        for (var at = 0; at < Points.Count; at++) path.Append(CultureInfo.InvariantCulture, $"{(at == 0 ? 'M' : 'L')}{(at + 0.5) * Step:0.##} {Y(Points[at].Value):0.##}");
        return path.ToString();
    }
}
