using System.Numerics;
using System.Runtime.Intrinsics;

namespace Tributary.Engine.Delivery.Fql;

// The reading itself: RFC 8259 to the letter, in one pass that writes the places. A general reader costs twice as much, and every event is read once for each
// destination. What it accepts is what Utf8JsonReader accepts; a test holds it to that.
public sealed partial class EventDocument
{
    private bool Scan(ReadOnlySpan<byte> json)
    {
        var at = 0;
        var depth = 0;
        // While a list or an object is open, Next of its place is the index of the one around it.
        var around = -1;
        var isObject = false;
        while (true)
        {
            if (_count + 2 > _places.Length) Array.Resize(ref _places, _places.Length * 2);
            if (isObject && !TryScanName(json, ref at)) return false;
            if (!SkipSpace(json, ref at)) return false;
            ref var place = ref _places[_count];
            place.Start = at;
            place.IsEscaped = false;
            var first = json[at];
            if (first is (byte)'{' or (byte)'[')
            {
                if (++depth > DepthMax) return false;
                isObject = first == '{';
                place.Kind = isObject ? ScriptKind.Object : ScriptKind.Array;
                place.Next = around;
                around = _count++;
                at++;
                if (!SkipSpace(json, ref at)) return false;
                if (json[at] != (isObject ? '}' : ']')) continue;
            }
            else
            {
                if (!TryScanScalar(json, ref at, ref place)) return false;
                place.Next = ++_count;
                if (isObject) _places[_count - 2].Next = _count;
            }

            // Behind a value: everything that ends here, and then a comma or the end of the text.
            while (true)
            {
                var isMore = SkipSpace(json, ref at);
                if (around < 0) return !isMore;
                if (!isMore) return false;
                if (json[at] == ',') break;
                if (json[at] != (isObject ? '}' : ']')) return false;
                at++;
                depth--;
                ref var closed = ref _places[around];
                closed.Length = at - closed.Start;
                (var inner, around, closed.Next) = (around, closed.Next, _count);
                isObject = around >= 0 && _places[around].Kind == ScriptKind.Object;
                if (isObject) _places[inner - 1].Next = _count;
            }

            at++;
        }
    }

    private bool TryScanName(ReadOnlySpan<byte> json, ref int at)
    {
        if (!SkipSpace(json, ref at) || json[at] != '"') return false;
        ref var name = ref _places[_count];
        if (!TryScanText(json, ref at, ref name)) return false;
        name.Head = Needle.HeadOf(json, name.Start, name.Length);
        _count++;
        if ((name.IsEscaped || name.Length == Needle.Prototype.Utf8.Length) && IsText(_count - 1, Needle.Prototype)) IsPlain = false;
        if (!SkipSpace(json, ref at) || json[at] != ':') return false;
        at++;
        return true;
    }

    private bool TryScanScalar(ReadOnlySpan<byte> json, ref int at, ref Place place)
    {
        switch (json[at])
        {
            case (byte)'"':
                return TryScanText(json, ref at, ref place);
            case (byte)'t':
                return TryScanWord(json, "true"u8, ScriptKind.True, ref at, ref place);
            case (byte)'f':
                return TryScanWord(json, "false"u8, ScriptKind.False, ref at, ref place);
            case (byte)'n':
                return TryScanWord(json, "null"u8, ScriptKind.Null, ref at, ref place);
            default:
                return TryScanNumber(json, ref at, ref place);
        }
    }

    private static bool TryScanWord(ReadOnlySpan<byte> json, ReadOnlySpan<byte> word, ScriptKind kind, ref int at, ref Place place)
    {
        if (!json[at..].StartsWith(word)) return false;
        place.Kind = kind;
        place.Length = word.Length;
        at += word.Length;
        return true;
    }

    private bool TryScanNumber(ReadOnlySpan<byte> json, ref int at, ref Place place)
    {
        var start = at;
        if (json[at] == '-') at++;
        var isZero = at < json.Length && json[at] == '0';
        var digits = CountDigits(json, ref at);
        if (digits == 0 || (isZero && digits > 1)) return false;
        if (at < json.Length && json[at] == '.')
        {
            at++;
            if (CountDigits(json, ref at) == 0) return false;
        }

        var hasExponent = at < json.Length && json[at] is (byte)'e' or (byte)'E';
        if (hasExponent)
        {
            at++;
            if (at < json.Length && json[at] is (byte)'+' or (byte)'-') at++;
            if (CountDigits(json, ref at) == 0) return false;
        }

        place.Kind = ScriptKind.Number;
        place.Length = at - start;
        if (hasExponent || place.Length > PlainNumberLengthMax) IsPlain = false;
        return true;
    }

    private static int CountDigits(ReadOnlySpan<byte> json, ref int at)
    {
        var start = at;
        while ((uint)at < (uint)json.Length && char.IsAsciiDigit((char)json[at])) at++;
        return at - start;
    }

    private static bool TryScanText(ReadOnlySpan<byte> json, ref int at, ref Place place)
    {
        var end = at + 1;
        place.Kind = ScriptKind.Text;
        place.Start = end;
        place.IsEscaped = false;
        while (true)
        {
            end = FindSpecial(json, end);
            if (end >= json.Length) return false;
            if (json[end] == '"') break;
            if (json[end] != '\\' || !TrySkipEscape(json, ref end)) return false;
            place.IsEscaped = true;
        }

        place.Length = end - place.Start;
        at = end + 1;
        return true;
    }

    // The next quote, backslash or control character.
    private static int FindSpecial(ReadOnlySpan<byte> json, int at)
    {
        while (at + Vector128<byte>.Count <= json.Length)
        {
            var bytes = Vector128.Create(json.Slice(at, Vector128<byte>.Count));
            var special = Vector128.Equals(bytes, Vector128.Create((byte)'"')) | Vector128.Equals(bytes, Vector128.Create((byte)'\\'))
                | Vector128.Equals(Vector128.Min(bytes, Vector128.Create((byte)0x1f)), bytes);
            var bits = special.ExtractMostSignificantBits();
            if (bits != 0) return at + BitOperations.TrailingZeroCount(bits);
            at += Vector128<byte>.Count;
        }

        while (at < json.Length && json[at] is not ((byte)'"' or (byte)'\\' or < 0x20)) at++;
        return at;
    }

    private static bool TrySkipEscape(ReadOnlySpan<byte> json, ref int at)
    {
        if (at + 1 >= json.Length) return false;
        switch (json[at + 1])
        {
            case (byte)'"' or (byte)'\\' or (byte)'/' or (byte)'b' or (byte)'f' or (byte)'n' or (byte)'r' or (byte)'t':
                at += 2;
                return true;
            case (byte)'u' when at + 6 <= json.Length:
                foreach (var digit in json.Slice(at + 2, 4))
                {
                    if (!char.IsAsciiHexDigit((char)digit)) return false;
                }

                at += 6;
                return true;
            default:
                return false;
        }
    }

    // False at the end of the text.
    private static bool SkipSpace(ReadOnlySpan<byte> json, ref int at)
    {
        while ((uint)at < (uint)json.Length)
        {
            if (json[at] > ' ') return true;
            if (json[at] is not ((byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r')) return true;
            at++;
        }

        return false;
    }
}
