namespace Tributary.Engine.Traits.Folding;

/// <summary>What is kept of the events of a stream. The numbers are part of the format of profiles.</summary>
internal enum FoldKind : byte
{
    /// <summary>How many.</summary>
    Count = 1,

    /// <summary>How many numbers and what they come to.</summary>
    Sum = 2,

    /// <summary>The largest or smallest value.</summary>
    Extreme = 3,

    /// <summary>The value of the first or last event.</summary>
    Edge = 4,

    /// <summary>How often each value occurred.</summary>
    Tally = 5,

    /// <summary>The events themselves, as far as later questions need them.</summary>
    Rows = 6,
}
