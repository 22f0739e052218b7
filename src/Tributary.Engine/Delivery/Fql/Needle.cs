using System.Buffers.Binary;
using System.Text;

namespace Tributary.Engine.Delivery.Fql;

/// <summary>A text to look for: as characters, as bytes, and as the index it would be in a list. Made once, when an expression is compiled.</summary>
internal sealed class Needle
{
    public Needle(string text)
    {
        Text = text;
        IsWellFormed = !JsonText.HasLoneSurrogate(text);
        Utf8 = Encoding.UTF8.GetBytes(text);
        Head = HeadOf(Utf8, 0, Utf8.Length);
        Index = ReadIndex(text);
    }

    public static Needle Prototype { get; } = new("__proto__");

    public string Text { get; }

    public byte[] Utf8 { get; }

    /// <summary>The first eight bytes, so that most names are told apart by comparing one number.</summary>
    public ulong Head { get; }

    /// <summary>Whether the bytes say the same as the characters: half a surrogate pair has no bytes.</summary>
    public bool IsWellFormed { get; }

    /// <summary>The index that the text names in a list (<c>0</c>, <c>17</c>; not <c>01</c>), or -1.</summary>
    public int Index { get; }

    public bool IsLength => Text == "length";

    /// <summary>The steps of a path that is separated by dots and brackets and nothing else, as triggers have them. Null when the path has no step.</summary>
    public static Needle[]? Steps(string path)
    {
        if (path.Length > 0 && path.AsSpan().IndexOfAny('.', '[', ']') < 0) return [new Needle(path)];
        var steps = path.Split(['.', '[', ']'], StringSplitOptions.RemoveEmptyEntries);
        return steps.Length == 0 ? null : Array.ConvertAll(steps, step => new Needle(step));
    }

    /// <summary>The first eight bytes of a piece of a text; of a shorter piece all, and zeros.</summary>
    internal static ulong HeadOf(ReadOnlySpan<byte> text, int start, int length)
    {
        if (text.Length - start >= sizeof(ulong))
        {
            var head = BinaryPrimitives.ReadUInt64LittleEndian(text[start..]);
            return length >= sizeof(ulong) ? head : head & ((1UL << (length * 8)) - 1);
        }

        var last = 0UL;
        for (var at = Math.Min(length, sizeof(ulong)) - 1; at >= 0; at--) last = (last << 8) | text[start + at];
        return last;
    }

    internal static int ReadIndex(string text)
    {
        if (text.Length is 0 or > 9 || (text.Length > 1 && text[0] == '0')) return -1;
        var index = 0;
        foreach (var digit in text)
        {
            if (!char.IsAsciiDigit(digit)) return -1;
            index = (index * 10) + digit - '0';
        }

        return index;
    }
}
