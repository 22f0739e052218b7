using System.Text;

namespace Tributary.Engine.Delivery.Fql;

/// <summary>
/// Cuts a trigger into words exactly as Segment's <c>fql-ts</c> does, oddities included: what a subscription means must not depend on who runs it. Rules:
/// spec/actions-and-functions.md §4.1.
/// </summary>
internal sealed class TriggerLexer
{
    private const int WordLengthMax = 100_000;

    // Longest path that is read in one piece; what is longer goes word by word, where limits are looked after.
    private const int PathLengthMax = 1_000;

    private const int TokensKeptMax = 32;

    [ThreadStatic]
    private static List<TriggerToken>? _kept;

    private readonly string _text;
    private int _at;
    private FqlFault? _fault;

    private TriggerLexer(string text) => _text = text;

    /// <summary>The words with the end as the last, or the first fault.</summary>
    public static (List<TriggerToken> Tokens, FqlFault? Fault) Read(string text)
    {
        var lexer = new TriggerLexer(text);
        var tokens = _kept ?? new List<TriggerToken>(TokensKeptMax);
        _kept = null;
        while (lexer._fault is null)
        {
            if (lexer._at >= text.Length)
            {
                tokens.Add(new TriggerToken(TriggerTokenKind.End, "eos", text.Length));
                return (tokens, null);
            }

            var start = lexer._at;
            var first = text[lexer._at++];
            if (IsWhiteSpace(first)) continue;
            var (kind, value) = lexer.ReadWord(first, start);
            tokens.Add(new TriggerToken(kind, value, start));
        }

        return (tokens, lexer._fault);
    }

    /// <summary>Takes back a list whose words are no longer looked at, for the next text that this thread reads.</summary>
    public static void Return(List<TriggerToken> tokens)
    {
        if (tokens.Capacity > TokensKeptMax) return;
        tokens.Clear();
        _kept = tokens;
    }

    private (TriggerTokenKind Kind, string Value) ReadWord(char first, int start)
    {
        if (first == '!' && (char.IsAsciiLetter(Next) || Next == '(')) return (TriggerTokenKind.Operator, "!");
        if (char.IsAsciiLetter(first) || first is '!' or '=' or '>' or '<' or '\\' or '_') return ReadName(first, start);
        if (char.IsAsciiDigit(first) || first is '-' or '+') return ReadNumber(start);
        switch (first)
        {
            case '"' or '\'':
                return ReadText(first, start);
            case '.':
                return (TriggerTokenKind.Dot, ".");
            case '[':
                return (TriggerTokenKind.BracketLeft, "[");
            case ']':
                return (TriggerTokenKind.BracketRight, "]");
            case ',':
                return (TriggerTokenKind.Comma, ",");
            case '(':
                return (TriggerTokenKind.ParenthesisLeft, "(");
            case ')':
                return (TriggerTokenKind.ParenthesisRight, ")");
            default:
                return Fail($"The character {Show(first)} has no meaning here.", start);
        }
    }

    private (TriggerTokenKind Kind, string Value) ReadName(char first, int start)
    {
        switch (first)
        {
            case '=':
                return (TriggerTokenKind.Operator, "=");
            case '!':
                return Accept("=") ? (TriggerTokenKind.Operator, "!=") : Fail("Write != with a space behind it, or ! before contains, match or a parenthesis.", start);
            case 'a' when Accept("nd"):
                return (TriggerTokenKind.Conditional, "and");
            case 'o' when Accept("r"):
                return (TriggerTokenKind.Conditional, "or");
            case 'n' when Accept("ull"):
                return (TriggerTokenKind.Null, "null");
            case '<' or '>':
                return (TriggerTokenKind.Operator, (Accept("="), first) switch { (true, '<') => "<=", (true, _) => ">=", (_, '<') => "<", _ => ">" });
            default:
                return ReadIdentifier(first);
        }
    }

    private (TriggerTokenKind Kind, string Value) ReadIdentifier(char first)
    {
        var plain = PlainEnd();
        if (first != '\\' && plain < _text.Length && _text[plain] != '\\' && plain - _at < WordLengthMax - 1 && (IsTerminatorCharacter(_text[plain]) || _text[plain] is '.' or '(' or '=' or '!'))
        {
            var start = _at - 1;
            _at = PathEnd(plain);
            return (TriggerTokenKind.Name, Known(_text.AsSpan(start, _at - start)) ?? _text[start.._at]);
        }

        var name = new StringBuilder();
        for (var letter = first; ; letter = _text[_at++])
        {
            if (letter == '\\')
            {
                if (_at >= _text.Length) return Fail("A backslash needs a character behind it.", _at - 1);
                letter = _text[_at++];
            }

            name.Append(letter);
            if (name.Length >= WordLengthMax) return Fail($"A name has at most {WordLengthMax - 1} characters.", _at);
            if (_at >= _text.Length || !(char.IsAsciiLetterOrDigit(Next) || Next is '_' or '-' or '\\')) break;
        }

        return IsTerminator || Next is '.' or '(' or '=' or '!'
            ? (TriggerTokenKind.Name, name.ToString())
            : Fail($"The character {Show(Next)} must not follow a name directly. Put a space between them, or a backslash before it if it belongs to the name.", _at);
    }

