using System.Globalization;
using System.Text;

namespace Tributary.Console.Shared;

/// <summary>Writes numbers as the path of an SVG.</summary>
internal static class ChartPath
{
    /// <summary>A line from left to right; the largest value reaches one unit below the top.</summary>
    public static string Line(IReadOnlyList<long> values, long max, double width, double height)
    {
        var path = new StringBuilder();
        var step = values.Count > 1 ? width / (values.Count - 1) : width;
        for (var at = 0; at < values.Count; at++)
            path.Append(CultureInfo.InvariantCulture, $"{(at == 0 ? 'M' : 'L')}{at * step:0.##} {Y(values[at], max, height):0.##}");
        return path.ToString();
    }

    /// <summary>The area between two lines, for stacks.</summary>
    public static string Band(IReadOnlyList<long> below, IReadOnlyList<long> above, long max, double width, double height)
    {
        var path = new StringBuilder(Line(above, max, width, height));
        var step = below.Count > 1 ? width / (below.Count - 1) : width;
        for (var at = below.Count - 1; at >= 0; at--) path.Append(CultureInfo.InvariantCulture, $"L{at * step:0.##} {Y(below[at], max, height):0.##}");
        return path.Append('Z').ToString();
    }

    /// <summary>A round number that is at least the value: 1, 2 or 5 times a power of ten.</summary>
    public static long RoundUp(long value)
    {
        if (value <= 5) return 5;
        var power = (long)Math.Pow(10, Math.Floor(Math.Log10(value)));
        foreach (var times in (ReadOnlySpan<long>)[1, 2, 5, 10])
        {
            if (times * power >= value) return times * power;
        }

        return value;
    }

    private static double Y(long value, long max, double height) => height - 1 - ((double)value / Math.Max(1, max) * (height - 2));
}
