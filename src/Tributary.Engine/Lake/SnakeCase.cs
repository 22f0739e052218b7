using System.Buffers;
using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace Tributary.Engine.Lake;

/// <summary>Turns names of events, properties and sources into names of tables, columns and schemas.</summary>
/// <remarks>
/// The rule works on bytes and is Segment's, from segmentio/go-snakecase (spec/connections.md §7.2): only ASCII letters and digits survive, so it loses
/// information (<c>CStringRef</c> and <c>cstring_ref</c> become one name) and everything else of UTF-8 vanishes.
/// </remarks>
public static class SnakeCase
{
    /// <summary>Longest name that is given to a table or column, in characters; a longer one is cut and ends in a hash of the whole.</summary>
    public const int NameLengthMax = 200;

    /// <summary>The snake case of a name, which is empty when the name holds no ASCII letter or digit.</summary>
    public static string Of(ReadOnlySpan<byte> name)
    {
        var prefix = PlainPrefix(name, out var glues);
        if (prefix == name.Length) return Encoding.ASCII.GetString(name);

        var rented = ArrayPool<byte>.Shared.Rent((name.Length * 2) + 1);
        var length = Convert(name, prefix, glues, rented);
        var text = Encoding.ASCII.GetString(rented, 0, length);
        ArrayPool<byte>.Shared.Return(rented);
        return text;
    }

    /// <inheritdoc cref="Of(ReadOnlySpan{byte})"/>
    public static string Of(string name) => Of(Encoding.UTF8.GetBytes(name));

    /// <summary>
    /// A name that is never empty and never too long: of a name without any ASCII letter or digit, <c>_</c> and 16 hexadecimal digits of its hash; of
    /// an overlong one, its beginning, <c>_</c> and the hash.
    /// </summary>
    public static string NameOf(ReadOnlySpan<byte> name)
    {
        var snake = Of(name);
        if (snake.Length is > 0 and <= NameLengthMax) return snake;
        var hash = XxHash64.HashToUInt64(name).ToString("x16", CultureInfo.InvariantCulture);
        return snake.Length == 0 ? $"_{hash}" : $"{snake.AsSpan(0, NameLengthMax - hash.Length - 1)}_{hash}";
    }

    /// <summary>Finds how much of the name stands as it is, and whether an upper-case run right behind it belongs to its last word.</summary>
    private static int PlainPrefix(ReadOnlySpan<byte> name, out bool glues)
    {
        bool hasLower = false, hasUnderscore = false, lowerSinceUnderscore = false;
        var at = 0;
        for (; at < name.Length; at++)
        {
            if (IsLower(name[at])) hasLower = lowerSinceUnderscore = true;
            else if (name[at] == '_' && at > 0 && at + 1 < name.Length && IsLowerOrDigit(name[at + 1])) (hasUnderscore, lowerSinceUnderscore) = (true, false);
            else if (!IsDigit(name[at])) break;
        }

        glues = at < name.Length && IsUpper(name[at]) && (!hasLower || (hasUnderscore && !lowerSinceUnderscore));
        return at;
    }

    private static int Convert(ReadOnlySpan<byte> name, int at, bool glues, Span<byte> output)
    {
        name[..at].CopyTo(output);
        var length = at;
        if (glues) AppendWord(name, ref at, output, ref length);
        while (at < name.Length)
        {
            if (!IsUpper(name[at]) && !IsLowerOrDigit(name[at]))
            {
                at++;
                continue;
            }

            if (length > 0) output[length++] = (byte)'_';
            AppendWord(name, ref at, output, ref length);
        }

        return length;
    }

    /// <summary>Copies a run of upper case and digits, lowered, and the run of lower case and digits behind it.</summary>
    private static void AppendWord(ReadOnlySpan<byte> name, ref int at, Span<byte> output, ref int length)
    {
        for (; at < name.Length && (IsUpper(name[at]) || IsDigit(name[at])); at++) output[length++] = (byte)(IsUpper(name[at]) ? name[at] | 0x20 : name[at]);
        for (; at < name.Length && IsLowerOrDigit(name[at]); at++) output[length++] = name[at];
    }

    private static bool IsUpper(byte value) => value is >= (byte)'A' and <= (byte)'Z';

    private static bool IsLower(byte value) => value is >= (byte)'a' and <= (byte)'z';

    private static bool IsDigit(byte value) => value is >= (byte)'0' and <= (byte)'9';

    private static bool IsLowerOrDigit(byte value) => IsLower(value) || IsDigit(value);
}
