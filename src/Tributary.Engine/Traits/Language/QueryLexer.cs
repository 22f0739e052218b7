using System.Globalization;
using System.Text;

namespace Tributary.Engine.Traits.Language;

/// <summary>What a token is.</summary>
internal enum QueryTokenKind
{
    End,

    /// <summary>A word such as <c>trait</c>, <c>AND</c> or <c>days</c>.</summary>
    Word,

    /// <summary>A text, a number or an instant.</summary>
    Value,

    /// <summary>A bracket, a dot, a comma, a sign of comparison.</summary>
    Sign,
}

/// <summary>A word, value or sign of a query, and where it stands.</summary>
internal readonly record struct QueryToken(QueryTokenKind Kind, int Position, int Length, string Text, QueryValue Value)
{
    public bool Is(string text) => Kind is QueryTokenKind.Word or QueryTokenKind.Sign && Text == text;

    /// <summary>The token as a message names it.</summary>
    public override string ToString() => Kind switch
    {
        QueryTokenKind.End => "the end of the query",
        QueryTokenKind.Word or QueryTokenKind.Sign or QueryTokenKind.Value => $"\"{Text}\"",
    };
}

/// <summary>Takes a query apart into tokens.</summary>
internal static class QueryLexer
{
    private const string OneCharacterSigns = "().,:{}[]=<>";

    /// <summary>All tokens; the last one is <see cref="QueryTokenKind.End"/>.</summary>
    /// <exception cref="QueryFaultException">A character or a value that is none.</exception>
    public static List<QueryToken> Read(string query)
    {
        var tokens = new List<QueryToken>();
        var at = 0;
        while (true)
        {
            while (at < query.Length && char.IsWhiteSpace(query[at])) at++;
            if (at == query.Length) break;
            var token = ReadToken(query, at);
            tokens.Add(token);
            at += token.Length;
        }

        tokens.Add(new QueryToken(QueryTokenKind.End, query.Length, 0, "", default));
        return tokens;
    }

    private static QueryToken ReadToken(string query, int at)
    {
        var first = query[at];
        if (first == '\'') return ReadText(query, at);
        if (char.IsAsciiDigit(first) || (first == '-' && at + 1 < query.Length && char.IsAsciiDigit(query[at + 1]))) return ReadNumber(query, at);
        if (char.IsAsciiLetter(first) || first == '_')
        {
            var end = at;
            while (end < query.Length && (char.IsAsciiLetterOrDigit(query[end]) || query[end] == '_')) end++;
            return new QueryToken(QueryTokenKind.Word, at, end - at, query[at..end], default);
        }

        if (at + 1 < query.Length && query.Substring(at, 2) is "==" or "!=" or ">=" or "<=") return Sign(query, at, 2);
        if (OneCharacterSigns.Contains(first, StringComparison.Ordinal)) return Sign(query, at, 1);
        throw first switch
        {
            '"' or '‘' or '’' or '“' or '”' => Fault(at, 1, $"{first} does not begin a text.", "'…'"),
            '&' => Fault(at, 1, "& is not a word of the language.", "AND"),
            '|' => Fault(at, 1, "| is not a word of the language.", "OR"),
            '!' => Fault(at, 1, "! is not a word of the language.", "NOT"),
            _ => Fault(at, 1, $"The character {first} has no meaning here.", null),
        };
    }

    private static QueryToken Sign(string query, int at, int length) => new(QueryTokenKind.Sign, at, length, query.Substring(at, length), default);

    // \' is a quote and \\ a backslash; any other backslash stands for itself, because names have them before dots.
    private static QueryToken ReadText(string query, int at)
    {
        var text = new StringBuilder();
        for (var i = at + 1; i < query.Length; i++)
        {
            if (query[i] == '\'') return new QueryToken(QueryTokenKind.Value, at, i + 1 - at, query[at..(i + 1)], QueryValue.Of(text.ToString()));
            if (query[i] == '\\' && i + 1 < query.Length && query[i + 1] is '\'' or '\\') i++;
            text.Append(query[i]);
        }

        throw Fault(at, query.Length - at, "The text that begins here does not end.", "'…'");
    }

    private static QueryToken ReadNumber(string query, int at)
    {
        var end = at + 1;
        while (end < query.Length && (char.IsAsciiLetterOrDigit(query[end]) || query[end] is ':' or '-' or '+' || (query[end] == '.' && end + 1 < query.Length && char.IsAsciiDigit(query[end + 1]))))
            end++;
        var text = query[at..end];
        if (ValueComparison.ReadInstant(text) is { } instant) return new QueryToken(QueryTokenKind.Value, at, text.Length, text, QueryValue.OfInstant(instant, text));
        if (text.Length > 4 && text[4] == '-' && text.AsSpan(0, 4).IndexOfAnyExceptInRange('0', '9') < 0) throw Fault(at, text.Length, $"{text} is no date. Write yyyy-mm-dd, or a time with Z or an offset.", null);
        // "7days" is a number and a word without the blank between them.
        var digits = at + 1;
        while (digits < end && (char.IsAsciiDigit(query[digits]) || query[digits] == '.' || IsExponent(query, digits, end))) digits++;
        text = query[at..digits];
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
            return new QueryToken(QueryTokenKind.Value, at, text.Length, text, QueryValue.Of(number));
        throw Fault(at, text.Length, $"{text} is no number.", null);
    }

    private static bool IsExponent(string query, int at, int end)
    {
        if (query[at] is 'e' or 'E') return at + 1 < end && (char.IsAsciiDigit(query[at + 1]) || (query[at + 1] is '-' or '+' && at + 2 < end && char.IsAsciiDigit(query[at + 2])));
        return query[at] is '-' or '+' && query[at - 1] is 'e' or 'E';
    }

    private static QueryFaultException Fault(int at, int length, string message, string? suggestion) => new(new QueryFault(at, length, message, [], suggestion));
}
