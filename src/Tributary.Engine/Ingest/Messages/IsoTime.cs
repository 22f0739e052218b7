using System.Buffers.Text;

namespace Tributary.Engine.Ingest;

/// <summary>
/// Reads the times that SDKs send and writes the one form that Tributary stores. Times are milliseconds since 1970-01-01 UTC, between
/// <see cref="Min"/> and <see cref="Max"/> (the years 1 to 9999).
/// </summary>
/// <remarks>
/// Forms seen on the wire: milliseconds and <c>Z</c> (browser, node, Java), seven digits (C#), six digits and <c>+00:00</c> (Python), nine
/// digits and a
/// local offset (Go), no fraction (PHP), months and days of one digit and dates alone (exports). Rule: spec/connections.md §2.2. What
/// cannot be
/// read counts as absent; nothing is clamped.
/// </remarks>
public static class IsoTime
{
    /// <summary>Length in bytes of the form that <see cref="Format"/> writes, <c>2026-01-31T23:59:59.999Z</c>.</summary>
    public const int Length = 24;

    /// <summary>The first millisecond of year 1.</summary>
    public const long Min = -62_135_596_800_000;

    /// <summary>The last millisecond of year 9999.</summary>
    public const long Max = 253_402_300_799_999;

    private const long DayMs = 86_400_000;

    // Epoch numbers below this are seconds: as milliseconds it is March 1973, as seconds the year 5138.
    private const double SecondsBelow = 1e11;

