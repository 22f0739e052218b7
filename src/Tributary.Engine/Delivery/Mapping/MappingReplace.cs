using System.Text;

namespace Tributary.Engine.Delivery.Mapping;

/// <summary>The replacement of <c>@replace</c>: a pattern without any special meaning, a replacement in which JavaScript's <c>$</c> sequences have theirs.</summary>
internal static class MappingReplace
{
    /// <returns>The text with the pattern replaced; null after a fault.</returns>
    public static string? Replace(MappingRun run, string text, string pattern, string replacement, bool isGlobal, bool ignoresCase)
    {
        foreach (var (name, value) in (ReadOnlySpan<(string, string)>)[("pattern", pattern), ("replacement", replacement)])
        {
            if (value.Length <= MappingRules.PatternLengthMax) continue;
            run.Fail($"@replace requires a \"{name}\" less than {MappingRules.PatternLengthMax} characters");
            return null;
        }

        if (!run.Spend(1 + text.Length)) return null;
        var searched = ignoresCase ? Canonical(text) : text;
        var wanted = ignoresCase ? Canonical(pattern) : pattern;
        var replaced = new StringBuilder(text.Length);
        var start = 0;
        while (searched.IndexOf(wanted, start, StringComparison.Ordinal) is var at and >= 0)
        {
            replaced.Append(text, start, at - start);
            var before = replaced.Length;
            Expand(replaced, replacement, text, at, pattern.Length);
            start = at + pattern.Length;
            if (!run.Spend(1 + replaced.Length - before)) return null;
            if (!isGlobal) break;
        }

        return replaced.Append(text, start, text.Length - start).ToString();
    }

    private static void Expand(StringBuilder to, string replacement, string text, int at, int length)
    {
        for (var index = 0; index < replacement.Length; index++)
        {
            var next = replacement[index] == '$' && index + 1 < replacement.Length ? replacement[index + 1] : '\0';
            index++;
            if (next == '$') to.Append('$');
            else if (next == '&') to.Append(text, at, length);
            else if (next == '`') to.Append(text, 0, at);
            else if (next == '\'') to.Append(text, at + length, text.Length - at - length);
            else to.Append(replacement[--index]);
        }
    }

    private static string Canonical(string text) => string.Create(text.Length, text, (units, from) =>
    {
        for (var at = 0; at < units.Length; at++) units[at] = ScriptCase.Canonical(from[at]);
    });
}
