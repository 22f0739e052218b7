namespace Tributary.Model;

/// <summary>A position in a log, in bytes since the log began; it never changes when old segments are dropped.</summary>
/// <param name="Value">Bytes since the beginning of the log; not negative.</param>
public readonly record struct LogOffset(long Value) : IComparable<LogOffset>
{
    /// <summary>The position of the first record ever written.</summary>
    public static LogOffset Zero => default;

    /// <inheritdoc/>
    public int CompareTo(LogOffset other) => Value.CompareTo(other.Value);

    public static bool operator <(LogOffset left, LogOffset right) => left.Value < right.Value;

    public static bool operator >(LogOffset left, LogOffset right) => left.Value > right.Value;

    public static bool operator <=(LogOffset left, LogOffset right) => left.Value <= right.Value;

    public static bool operator >=(LogOffset left, LogOffset right) => left.Value >= right.Value;

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
