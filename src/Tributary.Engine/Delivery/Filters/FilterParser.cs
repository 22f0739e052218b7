using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Tributary.Engine.Delivery.Fql;

namespace Tributary.Engine.Delivery.Filters;

/// <summary>
/// Reads the statement of a destination filter. <c>!</c> binds closest, then comparisons, then <c>and</c>, then <c>or</c>; parentheses nest. Grammar:
/// spec/connections.md §5.4.
/// </summary>
internal sealed class FilterParser
{
    /// <summary>Longest statement, in bytes of UTF-8.</summary>
    public const int BytesMax = 5_000;

    /// <summary>Deepest nesting of parentheses, negations, lists and calls.</summary>
    public const int DepthMax = 64;

    private readonly string _text;
    private int _at;
    private int _depth;
    private FqlFault? _fault;

    private FilterParser(string text) => _text = text;

    /// <returns>The statement, or what was expected and where.</returns>
    public static (FilterExpression? Expression, FqlFault? Fault) Parse(string fql)
    {
        if (Encoding.UTF8.GetByteCount(fql) > BytesMax) return (null, new FqlFault($"A statement has at most {BytesMax} bytes.", null));
        var parser = new FilterParser(fql);
        var expression = parser.ReadOr();
        parser.SkipSpace();
        if (parser._at < fql.Length) parser.Expected("and, or, or the end");
        return parser._fault is { } fault ? (null, fault) : (expression, null);
    }

    private FilterExpression ReadOr() => ReadJunction("or", isAnd: false, () => ReadJunction("and", isAnd: true, ReadUnary));

    private FilterExpression ReadJunction(string word, bool isAnd, Func<FilterExpression> readOperand)
    {
        var first = readOperand();
        if (!TakeWord(word)) return first;
        var operands = ImmutableArray.CreateBuilder<FilterExpression>();
        operands.Add(first);
        do operands.Add(readOperand());
        while (_fault is null && TakeWord(word));
        return new FilterJunction(isAnd, operands.ToImmutable());
    }

    private FilterExpression ReadUnary()
    {
        SkipSpace();
        if (Next == '!' && Following != '=') return Deeper(() => new FilterNot(ReadUnary()));
        if (Next == '(')
        {
            var inner = Deeper(ReadOr);
            Take(')', ")");
            return inner;
        }

        var left = ReadOperand();
        return TakeOperator() is { } comparison ? new FilterComparison(comparison, left, ReadOperand()) : left;
    }

    private FilterExpression ReadOperand()
    {
        SkipSpace();
        if (_fault is not null) return new FilterLiteral(null);
        switch (Next)
        {
            case '"' or '\'':
                return new FilterLiteral(ReadText());
            case '[':
                return Deeper(() => new FilterList(ReadElements(']', "]")));
            case '+' or '-' or (>= '0' and <= '9'):
                return new FilterLiteral(ReadNumber());
            default:
                return IsNameStart(Next) ? ReadName() : Expected("a field, a value or a function");
        }
    }

    private FilterExpression ReadName()
    {
        var start = _at;
        var names = ImmutableArray.CreateBuilder<string>();
        names.Add(ReadIdentifier());
        var isPlain = _text.AsSpan(start, _at - start).IndexOf('\\') < 0;
        if (isPlain && Next != '.')
        {
            switch (names[0])
            {
                case "true" or "false":
                    return new FilterLiteral(names[0] == "true");
                case "null":
                    return new FilterLiteral(null);
                case "and" or "or" or "in":
                    _at = start;
                    return Expected("a field, a value or a function");
            }

            var end = _at;
            SkipSpace();
            if (Next == '(') return ReadCall(names[0], start);
            _at = end;
        }

        while (Next == '.')
        {
            _at++;
            if (!IsNameStart(Next)) return Expected("the name of a field");
            names.Add(ReadIdentifier());
        }

        return new FilterPath(names.ToImmutable());
    }

    private FilterExpression ReadCall(string name, int start)
    {
        if (!FilterFunctions.TryParse(name, out var function))
        {
            _fault ??= new FqlFault($"There is no function {name}. There are {FilterFunctions.Names}.", start);
            return new FilterLiteral(null);
        }

        var call = (FilterCall)Deeper(() => new FilterCall(function, ReadElements(')', ")")));
        if (_fault is not null) return call;
        if (call.Arguments.Length != function.ArgumentCount()) _fault = new FqlFault($"{name} takes {function.ArgumentCount()} argument(s), not {call.Arguments.Length}.", start);
        else if (call is { Function: FilterFunction.Match, Arguments: [_, FilterLiteral { Value: string pattern }] } && Glob.Read(pattern).Fault is { } wrong) _fault = new FqlFault(wrong, start);
        return call;
    }

