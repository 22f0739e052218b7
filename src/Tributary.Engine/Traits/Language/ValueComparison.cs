using System.Globalization;

namespace Tributary.Engine.Traits.Language;

/// <summary>What comparisons mean, for both evaluators and the lake. Pure.</summary>
/// <remarks>
/// Rules: unify specification §4.7. Where it is silent: two texts that both read as numbers are ordered as numbers, two that both read as dates as dates, others by
/// their characters; <c>omits</c> is true of nothing, <c>none_of</c> is false of it.
/// </remarks>
internal static class ValueComparison
{
    /// <summary>Compares a value with constants or values.</summary>
    /// <param name="comparer">How; not one of the relative dates.</param>
    /// <param name="left">The value.</param>
    /// <param name="operands">What it is compared with; as many as the comparer takes.</param>
    public static bool Holds(Comparer comparer, QueryValue left, ReadOnlySpan<QueryValue> operands)
    {
        if (left.IsNothing) return comparer is Comparer.Absent or Comparer.Omits;
        return comparer switch
        {
            Comparer.Absent => false,
            Comparer.Exists => true,
            Comparer.Equals => AreEqual(left, operands[0]),
            Comparer.Differs => !operands[0].IsNothing && !AreEqual(left, operands[0]),
            Comparer.GreaterThan => Order(left, operands[0]) is > 0,
            Comparer.AtLeast => Order(left, operands[0]) is >= 0,
            Comparer.LessThan => Order(left, operands[0]) is < 0,
            Comparer.AtMost => Order(left, operands[0]) is <= 0,
            Comparer.Contains => HasText(left, operands, static (text, part) => text.Contains(part, StringComparison.Ordinal)),
            Comparer.Omits => !HasText(left, operands, static (text, part) => text.Contains(part, StringComparison.Ordinal)),
            Comparer.StartsWith => HasText(left, operands, static (text, part) => text.StartsWith(part, StringComparison.Ordinal)),
            Comparer.EndsWith => HasText(left, operands, static (text, part) => text.EndsWith(part, StringComparison.Ordinal)),
            Comparer.OneOf => IsAmong(left, operands),
            Comparer.NoneOf => !IsAmong(left, operands),
            Comparer.BeforeDate => DateOf(left) < DateOf(operands[0]),
            Comparer.AfterDate => DateOf(left) > DateOf(operands[0]),
            Comparer.WithinLast or Comparer.WithinNext or Comparer.BeforeLast or Comparer.AfterNext => throw new InvalidOperationException("Relative dates need a time."),
        };
    }

    /// <summary>
    /// Compares a date with a time that moves: <c>within_last</c> [now − d, now], <c>within_next</c> [now, now + d], <c>before_last</c> (…, now − d],
    /// <c>after_next</c> [now + d, …).
    /// </summary>
    /// <param name="comparer">One of these four.</param>
    /// <param name="left">The value; only a date with a time zone, or a plain date, counts.</param>
    /// <param name="length">Milliseconds.</param>
    /// <param name="now">Milliseconds since 1970.</param>
    /// <param name="changesAt">When the answer will next change by itself; <see cref="long.MaxValue"/> for never.</param>
    public static bool HoldsAt(Comparer comparer, QueryValue left, long length, long now, out long changesAt)
    {
        changesAt = long.MaxValue;
        if (DateOf(left) is not { } date) return false;
        var (from, to) = comparer switch
        {
            Comparer.WithinLast => (date, date + length),
            Comparer.WithinNext => (date - length, date),
            Comparer.BeforeLast => (date + length, long.MaxValue),
            Comparer.AfterNext => (long.MinValue, date - length),
            _ => throw new InvalidOperationException("Not a relative date."),
        };
        if (now < from) changesAt = from;
        else if (now <= to && to != long.MaxValue) changesAt = to + 1;
        return now >= from && now <= to;
    }