    /// <summary>
    /// Reads an ISO 8601 text, leniently; without an offset it is UTC. Fractions beyond milliseconds are cut. A text of 9 to 16 digits is
    /// an epoch number.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out long ms)
    {
        ms = 0;
        text = text.Trim((byte)' ');
        if (text.Length is 0 or > 64) return false;
        if (text.Length is >= 9 and <= 16 && text.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0) return TryParseEpoch(text, out ms);
        if (!TakeNumber(ref text, 4, 4, out var year) || !Take(ref text, (byte)'-')) return false;
        if (!TakeNumber(ref text, 1, 2, out var month) || !Take(ref text, (byte)'-')) return false;
        if (!TakeNumber(ref text, 1, 2, out var day)) return false;
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)) return false;
        ms = DaysSince1970(year, month, day) * DayMs;
        return text.IsEmpty || TryParseTimeOfDay(text, ref ms);
    }

    /// <summary>Reads a JSON number: seconds when its size is below 10¹¹, milliseconds otherwise.</summary>
    public static bool TryParseEpoch(ReadOnlySpan<byte> number, out long ms)
    {
        ms = 0;
        if (!Utf8Parser.TryParse(number, out double value, out var read) || read != number.Length || !double.IsFinite(value)) return false;
        if (Math.Abs(value) < SecondsBelow) value *= 1000;
        if (value is < Min or > Max) return false;
        ms = (long)Math.Round(value);
        return true;
    }

    /// <summary>Writes <see cref="Length"/> bytes, ISO 8601 in UTC with milliseconds and <c>Z</c>.</summary>
    public static void Format(long ms, Span<byte> target)
    {
        var days = Math.DivRem(ms, DayMs, out var rest);
        if (rest < 0)
        {
            rest += DayMs;
            days--;
        }

        var (year, month, day) = CivilFromDays(days);
        target = target[..Length];
        Put4(target, year);
        target[4] = (byte)'-';
        Put2(target[5..], month);
        target[7] = (byte)'-';
        Put2(target[8..], day);
        target[10] = (byte)'T';
        var seconds = (int)(rest / 1000);
        Put2(target[11..], seconds / 3600);
        target[13] = (byte)':';
        Put2(target[14..], seconds / 60 % 60);
        target[16] = (byte)':';
        Put2(target[17..], seconds % 60);
        target[19] = (byte)'.';
        var fraction = (int)(rest % 1000);
        target[20] = (byte)('0' + (fraction / 100));
        Put2(target[21..], fraction % 100);
        target[23] = (byte)'Z';
    }

    private static bool TryParseTimeOfDay(ReadOnlySpan<byte> text, ref long ms)
    {
        if (text[0] is not ((byte)'T' or (byte)'t' or (byte)' ')) return false;
        text = text[1..];
        if (!TakeNumber(ref text, 1, 2, out var hour) || !Take(ref text, (byte)':') || !TakeNumber(ref text, 1, 2, out var minute))
            return false;
        int second = 0, fraction = 0;
        if (Take(ref text, (byte)':'))
        {
            if (!TakeNumber(ref text, 1, 2, out second)) return false;
            if ((Take(ref text, (byte)'.') || Take(ref text, (byte)',')) && !TakeFraction(ref text, out fraction)) return false;
        }

        // Second 60 is a leap second and hour 24 the end of the day; both roll over.
        if (minute > 59 || second > 60 || hour > 24 || (hour == 24 && (minute | second | fraction) != 0)) return false;
        if (!TryParseOffset(text, out var offsetMinutes)) return false;
        ms += (((hour * 60L) + minute - offsetMinutes) * 60_000) + (second * 1000L) + fraction;
        return ms is >= Min and <= Max;
    }

    private static bool TryParseOffset(ReadOnlySpan<byte> text, out int minutes)
    {
        minutes = 0;
        text = text.TrimStart((byte)' ');
        if (text.IsEmpty || (text.Length == 1 && text[0] is (byte)'Z' or (byte)'z')) return true;
        var sign = text[0] switch { (byte)'+' => 1, (byte)'-' => -1, _ => 0 };
        text = text[1..];
        if (sign == 0 || !TakeNumber(ref text, 2, 2, out var hours)) return false;
        _ = Take(ref text, (byte)':');
        var rest = 0;
        if (!text.IsEmpty && (!TakeNumber(ref text, 2, 2, out rest) || !text.IsEmpty)) return false;
        if (hours > 23 || rest > 59) return false;
        minutes = sign * ((hours * 60) + rest);
        return true;
    }

    private static bool TakeNumber(ref ReadOnlySpan<byte> text, int digitsMin, int digitsMax, out int number)
    {
        number = 0;
        var digits = 0;
        while (digits < digitsMax && digits < text.Length && text[digits] is >= (byte)'0' and <= (byte)'9')
        {
            number = (number * 10) + (text[digits++] - '0');
        }

        text = text[digits..];
        return digits >= digitsMin;
    }

    private static bool TakeFraction(ref ReadOnlySpan<byte> text, out int milliseconds)
    {
        milliseconds = 0;
        var digits = 0;
        for (; digits < text.Length && text[digits] is >= (byte)'0' and <= (byte)'9'; digits++)
        {
            if (digits < 3) milliseconds = (milliseconds * 10) + (text[digits] - '0');
        }

        for (var missing = digits; missing < 3; missing++) milliseconds *= 10;
        text = text[digits..];
        return digits > 0;
    }

    private static bool Take(ref ReadOnlySpan<byte> text, byte expected)
    {
        if (text.IsEmpty || text[0] != expected) return false;
        text = text[1..];
        return true;
    }

    // Days and civil dates by eras of 400 years that begin in March, so that the leap day comes last.
    private static long DaysSince1970(int year, int month, int day)
    {
        year -= month <= 2 ? 1 : 0;
        var era = (year >= 0 ? year : year - 399) / 400;
        var yearOfEra = year - (era * 400);
        var dayOfYear = (((153 * (month + (month > 2 ? -3 : 9))) + 2) / 5) + day - 1;
        var dayOfEra = (yearOfEra * 365) + (yearOfEra / 4) - (yearOfEra / 100) + dayOfYear;
        return (era * 146_097L) + dayOfEra - 719_468;
    }

    private static (int Year, int Month, int Day) CivilFromDays(long days)
    {
        days += 719_468;
        var era = (days >= 0 ? days : days - 146_096) / 146_097;
        var dayOfEra = (int)(days - (era * 146_097));
        var yearOfEra = (dayOfEra - (dayOfEra / 1460) + (dayOfEra / 36_524) - (dayOfEra / 146_096)) / 365;
        var dayOfYear = dayOfEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        var shifted = ((5 * dayOfYear) + 2) / 153;
        var month = shifted + (shifted < 10 ? 3 : -9);
        return ((int)(yearOfEra + (era * 400)) + (month <= 2 ? 1 : 0), month, dayOfYear - (((153 * shifted) + 2) / 5) + 1);
    }

    private static void Put2(Span<byte> target, int value)
    {
        target[1] = (byte)('0' + (value % 10));
        target[0] = (byte)('0' + (value / 10 % 10));
    }

    private static void Put4(Span<byte> target, int value)
    {
        Put2(target, value / 100);
        Put2(target[2..], value % 100);
    }
}
