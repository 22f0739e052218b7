using System.Globalization;

namespace Tributary.Engine.Delivery.Fql;

/// <summary>Numbers as ECMAScript writes and reads them (Number::toString, StringToNumber).</summary>
internal static class ScriptNumber
{
    private const int ShortLengthMax = 15;

    private static readonly double[] PowersOfTen = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

    /// <summary>The shortest digits that read back as the same number; with an exponent from 1e21 up and below 1e-6.</summary>
    public static string Write(double number)
    {
        if (double.IsNaN(number)) return "NaN";
        if (double.IsInfinity(number)) return number > 0 ? "Infinity" : "-Infinity";
        if (Math.Abs(number) < 1e15 && Math.Truncate(number) == number) return ((long)number).ToString(CultureInfo.InvariantCulture);
        var shortest = number.ToString("R", CultureInfo.InvariantCulture);
        var sign = shortest[0] == '-' ? "-" : "";
        var unsigned = shortest.AsSpan(sign.Length);
        var exponentAt = unsigned.IndexOf('E');
        var mantissa = exponentAt < 0 ? unsigned : unsigned[..exponentAt];
        var exponent = exponentAt < 0 ? 0 : int.Parse(unsigned[(exponentAt + 1)..], CultureInfo.InvariantCulture);
        var dot = mantissa.IndexOf('.');
        var point = (dot < 0 ? mantissa.Length : dot) + exponent;
        var digits = mantissa.ToString().Replace(".", "", StringComparison.Ordinal);
        var leading = digits.Length - digits.TrimStart('0').Length;
        digits = digits[leading..].TrimEnd('0');
        return sign + Place(digits, point - leading);
    }

    /// <summary>What <c>Number(text)</c> is; NaN when the text is no number.</summary>
    public static double Read(string text)
    {
        var trimmed = JsonText.Trim(text);
        if (trimmed.Length == 0) return 0;
        if (trimmed.Length > 2 && trimmed[0] == '0' && char.ToLowerInvariant(trimmed[1]) is 'x' or 'o' or 'b') return ReadPrefixed(trimmed);
        if (trimmed is "Infinity" or "+Infinity") return double.PositiveInfinity;
        if (trimmed is "-Infinity") return double.NegativeInfinity;
        return double.TryParse(trimmed, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number)
            ? number
            : double.NaN;
    }

    /// <summary>The value of a JSON number.</summary>
    public static double Read(ReadOnlySpan<byte> json) =>
        json.Length <= ShortLengthMax && TryReadShort(json, out var number) ? number : double.Parse(json, NumberStyles.Float, CultureInfo.InvariantCulture);

    // Up to fifteen digits and a power of ten up to 22 are exact as doubles, so their quotient is rounded once, as it must be (Clinger 1990).
    private static bool TryReadShort(ReadOnlySpan<byte> json, out double number)
    {
        var digits = 0L;
        var fraction = -1;
        var isNegative = json[0] == '-';
        number = 0;
        foreach (var character in isNegative ? json[1..] : json)
        {
            if (fraction >= 0) fraction++;
            if (character == '.' && fraction < 0) fraction = 0;
            else if (char.IsAsciiDigit((char)character)) digits = (digits * 10) + character - '0';
            else return false;
        }

        number = fraction > 0 ? digits / PowersOfTen[fraction] : digits;
        if (isNegative) number = -number;
        return true;
    }

    // The point is how many digits stand before the decimal point, as in the definition of Number::toString.
    private static string Place(string digits, int point)
    {
        if (digits.Length <= point && point <= 21) return digits.PadRight(point, '0');
        if (point is > 0 and <= 21) return $"{digits.AsSpan(0, point)}.{digits.AsSpan(point)}";
        if (point is > -6 and <= 0) return $"0.{new string('0', -point)}{digits}";
        var exponent = point - 1;
        var fraction = digits.Length > 1 ? $".{digits.AsSpan(1)}" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{digits[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent)}");
    }

    private static double ReadPrefixed(string text)
    {
        var radix = char.ToLowerInvariant(text[1]) switch { 'x' => 16, 'o' => 8, _ => 2 };
        var number = 0d;
        foreach (var digit in text.AsSpan(2))
        {
            var value = char.IsAsciiHexDigit(digit) ? Convert.ToInt32(digit.ToString(), 16) : radix;
            if (value >= radix) return double.NaN;
            number = (number * radix) + value;
        }

        return number;
    }
}
