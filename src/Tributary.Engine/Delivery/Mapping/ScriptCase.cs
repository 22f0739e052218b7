using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Tributary.Engine.Delivery.Mapping;

/// <summary>
/// Upper and lower case as JavaScript has them: .NET maps one character to one, and this adds what Unicode's SpecialCasing says beyond that (ß becomes SS, a
/// final Σ becomes ς). Letters that came with Unicode 17 are as .NET knows them.
/// </summary>
internal static class ScriptCase
{
    // A letter and what becomes of it, from Unicode's SpecialCasing and the two letters that .NET's invariant culture leaves alone.
    private const string Uppers =
        "\u0131I \u017fS " +
        "\u00dfSS \u0149\u02bcN \u01f0J\u030c \u0390\u0399\u0308\u0301 \u03b0\u03a5\u0308\u0301 \u0587\u0535\u0552 \u1e96H\u0331 \u1e97T\u0308 " +
        "\u1e98W\u030a \u1e99Y\u030a \u1e9aA\u02be \u1f50\u03a5\u0313 \u1f52\u03a5\u0313\u0300 \u1f54\u03a5\u0313\u0301 \u1f56\u03a5\u0313\u0342 " +
        "\u1f80\u1f08\u0399 \u1f81\u1f09\u0399 \u1f82\u1f0a\u0399 \u1f83\u1f0b\u0399 \u1f84\u1f0c\u0399 \u1f85\u1f0d\u0399 \u1f86\u1f0e\u0399 " +
        "\u1f87\u1f0f\u0399 \u1f88\u1f08\u0399 \u1f89\u1f09\u0399 \u1f8a\u1f0a\u0399 \u1f8b\u1f0b\u0399 \u1f8c\u1f0c\u0399 \u1f8d\u1f0d\u0399 " +
        "\u1f8e\u1f0e\u0399 \u1f8f\u1f0f\u0399 \u1f90\u1f28\u0399 \u1f91\u1f29\u0399 \u1f92\u1f2a\u0399 \u1f93\u1f2b\u0399 \u1f94\u1f2c\u0399 " +
        "\u1f95\u1f2d\u0399 \u1f96\u1f2e\u0399 \u1f97\u1f2f\u0399 \u1f98\u1f28\u0399 \u1f99\u1f29\u0399 \u1f9a\u1f2a\u0399 \u1f9b\u1f2b\u0399 " +
        "\u1f9c\u1f2c\u0399 \u1f9d\u1f2d\u0399 \u1f9e\u1f2e\u0399 \u1f9f\u1f2f\u0399 \u1fa0\u1f68\u0399 \u1fa1\u1f69\u0399 \u1fa2\u1f6a\u0399 " +
        "\u1fa3\u1f6b\u0399 \u1fa4\u1f6c\u0399 \u1fa5\u1f6d\u0399 \u1fa6\u1f6e\u0399 \u1fa7\u1f6f\u0399 \u1fa8\u1f68\u0399 \u1fa9\u1f69\u0399 " +
        "\u1faa\u1f6a\u0399 \u1fab\u1f6b\u0399 \u1fac\u1f6c\u0399 \u1fad\u1f6d\u0399 \u1fae\u1f6e\u0399 \u1faf\u1f6f\u0399 \u1fb2\u1fba\u0399 " +
        "\u1fb3\u0391\u0399 \u1fb4\u0386\u0399 \u1fb6\u0391\u0342 \u1fb7\u0391\u0342\u0399 \u1fbc\u0391\u0399 \u1fc2\u1fca\u0399 \u1fc3\u0397\u0399 " +
        "\u1fc4\u0389\u0399 \u1fc6\u0397\u0342 \u1fc7\u0397\u0342\u0399 \u1fcc\u0397\u0399 \u1fd2\u0399\u0308\u0300 \u1fd3\u0399\u0308\u0301 " +
        "\u1fd6\u0399\u0342 \u1fd7\u0399\u0308\u0342 \u1fe2\u03a5\u0308\u0300 \u1fe3\u03a5\u0308\u0301 \u1fe4\u03a1\u0313 \u1fe6\u03a5\u0342 " +
        "\u1fe7\u03a5\u0308\u0342 \u1ff2\u1ffa\u0399 \u1ff3\u03a9\u0399 \u1ff4\u038f\u0399 \u1ff6\u03a9\u0342 \u1ff7\u03a9\u0342\u0399 " +
        "\u1ffc\u03a9\u0399 \ufb00FF \ufb01FI \ufb02FL \ufb03FFI \ufb04FFL \ufb05ST \ufb06ST \ufb13\u0544\u0546 \ufb14\u0544\u0535 \ufb15\u0544\u053b " +
        "\ufb16\u054e\u0546 \ufb17\u0544\u053d";

    // Characters that a word may hold without ending: Unicode's MidLetter, MidNumLet and Single_Quote.
    private const string InsideWords = "'.:^\u00b7\u0387\u055f\u05f4\u2018\u2019\u2024\u2027\ufe13\ufe52\ufe55\uff07\uff0e\uff1a";

    private static readonly FrozenDictionary<char, string> Special = Uppers.Split(' ').ToFrozenDictionary(pair => pair[0], pair => pair[1..]);

    public static string Upper(string text)
    {
        var upper = text.ToUpperInvariant();
        if (Ascii.IsValid(text)) return upper;
        var special = new StringBuilder(text.Length + 8);
        for (var at = 0; at < text.Length; at++)
        {
            if (Special.TryGetValue(text[at], out var several)) special.Append(several);
            else special.Append(upper[at]);
        }

        return special.ToString();
    }

    public static string Lower(string text)
    {
        var lower = text.ToLowerInvariant();
        if (text.AsSpan().IndexOfAny('\u03a3', '\u0130') < 0) return lower;
        var special = new StringBuilder(text.Length + 8);
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] == '\u0130') special.Append("i\u0307");
            else if (text[at] == '\u03a3') special.Append(IsFinal(text, at) ? '\u03c2' : '\u03c3');
            else special.Append(lower[at]);
        }

        return special.ToString();
    }

    /// <summary>What a regular expression with the flag <c>i</c> compares: one UTF-16 unit, which never becomes ASCII if it was not.</summary>
    public static char Canonical(char unit)
    {
        if (char.IsAscii(unit)) return char.ToUpperInvariant(unit);
        if (Special.ContainsKey(unit)) return unit;
        return char.ToUpperInvariant(unit) is var upper && char.IsAscii(upper) ? unit : upper;
    }

    private static bool IsFinal(string text, int sigma)
    {
        var before = sigma;
        while (before > 0)
        {
            before -= before > 1 && char.IsSurrogatePair(text[before - 2], text[before - 1]) ? 2 : 1;
            if (!IsIgnored(text, before)) break;
            if (before == 0) return false;
        }

        if (before == sigma || !IsCased(text, before)) return false;
        var after = sigma + 1;
        while (after < text.Length && IsIgnored(text, after)) after += char.IsSurrogatePair(text, after) ? 2 : 1;
        return after >= text.Length || !IsCased(text, after);
    }

    private static bool IsCased(string text, int at) =>
        CharUnicodeInfo.GetUnicodeCategory(text, at) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
        || text[at] is 'ª' or 'º' or (>= '\u2160' and <= '\u217f') or (>= '\u24b6' and <= '\u24e9');

    private static bool IsIgnored(string text, int at) =>
        InsideWords.Contains(text[at], StringComparison.Ordinal)
        || CharUnicodeInfo.GetUnicodeCategory(text, at) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format
            or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol;
}