    private ImmutableArray<FilterExpression> ReadElements(char close, string closeName)
    {
        var elements = ImmutableArray.CreateBuilder<FilterExpression>();
        SkipSpace();
        if (Next != close)
        {
            do elements.Add(ReadOperand());
            while (_fault is null && TakeComma());
        }

        Take(close, $", or {closeName}");
        return elements.ToImmutable();
    }

    private string ReadIdentifier()
    {
        var name = new StringBuilder();
        while (_at < _text.Length && (char.IsAsciiLetterOrDigit(Next) || Next is '_' or '-' or '\\'))
        {
            if (Next == '\\' && ++_at >= _text.Length) break;
            name.Append(_text[_at++]);
        }

        if (name.Length == 0) Expected("a character behind the backslash");
        return name.ToString();
    }

    // A backslash that means nothing to a text stays in it, so that a pattern can have its own.
    private string ReadText()
    {
        var start = _at;
        var quote = _text[_at++];
        var text = new StringBuilder();
        while (_at < _text.Length && Next != quote)
        {
            var character = _text[_at++];
            if (character == '\\' && (Next is '\\' or '"' or '\'')) character = _text[_at++];
            else if (character == '\\' && (Next is 'n' or 't' or 'r')) character = _text[_at++] switch { 'n' => '\n', 't' => '\t', _ => '\r' };
            text.Append(character);
        }

        if (_at >= _text.Length) _fault ??= new FqlFault("The text that begins here has no end.", start);
        else _at++;
        return text.ToString();
    }

    private double ReadNumber()
    {
        var start = _at;
        if (Next is '+' or '-') _at++;
        while (char.IsAsciiDigit(Next) || Next == '.') _at++;
        var isNumber = double.TryParse(_text.AsSpan(start, _at - start), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number);
        if (!isNumber || !char.IsAsciiDigit(_text[_at - 1]) || !double.IsFinite(number)) _fault ??= new FqlFault("A number is digits with at most one point between them.", start);
        return number;
    }

    private string? TakeOperator()
    {
        SkipSpace();
        if (TakeWord("in")) return "in";
        foreach (var comparison in (ReadOnlySpan<string>)["!=", "<=", ">=", "=", "<", ">"])
        {
            if (string.CompareOrdinal(_text, _at, comparison, 0, comparison.Length) != 0) continue;
            _at += comparison.Length;
            return comparison;
        }

        return null;
    }

    private bool TakeWord(string word)
    {
        SkipSpace();
        var end = _at + word.Length;
        if (_fault is not null || string.CompareOrdinal(_text, _at, word, 0, word.Length) != 0) return false;
        if (end < _text.Length && (char.IsAsciiLetterOrDigit(_text[end]) || _text[end] is '_' or '-' or '\\' or '.')) return false;
        _at = end;
        return true;
    }

    private bool TakeComma()
    {
        SkipSpace();
        if (Next != ',') return false;
        _at++;
        return true;
    }

    private void Take(char character, string name)
    {
        SkipSpace();
        if (_fault is not null) return;
        if (Next != character) Expected(name);
        else _at++;
    }

    private FilterExpression Deeper(Func<FilterExpression> read)
    {
        _at = Math.Min(_at + 1, _text.Length);
        if (++_depth > DepthMax) _fault ??= new FqlFault($"A statement nests at most {DepthMax} levels.", _at - 1);
        var inner = _fault is null ? read() : new FilterLiteral(null);
        _depth--;
        return inner;
    }

    private FilterLiteral Expected(string what)
    {
        _fault ??= new FqlFault($"Expected {what}, found {(_at < _text.Length ? $"'{_text[_at]}'" : "the end")}.", Math.Min(_at, _text.Length));
        return new FilterLiteral(null);
    }

    private void SkipSpace()
    {
        while (Next is ' ' or '\t' or '\n' or '\r') _at++;
    }

    private char Next => _at < _text.Length ? _text[_at] : '\0';

    private char Following => _at + 1 < _text.Length ? _text[_at + 1] : '\0';

    private static bool IsNameStart(char character) => char.IsAsciiLetter(character) || character is '_' or '\\';
}
