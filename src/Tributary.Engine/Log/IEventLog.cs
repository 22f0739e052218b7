using Tributary.Model;

namespace Tributary.Engine.Log;

/// <summary>
/// An append-only, durable sequence of records. One of the two seams that change when one machine is not enough: segments on disk here, Kafka there.
/// </summary>
public interface IEventLog : IDisposable
{
    /// <summary>The oldest record that is still kept.</summary>
    LogOffset First { get; }

    /// <summary>The end of what is durable. Readers never see further.</summary>
    LogOffset End { get; }

    /// <summary>
    /// Appends records as one contiguous run and returns when they are on disk. Once this has queued the records, cancelling no longer takes them back.
    /// </summary>
    /// <param name="records">The framed records; the caller may reuse it when the returned task has completed.</param>
    /// <returns>Where the run begins and ends, or <see cref="LogAppended.Busy"/> when the bounded queue before the disk is full and nothing was taken.</returns>
    /// <exception cref="IOException">The disk refused; the records are not durable and the log accepts nothing more until it is opened again.</exception>
    ValueTask<LogAppended> AppendAsync(LogRecords records);

    /// <summary>
    /// Copies whole records from <paramref name="from"/> on into <paramref name="batch"/>, as many as fit its size but at least one. False when
    /// <paramref name="from"/> is the end.
    /// </summary>
    /// <exception cref="LogOffsetGoneException"><paramref name="from"/> lies before <see cref="First"/>.</exception>
    /// <exception cref="LogDamagedException">A checksum does not hold.</exception>
    bool Read(LogOffset from, LogBatch batch);

    /// <summary>Completes when <see cref="End"/> is beyond <paramref name="offset"/>.</summary>
    ValueTask WaitAsync(LogOffset offset, CancellationToken cancellationToken);
}

/// <summary>A log whose appends are durable before they are published: the reader's end is moved by the commit that they belong to.</summary>
public interface IDecisionLog : IEventLog
{
    /// <summary>The end of what is durable, published or not: where the next append will begin.</summary>
    LogOffset Written { get; }

    /// <summary>Takes back what was written from <paramref name="end"/> on and never published, because its commit failed.</summary>
    void Rewind(LogOffset end);

    /// <summary>Shows readers everything before <paramref name="end"/>.</summary>
    void Publish(LogOffset end);
}

/// <summary>The result of an append.</summary>
/// <param name="First">Offset of the first record.</param>
/// <param name="End">Offset after the last record.</param>
public readonly record struct LogAppended(LogOffset First, LogOffset End)
{
    /// <summary>The queue was full; nothing was taken.</summary>
    public static LogAppended Busy { get; } = new(new LogOffset(-1), new LogOffset(-1));

    /// <summary>True when the queue was full and the caller should answer 429.</summary>
    public bool IsBusy => First.Value < 0;
}

/// <summary>A reader asked for records that retention has dropped.</summary>
public sealed class LogOffsetGoneException(LogOffset asked, LogOffset first)
    : IOException($"The log begins at {first}; {asked} was dropped by retention.");

/// <summary>A checksum in the middle of the log does not hold. The segment is named; nothing was cut.</summary>
public sealed class LogDamagedException(string path, long position, string what)
    : IOException($"{path} is damaged at byte {position}: {what} Nothing was changed; restore the file from a backup or move it away.");