    /// <summary>Equality. A text is interchangeable with what it spells: a number, true or false, a date.</summary>
    public static bool AreEqual(QueryValue a, QueryValue b)
    {
        if (a.IsNothing || b.IsNothing) return false;
        if (a.Kind == QueryValueKind.Instant || b.Kind == QueryValueKind.Instant)
            return DateOf(a) is { } dateA && DateOf(b) is { } dateB ? dateA == dateB : a.ToString() == b.ToString();
        if (a.Kind == b.Kind) return a.Kind == QueryValueKind.Text ? a.Text == b.Text : a.Number == b.Number;
        if (a.Kind == QueryValueKind.Boolean || b.Kind == QueryValueKind.Boolean)
            return (a.Kind == QueryValueKind.Text || b.Kind == QueryValueKind.Text) && a.ToString() == b.ToString();
        return NumberOf(a) is { } numberA && NumberOf(b) is { } numberB && numberA == numberB;
    }

    /// <summary>Less, equal or more; null when the two have no order.</summary>
    public static int? Order(QueryValue a, QueryValue b)
    {
        if (a.IsNothing || b.IsNothing || a.Kind == QueryValueKind.Boolean || b.Kind == QueryValueKind.Boolean) return null;
        if (NumberOf(a) is { } numberA && NumberOf(b) is { } numberB) return numberA.CompareTo(numberB);
        if (DateOf(a) is { } dateA && DateOf(b) is { } dateB) return dateA.CompareTo(dateB);
        return a.Kind == QueryValueKind.Text && b.Kind == QueryValueKind.Text ? string.CompareOrdinal(a.Text, b.Text) : null;
    }

    /// <summary>The number that a value is or spells; null when it is none.</summary>
    public static double? NumberOf(QueryValue value) => value.Kind switch
    {
        QueryValueKind.Number => value.Number,
        QueryValueKind.Text => ReadNumber(value.Text),
        QueryValueKind.Nothing or QueryValueKind.Boolean or QueryValueKind.Instant => null,
    };

    /// <summary>
    /// The instant that a value is or spells, in milliseconds since 1970: a date and time with <c>Z</c> or an offset, or a plain date (its midnight, UTC). Null for
    /// anything else, so for times without a zone.
    /// </summary>
    public static long? DateOf(QueryValue value) => value.Kind switch
    {
        QueryValueKind.Instant => value.Instant,
        QueryValueKind.Text => ReadInstant(value.Text),
        QueryValueKind.Nothing or QueryValueKind.Boolean or QueryValueKind.Number => null,
    };

    /// <summary>Reads an instant as <see cref="DateOf"/> does.</summary>
    public static long? ReadInstant(ReadOnlySpan<char> text)
    {
        if (text.Length is < 10 or > 40 || !char.IsAsciiDigit(text[0]) || text[4] != '-' || text[7] != '-') return null;
        if (text.Length == 10)
        {
            return DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
                ? new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero).ToUnixTimeMilliseconds()
                : null;
        }

        if (text[10] is not ('T' or 't' or ' ')) return null;
        var hasZone = text[^1] is 'Z' or 'z' || text[10..].IndexOfAny('+', '-') > 0;
        return hasZone && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time.ToUnixTimeMilliseconds() : null;
    }

    // Plain decimal notation only: what JSON would take for a number.
    private static double? ReadNumber(string text)
    {
        if (text.Length is 0 or > 40 || !(char.IsAsciiDigit(text[0]) || text[0] == '-') || !char.IsAsciiDigit(text[^1])) return null;
        const NumberStyles Plain = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return double.TryParse(text, Plain, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;
    }

    private static bool IsAmong(QueryValue left, ReadOnlySpan<QueryValue> operands)
    {
        foreach (var operand in operands)
            if (AreEqual(left, operand)) return true;
        return false;
    }

    private static bool HasText(QueryValue left, ReadOnlySpan<QueryValue> operands, Func<string, string, bool> test)
    {
        var text = left.ToString();
        foreach (var operand in operands)
            if (!operand.IsNothing && test(text, operand.ToString())) return true;
        return false;
    }
}
