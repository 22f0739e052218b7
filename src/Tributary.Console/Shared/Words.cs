using System.Globalization;
using System.Text;

namespace Tributary.Console.Shared;

/// <summary>Numbers and times as people read them.</summary>
public static class Words
{
    /// <summary>How long ago a moment was; a date when it is two months or more.</summary>
    public static string Ago(TimeSpan past, DateTimeOffset at) => past switch
    {
        { TotalSeconds: < 5 } => "now",
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)past.TotalSeconds} s ago"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)past.TotalMinutes} min ago"),
        { TotalDays: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)past.TotalHours} h ago"),
        { TotalDays: < 60 } => string.Create(CultureInfo.InvariantCulture, $"{(int)past.TotalDays} d ago"),
        _ => at.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
    };

    /// <summary>A count, whole and with separators: 12,408.</summary>
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A count in little room: 12.4k.</summary>
    public static string Short(double count) => Math.Abs(count) switch
    {
        < 10 when count != Math.Floor(count) => count.ToString("0.#", CultureInfo.InvariantCulture),
        < 1_000 => count.ToString("0", CultureInfo.InvariantCulture),
        < 10_000 => (count / 1_000).ToString("0.##k", CultureInfo.InvariantCulture),
        < 1_000_000 => (count / 1_000).ToString("0.#k", CultureInfo.InvariantCulture),
        < 1_000_000_000 => (count / 1_000_000).ToString("0.##M", CultureInfo.InvariantCulture),
        _ => (count / 1_000_000_000).ToString("0.##G", CultureInfo.InvariantCulture),
    };

    /// <summary>One thing or many: 1 event, 2 events.</summary>
    public static string Plural(long count, string one, string? many = null) => $"{Count(count)} {(count == 1 ? one : many ?? one + "s")}";

    /// <summary>A share of a whole: 12 %, &lt; 1 %, 99.9 %.</summary>
    public static string Share(long part, long whole) => whole == 0 ? "0 %" : ((double)part / whole) switch
    {
        0 => "0 %",
        < 0.01 => "< 1 %",
        1 => "100 %",
        > 0.99 => (Math.Floor((double)part / whole * 1_000) / 10).ToString("0.0", CultureInfo.InvariantCulture) + " %",
        var share => (share * 100).ToString("0", CultureInfo.InvariantCulture) + " %",
    };

    /// <summary>A name as an address or a key has it: letters and digits in lower case, one mark where something else stood, at most 60 characters.</summary>
    public static string Slug(string name, char mark)
    {
        var slug = new StringBuilder();
        foreach (var letter in name)
        {
            if (char.IsAsciiLetterOrDigit(letter)) slug.Append(char.ToLowerInvariant(letter));
            else if (slug.Length > 0 && slug[^1] != mark) slug.Append(mark);
            if (slug.Length == 60) break;
        }

        return slug.ToString().TrimEnd(mark);
    }
}
