using System.Buffers;

namespace Tributary.Engine.Ingest;

/// <summary>
/// Mends what clients are known to send and strict JSON forbids, before the reader sees it: a byte order mark, halves of surrogate pairs
/// and, only
/// after strict reading has failed, the literals NaN and Infinity that Python writes (spec/connections.md §12, trap 21).
/// </summary>
internal static class JsonRepair
{
    private static readonly SearchValues<byte> TokenStarts = SearchValues.Create("\"NI-"u8);

    /// <summary>The body without a UTF-8 byte order mark.</summary>
    public static Span<byte> WithoutMark(Span<byte> body) => body.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? body[3..] : body;

    /// <summary>
    /// Overwrites each escape of half a surrogate pair, e.g. <c>\ud800</c>, with <c>\ufffd</c>: such text has no UTF-8 form and would make
    /// every later
    /// reader fail. Costs one vectorised search when there are no such escapes.
    /// </summary>
    public static void ReplaceLoneSurrogates(Span<byte> body)
    {
        if (body.IndexOf("\\ud"u8) < 0 && body.IndexOf("\\uD"u8) < 0) return;
        for (var at = body.IndexOf((byte)'\\'); at >= 0 && at + 1 < body.Length;)
        {
            at += ReplaceAt(body[at..]);
            var next = body[Math.Min(at, body.Length)..].IndexOf((byte)'\\');
            at = next < 0 ? -1 : at + next;
        }
    }

    /// <summary>
    /// Copies a body in which the bare words <c>NaN</c>, <c>Infinity</c> and <c>-Infinity</c> are replaced by <c>null</c>; false when it
    /// has none.
    /// The copy is at most four thirds as long.
    /// </summary>
    public static bool TryReplaceNonFinite(ReadOnlySpan<byte> body, ArrayBufferWriter<byte> target)
    {
        var found = false;
        while (!body.IsEmpty)
        {
            var at = body.IndexOfAny(TokenStarts);
            if (at < 0) break;
            target.Write(body[..at]);
            body = body[at..];
            var length = body[0] == (byte)'"' ? StringLength(body) : NonFiniteLength(body);
            if (body[0] != (byte)'"' && length > 0)
            {
                found = true;
                target.Write("null"u8);
            }
            else
            {
                length = Math.Max(length, 1);
                target.Write(body[..length]);
            }

            body = body[length..];
        }

        target.Write(body);
        return found;
    }

    // Handles the escape at the start of the span and says how many bytes to step over.
    private static int ReplaceAt(Span<byte> escape)
    {
        if (escape[1] != (byte)'u') return 2;
        var first = CodeUnit(escape);
        if (first is < 0xD800 or > 0xDFFF) return 6;
        if (first <= 0xDBFF && escape.Length >= 12 && CodeUnit(escape[6..]) is >= 0xDC00 and <= 0xDFFF) return 12;
        "fffd"u8.CopyTo(escape[2..]);
        return 6;
    }

    private static int CodeUnit(ReadOnlySpan<byte> escape)
    {
        if (escape.Length < 6 || escape[0] != (byte)'\\' || escape[1] != (byte)'u') return -1;
        var unit = 0;
        foreach (var digit in escape.Slice(2, 4))
        {
            if (!char.IsAsciiHexDigit((char)digit)) return -1;
            unit = (unit << 4) | (digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
        }

        return unit;
    }

    private static int StringLength(ReadOnlySpan<byte> text)
    {
        var at = 1;
        while (at < text.Length)
        {
            var step = text[at..].IndexOfAny((byte)'"', (byte)'\\');
            if (step < 0) return text.Length;
            at += step;
            if (text[at] == (byte)'"') return at + 1;
            at = Math.Min(at + 2, text.Length);
        }

        return text.Length;
    }

    private static int NonFiniteLength(ReadOnlySpan<byte> text) =>
        text.StartsWith("NaN"u8) ? 3 : text.StartsWith("Infinity"u8) ? 8 : text.StartsWith("-Infinity"u8) ? 9 : 0;
}
