namespace Tributary.Destinations.Functions;

/// <summary>The newest errors and console lines of each function, for whoever looks for a mistake. In memory only; it ends with the process.</summary>
internal sealed class FunctionLogs
{
    /// <summary>Lines kept of a function, as in Segment (spec/connections.md §6.2).</summary>
    public const int LinesMax = 100;

    private const int TextLengthMax = 1_000;

    private readonly Dictionary<string, Queue<Line>> _lines = new(StringComparer.Ordinal);

    /// <summary>A line.</summary>
    /// <param name="At">Milliseconds since 1970.</param>
    /// <param name="IsError">An error that a handler threw; else what it wrote to the console.</param>
    /// <param name="Text">Up to 1,000 characters.</param>
    public readonly record struct Line(long At, bool IsError, string Text);

    /// <summary>The newest first.</summary>
    public IReadOnlyList<Line> Of(string functionId)
    {
        lock (_lines) return _lines.TryGetValue(functionId, out var lines) ? [.. lines.Reverse()] : [];
    }

    /// <summary>Takes what a call said. The same error of many events of one call is one line.</summary>
    public void Add(string functionId, FunctionResult result, long at)
    {
        var errors = result.Results.Where(one => one is { Verdict: not FunctionVerdict.Done and not FunctionVerdict.NotBegun, Message: not null })
            .Select(one => one.ErrorName is { } name ? $"{name}: {one.Message}" : one.Message!).Distinct(StringComparer.Ordinal).Take(LinesMax).ToList();
        foreach (var text in result.Logs) Add(functionId, new Line(at, false, text));
        foreach (var text in errors) Add(functionId, new Line(at, true, text));
    }

    /// <summary>Adds a line.</summary>
    public void Add(string functionId, Line line)
    {
        lock (_lines)
        {
            if (!_lines.TryGetValue(functionId, out var lines)) _lines[functionId] = lines = new Queue<Line>();
            lines.Enqueue(line with { Text = line.Text[..Math.Min(line.Text.Length, TextLengthMax)] });
            if (lines.Count > LinesMax) lines.Dequeue();
        }
    }
}
