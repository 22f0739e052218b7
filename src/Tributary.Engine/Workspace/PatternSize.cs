using System.Globalization;

namespace Tributary.Engine.Workspace;

/// <summary>
/// How large a regular expression is once its repetitions are written out: every letter and class counts one, <c>x{3,20}</c> counts <c>x</c> twenty times. What
/// matching takes without backtracking grows with it: with 200, up to some seconds for a value of 512 characters the first time, with 500 a minute and more. Pure.
/// </summary>
internal static class PatternSize
{
    /// <summary>What larger ones are said to be.</summary>
    public const long Huge = 1_000_000;

    /// <summary>The size of a pattern that is valid; of any other some number.</summary>
    public static long Of(string pattern)
    {
        var outer = new Stack<long>();
        var (size, last) = (0L, 0L);
        for (var at = 0; at < pattern.Length; at++)
        {
            switch (pattern[at])
            {
                case '(':
                    outer.Push(size);
                    size = 0;
                    break;
                case ')':
                    last = size;
                    size += outer.TryPop(out var before) ? before : 0;
                    break;
                case '*' or '+' or '?' or '|':
                    break;
                case '{' when TryReadTimes(pattern, ref at, out var times):
                    size += last * Math.Max(0, times - 1);
                    last *= Math.Max(1, times);
                    break;
                default:
                    at = EndOfAtom(pattern, at);
                    last = 1;
                    size++;
                    break;
            }

            (size, last) = (Math.Min(size, Huge), Math.Min(last, Huge));
        }

        return size;
    }

    // The last character of an escape, a class or a letter.
    private static int EndOfAtom(string pattern, int at)
    {
        if (pattern[at] == '\\')
        {
            var isCategory = at + 2 < pattern.Length && pattern[at + 1] is 'p' or 'P' && pattern[at + 2] == '{';
            return isCategory && pattern.IndexOf('}', at) is > 0 and var end ? end : at + 1;
        }

        if (pattern[at] != '[') return at;
        var first = at + (pattern.AsSpan(at).StartsWith("[^") ? 2 : 1);
        var depth = 1;
        for (at = first; at < pattern.Length; at++)
        {
            if (pattern[at] == '\\') at++;
            else if (pattern[at] == '[' && pattern[at - 1] == '-') depth++;
            // A bracket that comes first is one of the class.
            else if (pattern[at] == ']' && at > first && --depth == 0) break;
        }

        return at;
    }

    // {3}, {3,} or {3,20}; anything else in braces is what it says.
    private static bool TryReadTimes(string pattern, ref int at, out long times)
    {
        times = 0;
        var end = pattern.IndexOf('}', at);
        if (end < 0) return false;
        var parts = pattern[(at + 1)..end].Split(',');
        if (parts.Length > 2 || !uint.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var least)) return false;
        var most = least;
        if (parts is [_, { Length: > 0 } upper] && !uint.TryParse(upper, NumberStyles.None, CultureInfo.InvariantCulture, out most)) return false;
        times = Math.Min(Math.Max(least, most), Huge);
        at = end;
        return true;
    }
}