    // Names between dots are joined later. Here are those joined that cannot be mistaken for a number or the beginning of a keyword, and that nothing is wrong with.
    private int PathEnd(int end)
    {
        while (end + 1 < _text.Length && _text[end] == '.' && end - _at < PathLengthMax)
        {
            var first = _text[end + 1];
            if (!(char.IsAsciiLetter(first) || first == '_') || first is 'a' or 'n' or 'o') return end;
            var next = PlainEnd(end + 1);
            if (next - end > PathLengthMax) return end;
            if (next < _text.Length && !(IsTerminatorCharacter(_text[next]) || _text[next] is '.' or '(' or '=' or '!')) return end;
            end = next;
        }

        return end;
    }

    private static string? Known(ReadOnlySpan<char> name) => name switch
    {
        "type" => "type",
        "event" => "event",
        "name" => "name",
        "userId" => "userId",
        "contains" => "contains",
        "match" => "match",
        "true" => "true",
        "false" => "false",
        _ => null,
    };

    // Most names have no escape and are one piece of the text. Where a look-ahead has eaten the end of the text the character before is not the first one.
    private int PlainEnd() => PlainEnd(_at);

    private int PlainEnd(int start)
    {
        var end = start;
        while (end < _text.Length && (char.IsAsciiLetterOrDigit(_text[end]) || _text[end] is '_' or '-')) end++;
        return end;
    }

    private (TriggerTokenKind Kind, string Value) ReadNumber(int start)
    {
        var hasPoint = false;
        while (_at < _text.Length && (char.IsAsciiDigit(Next) || Next == '.'))
        {
            var isPoint = Next == '.';
            _at++;
            if (isPoint && IsTerminator) return Fail("A number must not end with a point.", _at - 1);
            if (isPoint && hasPoint) return Fail("A number has one point at most.", _at - 1);
            hasPoint |= isPoint;
            if (_at - start > WordLengthMax) return Fail($"A number has at most {WordLengthMax} digits.", _at);
        }

        return (TriggerTokenKind.Number, _text[start.._at]);
    }

    private (TriggerTokenKind Kind, string Value) ReadText(char quote, int start)
    {
        var end = _text.IndexOf(quote, _at);
        if (end < 0) return Fail($"The text that begins here has no end: {Show(quote)} is missing, or something follows it without a space.", start);
        if (end - _at >= WordLengthMax) return Fail($"A text has at most {WordLengthMax - 1} characters.", start);
        var text = _text[start..(end + 1)];
        _at = end;
        // A quote that nothing may follow directly but a space, comma or bracket; otherwise it opens the next text.
        Accept(quote == '"' ? "\"" : "'");
        return (TriggerTokenKind.Text, text);
    }

    // Looks for a word with an end behind it. At the end of the text it does not go back, as in the original, so that "an" becomes "a".
    private bool Accept(string word)
    {
        var start = _at;
        var taken = 0;
        while (taken < word.Length)
        {
            if (_at >= _text.Length) return false;
            taken++;
            _at++;
            if (IsTerminatorCharacter(_text[_at - 1])) break;
        }

        if (taken == word.Length && string.CompareOrdinal(_text, start, word, 0, taken) == 0 && IsTerminator) return true;
        _at = start;
        return false;
    }

    private char Next => _at < _text.Length ? _text[_at] : '\0';

    private bool IsTerminator => _at >= _text.Length || IsTerminatorCharacter(_text[_at]);

    private static bool IsTerminatorCharacter(char character) => IsWhiteSpace(character) || character is ',' or ']' or ')';

    private static bool IsWhiteSpace(char character) => character is ' ' or '\t' or '\n';

    private static string Show(char character) => character is '\'' ? "\"'\"" : char.IsControl(character) || char.IsSurrogate(character) ? $"U+{(int)character:X4}" : $"'{character}'";

    private (TriggerTokenKind Kind, string Value) Fail(string message, int position)
    {
        _fault = new FqlFault(message, position);
        return (TriggerTokenKind.End, "");
    }
}
