using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.ObjectPool;
using Microsoft.Extensions.Options;
using Tributary.Engine.Log;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Ingest;

/// <summary>
/// Takes what a request brought into the received log: read the shape, find the source, keep its rate, normalise, append. When this answers
/// 200 the
/// messages are on disk. Bytes in, bytes out: nothing is built per message, buffers are pooled per request.
/// </summary>
internal sealed partial class EventIntake(
    ReceivedLog log, Func<WorkspaceSnapshot> workspace, TimeProvider clock, IOptions<IngestOptions> options, IngestMetrics metrics,
    ILogger<EventIntake> logger)
{
    private static readonly TimeSpan BusyRetryAfter = TimeSpan.FromSeconds(1);
    private readonly ObjectPool<IntakeBuffers> _buffers = new DefaultObjectPool<IntakeBuffers>(new IntakeBuffersPolicy(), 256);
    private readonly RateLimits _rates = new(clock);
    private readonly IPNetwork[] _proxies = options.Value.ProxyNetworks;
    private bool _isLogBroken;

    /// <summary>The configuration that a request is handled by.</summary>
    public WorkspaceSnapshot Workspace => workspace();

    /// <summary>Milliseconds since 1970.</summary>
    public long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    public IntakeBuffers RentBuffers() => _buffers.Get();

    public void Return(IntakeBuffers buffers) => _buffers.Return(buffers);

    /// <summary>Takes one tracking call. The body's bytes may be changed in place.</summary>
    /// <param name="request">For the credentials and the peer's address.</param>
    /// <param name="body">The JSON text.</param>
    /// <param name="routeType">The type that the route names; default for an envelope.</param>
    public async ValueTask<IntakeResult> TakeAsync(HttpRequest request, ArraySegment<byte> body, EventType routeType)
    {
        var started = clock.GetTimestamp();
        var buffers = _buffers.Get();
        try
        {
            var refusal = Prepare(request, body, routeType, buffers, out var source, out var tally);
            if (refusal is { } refused) return Refused(refused);
            var result = await AppendAsync(buffers.Records, tally);
            if (!result.IsTaken) return Refused(result);
            metrics.Taken(source, tally, clock.GetElapsedTime(started));
            return result;
        }
        finally
        {
            _buffers.Return(buffers);
        }
    }

    /// <summary>Makes records durable; a full queue and a broken log become answers.</summary>
    public async ValueTask<IntakeResult> AppendAsync(LogRecords records, Tally tally)
    {
        try
        {
            var appended = await log.Log.AppendAsync(records);
            return appended.IsBusy
                ? IntakeResult.TooFast("The queue before the disk is full.", BusyRetryAfter)
                : IntakeResult.Taken(appended, tally);
        }
        catch (IOException failure)
        {
            // Once: from here on every request fails alike until the log is opened again.
            if (!Interlocked.Exchange(ref _isLogBroken, true)) LogAppendFailed(logger, failure);
            return IntakeResult.Unavailable("The log cannot be written; the operator must look at the disk.");
        }
    }

    /// <summary>Counts and passes on a refusal.</summary>
    public IntakeResult Refused(IntakeResult refusal)
    {
        metrics.Refused(refusal.Status);
        return refusal;
    }

    /// <summary>Counts what an import made durable.</summary>
    public void Count(Source source, Tally tally) => metrics.Taken(source, tally, null);

    /// <summary>What is known of a request besides its body.</summary>
    public Arrival ArrivalOf(HttpRequest request, Source source, ReadOnlyMemory<byte> key, EventType routeType) => new()
    {
        Source = source,
        WriteKey = key,
        ReceivedAt = Now,
        RouteType = routeType,
        PeerAddress = PeerAddress.Of(request, _proxies),
    };

    private IntakeResult? Prepare(
        HttpRequest request, ArraySegment<byte> body, EventType routeType, IntakeBuffers buffers, out Source source, out Tally tally)
    {
        (source, tally) = (null!, default);
        var scan = buffers.Scan;
        var fault = scan.Read(body, routeType == default ? BodyShape.Envelope : BodyShape.Message);
        if (fault.IsFault) return IntakeResult.Invalid(fault.Message);
        var (found, key) = WriteKeys.Find(request, scan, workspace());
        if (found is null)
            return IntakeResult.Invalid(WriteKeys.IsGiven(request, scan) ? "No source has this write key." : "The write key is missing.");
        source = found;
        if (routeType != default && scan.Items[0].Length > MessageNormalizer.MessageBytesMax)
            return IntakeResult.Invalid($"Exceed payload limit: a message may have {MessageNormalizer.MessageBytesMax} bytes.");
        var limit = SourceFacts.Of(source).RateLimit;
        var wait = _rates.Take(source.Number, limit, Math.Max(scan.Items.Count, 1));
        if (wait > TimeSpan.Zero) return IntakeResult.TooFast($"The source takes {limit} events per second.", wait);
        buffers.Records.Clear();
        tally = buffers.Normalizer.Write(scan, ArrivalOf(request, source, key, routeType), buffers.Records);
        return null;
    }
}
