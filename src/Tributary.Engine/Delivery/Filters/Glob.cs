using System.Text;

namespace Tributary.Engine.Delivery.Filters;

/// <summary>
/// The pattern of <c>match</c>: <c>*</c> is any number of characters, <c>?</c> is one, <c>[abc]</c>, <c>[a-z]</c> and <c>[^abc]</c> are one of or none of,
/// <c>\x</c> is x itself. The whole text has to match, and case counts. A character is a Unicode code point.
/// </summary>
internal sealed class Glob
{
    private readonly List<Piece> _pieces = [];

    private Glob()
    {
    }

    /// <returns>The pattern, or what is wrong with it.</returns>
    public static (Glob? Glob, string? Fault) Read(string pattern)
    {
        var glob = new Glob();
        var runes = Runes(pattern);
        for (var at = 0; at < runes.Length; at++)
        {
            switch (runes[at])
            {
                case '*':
                    if (glob._pieces is not [.., { IsAny: true }]) glob._pieces.Add(new Piece(true, true, []));
                    break;
                case '?':
                    glob._pieces.Add(new Piece(false, true, []));
                    break;
                case '[':
                    if (glob.ReadClass(runes, ref at) is { } fault) return (null, fault);
                    break;
                case '\\' when at + 1 >= runes.Length:
                    return (null, "A pattern must not end with a backslash.");
                case '\\':
                    glob._pieces.Add(Piece.One(runes[++at]));
                    break;
                default:
                    glob._pieces.Add(Piece.One(runes[at]));
                    break;
            }
        }

        return (glob, null);
    }

    public bool Matches(string text)
    {
        var runes = Runes(text);
        var (at, piece, star, retry) = (0, 0, -1, 0);
        while (at < runes.Length)
        {
            if (piece < _pieces.Count && _pieces[piece].IsAny)
            {
                star = piece++;
                retry = at;
            }
            else if (piece < _pieces.Count && _pieces[piece].Accepts(runes[at]))
            {
                piece++;
                at++;
            }
            else if (star >= 0)
            {
                // Only the last star has to give way: what the earlier ones took was as short as possible.
                piece = star + 1;
                at = ++retry;
            }
            else
            {
                return false;
            }
        }

        while (piece < _pieces.Count && _pieces[piece].IsAny) piece++;
        return piece == _pieces.Count;
    }

    private string? ReadClass(int[] runes, ref int at)
    {
        const string open = "A pattern has [ without ].";
        var ranges = new List<(int First, int Last)>();
        var isNegated = at + 1 < runes.Length && runes[at + 1] == '^';
        at += isNegated ? 2 : 1;
        for (; at < runes.Length && runes[at] != ']'; at++)
        {
            if (runes[at] == '\\' && ++at >= runes.Length) return open;
            var first = runes[at];
            var last = first;
            if (at + 2 < runes.Length && runes[at + 1] == '-' && runes[at + 2] != ']')
            {
                at += 2;
                if (runes[at] == '\\' && ++at >= runes.Length) return open;
                last = runes[at];
            }

            if (last < first) return "A range in a pattern ends before it begins.";
            ranges.Add((first, last));
        }

        if (at >= runes.Length) return open;
        if (ranges.Count == 0) return "A pattern has [] with nothing in it.";
        _pieces.Add(new Piece(false, isNegated, ranges));
        return null;
    }

    private static int[] Runes(string text)
    {
        var runes = new List<int>(text.Length);
        for (var at = 0; at < text.Length; at++)
        {
            var isPair = at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1]);
            runes.Add(isPair ? new Rune(text[at], text[++at]).Value : text[at]);
        }

        return [.. runes];
    }

    private sealed record Piece(bool IsAny, bool IsNegated, List<(int First, int Last)> Ranges)
    {
        public static Piece One(int rune) => new(false, false, [(rune, rune)]);

        public bool Accepts(int rune)
        {
            foreach (var (first, last) in Ranges)
            {
                if (rune >= first && rune <= last) return !IsNegated;
            }

            return IsNegated;
        }
    }
}
