using System.Globalization;

namespace Tributary.Engine.Traits.Folding;

/// <summary>
/// A sum that does not depend on the order of its parts: whole millionths of millionths in 128 bits. A part is at most 10¹⁵ in size and is rounded to twelve
/// decimals, half away from zero.
/// </summary>
internal readonly record struct ExactSum(Int128 Units)
{
    /// <summary>Largest part, either way; larger ones are no part of a sum.</summary>
    public const double PartMax = 1e15;

    private const long Scale = 1_000_000_000_000;

    /// <summary>The sum as a number.</summary>
    public double Value => (double)ToDecimal();

    /// <summary>The mean of so many parts.</summary>
    public double Over(long count) => (double)(ToDecimal() / count);

    public static ExactSum operator +(ExactSum a, ExactSum b) => new(a.Units + b.Units);

    /// <summary>The part that a number is; null when it is too large to be one.</summary>
    public static ExactSum? Of(double number)
    {
        if (!(Math.Abs(number) <= PartMax)) return null;
        if (Math.Floor(number) == number) return new ExactSum((Int128)(long)number * Scale);
        // The decimals that a person would write for the number: its shortest form, which a decimal of fifteen digits mostly is.
        var written = (decimal)number;
        if ((double)written != number) written = decimal.Parse(number.ToString("R", CultureInfo.InvariantCulture), NumberStyles.Float, CultureInfo.InvariantCulture);
        return new ExactSum((Int128)(decimal.Round(written, 12, MidpointRounding.AwayFromZero) * Scale));
    }

    // A decimal holds 28 digits: what is beyond them is beyond a double as well.
    private decimal ToDecimal()
    {
        var (whole, rest) = Int128.DivRem(Units, Scale);
        return (decimal)whole + ((decimal)rest / Scale);
    }
}
