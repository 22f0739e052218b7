using System.Globalization;
using System.Text;

namespace Tributary.Engine.Delivery.Fql;

/// <summary>JSON strings as JavaScript has them: UTF-16, in which half a surrogate pair may stand alone.</summary>
internal static class JsonText
{
    /// <summary>Takes the escapes out of what stands between the quotes. The text was checked by a JSON reader.</summary>
    public static string Read(ReadOnlySpan<byte> inner, bool isEscaped)
    {
        if (!isEscaped) return Encoding.UTF8.GetString(inner);
        var text = new StringBuilder(inner.Length);
        while (inner.IndexOf((byte)'\\') is var slash and >= 0)
        {
            text.Append(Encoding.UTF8.GetString(inner[..slash]));
            var escaped = inner[slash + 1];
            if (escaped == 'u')
            {
                text.Append((char)ushort.Parse(inner.Slice(slash + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                inner = inner[(slash + 6)..];
                continue;
            }

            text.Append(escaped switch { (byte)'n' => '\n', (byte)'t' => '\t', (byte)'r' => '\r', (byte)'b' => '\b', (byte)'f' => '\f', _ => (char)escaped });
            inner = inner[(slash + 2)..];
        }

        return text.Append(Encoding.UTF8.GetString(inner)).ToString();
    }

    public static bool HasLoneSurrogate(ReadOnlySpan<char> text)
    {
        for (var at = text.IndexOfAnyInRange('\ud800', '\udfff'); at >= 0 && at < text.Length; at++)
        {
            if (!char.IsSurrogate(text[at])) continue;
            if (at + 1 >= text.Length || !char.IsSurrogatePair(text[at], text[at + 1])) return true;
            at++;
        }

        return false;
    }

    /// <summary>Takes away what JavaScript calls white space at both ends.</summary>
    public static string Trim(string text) => text.AsSpan().Trim(WhiteSpace).ToString();

    /// <summary>The white space and line ends of ECMAScript: not U+0085, but the byte order mark.</summary>
    public const string WhiteSpace = "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff";
}
