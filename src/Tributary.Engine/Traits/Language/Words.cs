using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Tributary.Engine.Traits.Language;

/// <summary>The words of the language, and help with those that are almost one.</summary>
internal static class Words
{
    /// <summary>Methods of comparison by name.</summary>
    public static FrozenDictionary<string, Comparer> Comparers { get; } = new Dictionary<string, Comparer>
    {
        ["equals"] = Comparer.Equals,
        ["differs"] = Comparer.Differs,
        ["absent"] = Comparer.Absent,
        ["exists"] = Comparer.Exists,
        ["greater_than"] = Comparer.GreaterThan,
        ["at_least"] = Comparer.AtLeast,
        ["less_than"] = Comparer.LessThan,
        ["at_most"] = Comparer.AtMost,
        ["contains"] = Comparer.Contains,
        ["omits"] = Comparer.Omits,
        ["starts_with"] = Comparer.StartsWith,
        ["ends_with"] = Comparer.EndsWith,
        ["one_of"] = Comparer.OneOf,
        ["none_of"] = Comparer.NoneOf,
        ["before_date"] = Comparer.BeforeDate,
        ["after_date"] = Comparer.AfterDate,
        ["within_last"] = Comparer.WithinLast,
        ["within_next"] = Comparer.WithinNext,
        ["before_last"] = Comparer.BeforeLast,
        ["after_next"] = Comparer.AfterNext,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The names of <see cref="Comparers"/>.</summary>
    public static FrozenDictionary<Comparer, string> ComparerNames { get; } = Comparers.ToFrozenDictionary(pair => pair.Value, pair => pair.Key);

    /// <summary>Signs of comparison.</summary>
    public static FrozenDictionary<string, Comparer> Signs { get; } = new Dictionary<string, Comparer>
    {
        ["="] = Comparer.Equals,
        ["=="] = Comparer.Equals,
        ["!="] = Comparer.Differs,
        [">"] = Comparer.GreaterThan,
        [">="] = Comparer.AtLeast,
        ["<"] = Comparer.LessThan,
        ["<="] = Comparer.AtMost,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Reducers by name; <c>unique(…).count()</c> is <see cref="ReducerKind.UniqueCount"/>.</summary>
    public static FrozenDictionary<string, ReducerKind> Reducers { get; } = new Dictionary<string, ReducerKind>
    {
        ["count"] = ReducerKind.Count,
        ["sum"] = ReducerKind.Sum,
        ["avg"] = ReducerKind.Avg,
        ["max"] = ReducerKind.Max,
        ["min"] = ReducerKind.Min,
        ["mode"] = ReducerKind.Mode,
        ["first"] = ReducerKind.First,
        ["last"] = ReducerKind.Last,
        ["unique"] = ReducerKind.Unique,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static ImmutableArray<string> Filters { get; } = ["where", "sources", "within", "between", "expires_after"];

    public static ImmutableArray<string> Scalars { get; } = ["trait", "property", "context", "event"];

    /// <summary>Units by name, one and many.</summary>
    public static FrozenDictionary<string, TimeUnit> Units { get; } = Enum.GetValues<TimeUnit>()
        .SelectMany(unit => new[] { (Name: unit.ToString().ToLowerInvariant(), Unit: unit), (Name: unit.ToString().ToLowerInvariant() + "s", Unit: unit) })
        .ToFrozenDictionary(pair => pair.Name, pair => pair.Unit, StringComparer.Ordinal);

    /// <summary>The known word that is closest to one that is not known; null when none is close.</summary>
    public static string? Closest(string word, IEnumerable<string> known)
    {
        var lower = word.ToLowerInvariant();
        var (closest, distance) = known.Select(each => (each, Distance(lower, each.ToLowerInvariant()))).MinBy(pair => pair.Item2);
        return distance <= Math.Max(1, word.Length / 3) ? closest : null;
    }

    /// <summary>Words as a choice: <c>a, b or c</c>.</summary>
    public static string Choice(ImmutableArray<string> words) =>
        words.Length < 2 ? string.Concat(words) : $"{string.Join(", ", words[..^1])} or {words[^1]}";

    // Levenshtein's distance, with a swap of neighbours counted as one.
    private static int Distance(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) rows[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) rows[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                rows[i, j] = Math.Min(Math.Min(rows[i - 1, j] + 1, rows[i, j - 1] + 1), rows[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
            }
        }

        return rows[a.Length, b.Length];
    }
}
