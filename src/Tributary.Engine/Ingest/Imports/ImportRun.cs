using System.IO.Hashing;
using System.Text;
using Tributary.Engine.Log;
using Tributary.Model;

namespace Tributary.Engine.Ingest;

/// <summary>
/// The rows of one imported file on their way into the log, in chunks of <see cref="ChunkRows"/>. A row without a message id gets one that
/// follows from
/// its content, so that a second run of the same file doubles nothing.
/// </summary>
internal sealed class ImportRun(EventIntake intake, Arrival arrival, TimeProvider clock) : IDisposable
{
    /// <summary>Rows per append: large enough that the disk does not wait, small enough to keep memory flat.</summary>
    public const int ChunkRows = 500;

    // A full queue before the disk empties in milliseconds; after this long something is wrong and the sender should know.
    private static readonly TimeSpan BusyPause = TimeSpan.FromMilliseconds(20);
    private const int BusyPausesMax = 500;

    private readonly IntakeBuffers _buffers = intake.RentBuffers();
    private Tally _waiting;

    /// <summary>What is on disk.</summary>
    public Tally Durable { get; private set; }

    /// <summary>The offset behind the last record that is on disk; before 0 when there is none.</summary>
    public LogOffset End { get; private set; } = new(-1);

    /// <summary>Adds one message; true when it is time to <see cref="FlushAsync"/>. The bytes may be changed in place.</summary>
    /// <param name="message">A JSON object with its type; anything else becomes a discard.</param>
    /// <param name="row">Its place in the file; 0 when equal rows mean the same.</param>
    /// <param name="traitsIdentify">The message is known by an identifier among its traits.</param>
    public bool Add(ArraySegment<byte> message, long row, bool traitsIdentify)
    {
        if (_waiting.All == 0) _buffers.Records.Clear();
        var fallback = MessageIdOf(message, row);
        if (_buffers.Scan.Read(message, BodyShape.Message).IsFault)
        {
            ReceivedRecord.AddDiscard(
                _buffers.Records, default, DiscardReason.NotAnObject, arrival.Source.Number, arrival.ReceivedAt, fallback,
                PayloadOf(message));
            _waiting += new Tally(0, 1);
        }
        else
        {
            var own = arrival with { FallbackMessageId = fallback, TraitsIdentify = traitsIdentify };
            _waiting += _buffers.Normalizer.Write(_buffers.Scan, own, _buffers.Records);
        }

        return _waiting.All >= ChunkRows;
    }

    /// <summary>Makes durable what was added; a refusal when the log does not take it.</summary>
    public async ValueTask<IntakeResult?> FlushAsync(CancellationToken cancellationToken)
    {
        if (_waiting.All == 0) return null;
        for (var pauses = 0; ; pauses++)
        {
            var result = await intake.AppendAsync(_buffers.Records, _waiting);
            if (result.IsTaken)
            {
                intake.Count(arrival.Source, _waiting);
                (Durable, End, _waiting) = (Durable + _waiting, result.Appended.End, default);
                return null;
            }

            if (result.Status != 429 || pauses == BusyPausesMax) return result;
            await Task.Delay(BusyPause, clock, cancellationToken);
        }
    }

    public void Dispose() => intake.Return(_buffers);

    // An empty line has no payload that a record could hold.
    private static ReadOnlySpan<byte> PayloadOf(ArraySegment<byte> message) => message.Count == 0 ? "\"\""u8 : message;

    private static byte[] MessageIdOf(ReadOnlySpan<byte> message, long row)
    {
        var hash = XxHash128.HashToUInt128(message, row);
        return Encoding.ASCII.GetBytes($"import-{hash:x32}");
    }
}
