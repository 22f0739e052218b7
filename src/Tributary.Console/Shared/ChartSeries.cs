namespace Tributary.Console.Shared;

/// <summary>One line of a chart.</summary>
/// <param name="Name">What it counts.</param>
/// <param name="Values">One number for each step, the oldest first.</param>
/// <param name="Color">A colour of the theme, e.g. <c>var(--series-1)</c>.</param>
public sealed record ChartSeries(string Name, IReadOnlyList<long> Values, string Color);
