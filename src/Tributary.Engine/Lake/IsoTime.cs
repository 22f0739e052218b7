namespace Tributary.Engine.Lake;

/// <summary>Recognises ISO 8601 points in time, so that such texts become timestamps of the lake.</summary>
internal static class IsoTime
{
    private const long MicrosecondsPerDay = 86_400_000_000;

    /// <summary>
    /// Reads <c>YYYY-MM-DD</c>, or that with <c>T</c> or a blank, <c>hh:mm</c>, optional seconds with any number of decimals and an optional
    /// <c>Z</c> or <c>±hh[:]mm</c>; without a zone it is UTC. False for anything else, so that numbers and version names stay text.
    /// </summary>
    /// <param name="text">The whole text.</param>
    /// <param name="microseconds">Since 1970-01-01 UTC; decimals beyond the sixth are cut.</param>
    public static bool TryParse(ReadOnlySpan<byte> text, out long microseconds)
    {
        microseconds = 0;
        if (text.Length < 10 || text[4] != '-' || text[7] != '-') return false;
        if (!TryDigits(text, 0, 4, out var year) || !TryDigits(text, 5, 2, out var month) || !TryDigits(text, 8, 2, out var day)) return false;
        if (year == 0 || month is 0 or > 12 || day == 0 || day > DateTime.DaysInMonth(year, month)) return false;
        microseconds = (new DateOnly(year, month, day).DayNumber - 719_162L) * MicrosecondsPerDay;
        return text.Length == 10 || TryTime(text[10..], ref microseconds);
    }

    private static bool TryTime(ReadOnlySpan<byte> text, ref long microseconds)
    {
        if (text.Length < 6 || text[0] is not ((byte)'T' or (byte)'t' or (byte)' ') || text[3] != ':') return false;
        if (!TryDigits(text, 1, 2, out var hour) || !TryDigits(text, 4, 2, out var minute) || hour > 23 || minute > 59) return false;
        microseconds += ((hour * 60L) + minute) * 60_000_000;
        text = text[6..];
        if (text.Length > 0 && text[0] == ':')
        {
            if (!TryDigits(text, 1, 2, out var second) || second > 60) return false;
            microseconds += second * 1_000_000L;
            text = text[3..];
            if (!TryFraction(ref text, ref microseconds)) return false;
        }

        return TryZone(text, ref microseconds);
    }

    private static bool TryFraction(ref ReadOnlySpan<byte> text, ref long microseconds)
    {
        if (text.Length == 0 || text[0] is not ((byte)'.' or (byte)',')) return true;
        var at = 1;
        for (var unit = 100_000; at < text.Length && text[at] is >= (byte)'0' and <= (byte)'9'; at++, unit /= 10) microseconds += (text[at] - '0') * unit;
        text = text[at..];
        return at > 1;
    }

    private static bool TryZone(ReadOnlySpan<byte> text, ref long microseconds)
    {
        if (text.Length == 0) return true;
        if (text[0] is (byte)'Z' or (byte)'z') return text.Length == 1;
        if (text[0] is not ((byte)'+' or (byte)'-') || !TryDigits(text, 1, 2, out var hours) || hours > 23) return false;
        var minutesAt = text.Length > 3 && text[3] == ':' ? 4 : 3;
        var minutes = 0;
        if (text.Length != 3 && (text.Length != minutesAt + 2 || !TryDigits(text, minutesAt, 2, out minutes) || minutes > 59)) return false;
        var offset = ((hours * 60L) + minutes) * 60_000_000;
        microseconds -= text[0] == '+' ? offset : -offset;
        return true;
    }

    private static bool TryDigits(ReadOnlySpan<byte> text, int at, int count, out int value)
    {
        value = 0;
        if (text.Length < at + count) return false;
        foreach (var digit in text.Slice(at, count))
        {
            if (digit is < (byte)'0' or > (byte)'9') return false;
            value = (value * 10) + digit - '0';
        }

        return true;
    }
}
