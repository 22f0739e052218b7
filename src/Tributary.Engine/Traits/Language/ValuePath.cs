using System.Collections.Immutable;
using System.Text;

namespace Tributary.Engine.Traits.Language;

/// <summary>
/// The way to a value inside an object: names joined by dots. <c>$</c> stands for every entry of an array. A dot that belongs to a name has backslashes
/// in front of it; how many does not matter, because shells and JSON eat some.
/// </summary>
internal sealed record ValuePath(Sequence<string> Steps)
{
    /// <summary>Longest path, in characters.</summary>
    public const int LengthMax = 400;

    /// <summary>Most steps.</summary>
    public const int StepsMax = 20;

    /// <summary>Stands for every entry of an array.</summary>
    public const string Each = "$";

    /// <summary>The steps in UTF-8, as JSON is read.</summary>
    public ImmutableArray<byte[]> Names { get; } = [.. Steps.Select(Encoding.UTF8.GetBytes)];

    /// <summary>Whether the path may lead to several values.</summary>
    public bool IsMany => Steps.Items.Contains(Each);

    /// <summary>Reads a path; null when it is empty, too long or has an empty step.</summary>
    public static ValuePath? TryParse(string text)
    {
        if (text.Length is 0 or > LengthMax) return null;
        var steps = new List<string>();
        var step = new StringBuilder();
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] == '.')
            {
                if (step.Length == 0) return null;
                steps.Add(step.ToString());
                step.Clear();
                continue;
            }

            var end = at;
            while (end < text.Length && text[end] == '\\') end++;
            if (end > at && end < text.Length && text[end] == '.')
            {
                step.Append('.');
                at = end;
                continue;
            }

            step.Append(text[at]);
        }

        if (step.Length == 0 || steps.Count >= StepsMax) return null;
        steps.Add(step.ToString());
        return new ValuePath(new Sequence<string>([.. steps]));
    }

    public bool Equals(ValuePath? other) => other is not null && Steps.Equals(other.Steps);

    public override int GetHashCode() => Steps.GetHashCode();

    /// <summary>The path as it is written; parsing it gives the same path.</summary>
    public override string ToString() => string.Join('.', Steps.Select(step => step.Replace(".", "\\.", StringComparison.Ordinal)));
}
