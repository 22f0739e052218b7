using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Tributary.Destinations.Node;

/// <summary>
/// One worker process with the jobs that it has under way. Whatever it does against the protocol, and every job that does not end in time, ends the process; its
/// other jobs are answered <see cref="NodeVerdict.Lost"/> then. It is used until <see cref="IsUsable"/> is false and then disposed of.
/// </summary>
internal sealed partial class NodeWorker : IAsyncDisposable
{
    private readonly NodeProcess _process;
    private readonly NodePoolOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _room;
    private readonly ConcurrentDictionary<long, Pending> _pending = new();
    private readonly ConcurrentDictionary<long, CancellationTokenSource> _asks = new();
    private readonly ConcurrentDictionary<string, bool> _configured = new();
    private readonly Lock _configuring = new();
    private readonly Channel<byte[]> _outgoing = Channel.CreateUnbounded<byte[]>(new UnboundedChannelOptions { SingleReader = true });
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private readonly long _startedAt;
    private long _lastJob;
    private long _jobsDone;
    private long _pongAt;
    private int _isEnded;
    private volatile bool _isSpent;

    private NodeWorker(NodeProcess process, NodePoolOptions options, TimeProvider clock, ILogger logger)
    {
        (_process, _options, _clock, _logger) = (process, options, clock, logger);
        _room = new SemaphoreSlim(options.InFlightMax);
        _startedAt = _pongAt = clock.GetTimestamp();
        _ = ReadAsync();
        _ = WriteAsync();
        _ = WatchAsync();
    }

    /// <summary>False when it has ended, or should be given no further jobs because it has grown or served long enough.</summary>
    public bool IsUsable => !_isSpent && !HasEnded;

    public bool HasEnded => Volatile.Read(ref _isEnded) != 0;

    public int ProcessId => _process.Id;

    public TimeSpan Age => _clock.GetElapsedTime(_startedAt);

    /// <summary>Starts a process; null and a sentence when that fails.</summary>
    public static async Task<(NodeWorker? Worker, string? Fault)> StartAsync(
        string node, NodePoolOptions options, string socketPath, TimeProvider clock, ILogger logger, CancellationToken cancellationToken)
    {
        var (process, fault) = await NodeProcess.StartAsync(node, options, socketPath, clock, logger, cancellationToken);
        return process is null ? (null, fault) : (new NodeWorker(process, options, clock, logger), null);
    }

    /// <summary>Has a job done; waits while as many as may be are under way.</summary>
    /// <exception cref="OperationCanceledException">The caller no longer wants it, and the worker has stopped as it was told to.</exception>
    public async ValueTask<NodeReply> RunAsync(NodeJob job, CancellationToken cancellationToken)
    {
        await _room.WaitAsync(cancellationToken);
        var pending = new Pending(Interlocked.Increment(ref _lastJob), job);
        try
        {
            _pending[pending.Id] = pending;
            if (HasEnded) return NodeReply.Lost(_ended.Task.IsCompletedSuccessfully ? await _ended.Task : "It ended.");
            if (Start(pending) is { } fault) return NodeReply.Unavailable(fault);
            try
            {
                return await pending.Reply.Task.WaitAsync(job.Deadline, _clock, cancellationToken);
            }
            catch (Exception failure) when (failure is TimeoutException or OperationCanceledException)
            {
                return await StopAsync(pending, cancellationToken);
            }
        }
        finally
        {
            _pending.TryRemove(pending.Id, out _);
            pending.Dispose();
            if (Interlocked.Increment(ref _jobsDone) >= _options.JobsMax) _isSpent = true;
            _room.Release();
        }
    }

    /// <summary>Frees what it remembers under a key.</summary>
    public void Forget(string key)
    {
        if (_configured.TryRemove(key, out _)) Send(writer => writer.WriteString("forget", key));
    }

    /// <summary>Gives it no further jobs, waits for those that it has, and ends it.</summary>
    public async Task RetireAsync()
    {
        _isSpent = true;
        var since = _clock.GetTimestamp();
        while (!_pending.IsEmpty && !HasEnded && _clock.GetElapsedTime(since) < _options.DrainWithin) await Task.Delay(TimeSpan.FromMilliseconds(50), _clock);
        await DisposeAsync();
    }

    public ValueTask DisposeAsync()
    {
        End("It was stopped.", isWanted: true);
        _process.Dispose();
        return ValueTask.CompletedTask;
    }

    private string? Start(Pending pending)
    {
        var (job, id) = (pending.Job, pending.Id);
        if (job.Configuration is { } configuration) Configure(configuration);
        var frame = NodeFrames.Write(writer =>
        {
            writer.WriteNumber("id", id);
            writer.WriteString("op", job.Operation);
            if (job.Configuration is not null) writer.WriteString("config", job.Configuration.Key);
            writer.WritePropertyName("body");
            job.WriteBody(writer);
        });
        if (frame.Length > _options.FrameBytesMax) return $"The job has {frame.Length} bytes; the most are {_options.FrameBytesMax}.";
        _outgoing.Writer.TryWrite(frame);
        return null;
    }

    // Nobody may see a configuration as sent before its frame stands in the queue, or a job would overtake it.
    private void Configure(NodeConfiguration configuration)
    {
        if (_configured.ContainsKey(configuration.Key)) return;
        lock (_configuring)
        {
            if (_configured.ContainsKey(configuration.Key)) return;
            Send(writer =>
            {
                writer.WriteString("config", configuration.Key);
                writer.WritePropertyName("value");
                configuration.WriteValue(writer);
            });
            _configured[configuration.Key] = true;
        }
    }

    // What does not stop when it is told to has to be stopped, with everything beside it.
    private async Task<NodeReply> StopAsync(Pending pending, CancellationToken cancellationToken)
    {
        Send(writer => writer.WriteNumber("cancel", pending.Id));
        pending.Stop();
        try
        {
            var reply = await pending.Reply.Task.WaitAsync(_options.CancelGrace, _clock, CancellationToken.None);
            cancellationToken.ThrowIfCancellationRequested();
            return reply.Verdict == NodeVerdict.Lost ? reply : NodeReply.Late;
        }
        catch (TimeoutException)
        {
            End($"A job ({pending.Job.Operation}) did not stop when it was told to.");
            // Even a caller that no longer waits has to hear that its job cost a worker.
            return NodeReply.Lost("The job did not stop when it was told to.");
        }
    }

    private void Send(Action<Utf8JsonWriter> write) => _outgoing.Writer.TryWrite(NodeFrames.Write(write));

    private async Task WriteAsync()
    {
        try
        {
            await foreach (var frame in _outgoing.Reader.ReadAllAsync(_stop.Token)) await _process.Stream.WriteAsync(frame, _stop.Token);
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException or OperationCanceledException)
        {
            End("The connection broke.");
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            while (true)
            {
                var (frame, fault) = await NodeFrames.ReadAsync(_process.Reader, _options.FrameBytesMax, _stop.Token);
                fault ??= Take(frame);
                if (fault is null) continue;
                End(fault);
                return;
            }
        }
        catch (Exception failure) when (failure is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            End("The connection broke.");
        }
    }

    private string? Take(JsonElement frame)
    {
        if (Number(frame, "re") is { } replied)
        {
            if (!_pending.TryGetValue(replied, out var pending)) return replied > Volatile.Read(ref _lastJob) ? "It answered a job that it was never given." : null;
            pending.Reply.TrySetResult(frame.TryGetProperty("error", out var error) ? NodeReply.Failed(error) : NodeReply.Answered(frame.TryGetProperty("ok", out var value) ? value : default));
            return null;
        }

        if (frame.TryGetProperty("ask", out var kind))
            return kind.ValueKind == JsonValueKind.String && Number(frame, "id") is { } id && Number(frame, "job") is { } job ? Ask(id, job, kind.GetString()!, Body(frame)) : "It asked in a shape that is not known.";
        if (Number(frame, "unask") is { } unasked)
        {
            if (_asks.TryGetValue(unasked, out var source)) Cancel(source);
            return null;
        }

        if (frame.TryGetProperty("tell", out var told) && told.ValueKind == JsonValueKind.String)
        {
            _options.OnTold?.Invoke(new NodeAsk(told.GetString()!, Body(frame)));
            return null;
        }

        if (!frame.TryGetProperty("pong", out _)) return "It sent a frame that says nothing.";
        Volatile.Write(ref _pongAt, _clock.GetTimestamp());
        return null;
    }

    private string? Ask(long id, long job, string kind, JsonElement body)
    {
        if (_asks.Count >= _options.AsksMax) return $"It asked for more than {_options.AsksMax} things at once.";
        // A job that is over gets no more answers; what it left running in the worker may wait for ever.
        if (!_pending.TryGetValue(job, out var pending) || pending.Link() is not { } source)
        {
            Send(writer => WriteFailure(writer, id, "job_over"));
            return null;
        }

        if (!_asks.TryAdd(id, source)) return "It used the number of a request twice.";
        _ = ServeAsync(id, pending.Job.Serve, new NodeAsk(kind, body), source);
        return null;
    }

    private async Task ServeAsync(long id, NodeAskHandler serve, NodeAsk ask, CancellationTokenSource source)
    {
        // A handler that answers at once must not hold up the reader.
        await Task.Yield();
        try
        {
            var answer = await serve(ask, source.Token);
            var frame = NodeFrames.Write(writer =>
            {
                writer.WriteNumber("re", id);
                writer.WritePropertyName("ok");
                writer.WriteRawValue(answer.Span, skipInputValidation: true);
            });
            _outgoing.Writer.TryWrite(frame);
        }
        catch (OperationCanceledException)
        {
            Send(writer => WriteFailure(writer, id, "aborted"));
        }
#pragma warning disable CA1031 // A bug in one handler must not leave the worker waiting; it is logged and answered.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogAskFailed(_logger, failure, ask.Kind);
            Send(writer => WriteFailure(writer, id, "host_failed"));
        }
        finally
        {
            _asks.TryRemove(id, out _);
            source.Dispose();
        }
    }

    private async Task WatchAsync()
    {
        while (!HasEnded)
        {
            Send(static writer => writer.WriteBoolean("ping", true));
            await Task.Delay(_options.PingEvery, _clock, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (HasEnded) return;
            var resident = _process.ResidentBytes;
            if (resident > _options.ResidentBytesMax + (_options.ResidentBytesMax / 2)) End($"It used {resident >> 20} MiB of memory.");
            else if (resident > _options.ResidentBytesMax) _isSpent = true;
            else if (_clock.GetElapsedTime(Volatile.Read(ref _pongAt)) > _options.PingWithin) End("It gave no sign of life.");
        }
    }

    private void End(string why, bool isWanted = false)
    {
        if (Interlocked.Exchange(ref _isEnded, 1) != 0) return;
        var epitaph = isWanted ? "" : _process.Epitaph;
        _process.Kill();
        _stop.Cancel();
        _outgoing.Writer.TryComplete();
        var reason = $"{why} {epitaph}".Trim();
        _ended.TrySetResult(reason);
        if (!isWanted) LogEnded(_logger, _options.Mode, _process.Id, reason, _pending.Count);
        foreach (var pending in _pending.Values) pending.Reply.TrySetResult(NodeReply.Lost(reason));
    }

    private static void WriteFailure(Utf8JsonWriter writer, long id, string code)
    {
        writer.WriteNumber("re", id);
        writer.WriteString("error", code);
    }

    private static void Cancel(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The answer was quicker.
        }
    }

    private static long? Number(JsonElement frame, string name) =>
        frame.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : null;

    private static JsonElement Body(JsonElement frame) => frame.TryGetProperty("body", out var body) ? body : default;

    [LoggerMessage(3102, LogLevel.Warning, "Worker {Mode} {ProcessId} was ended with {Jobs} jobs under way: {Reason}")]
    private static partial void LogEnded(ILogger logger, string mode, int processId, string reason, int jobs);

    [LoggerMessage(3103, LogLevel.Error, "A request of a worker ({Kind}) failed by a fault of ours.")]
    private static partial void LogAskFailed(ILogger logger, Exception failure, string kind);

    /// <summary>A job that the worker has.</summary>
    private sealed class Pending(long id, NodeJob job) : IDisposable
    {
        private readonly CancellationTokenSource _over = new();
        private readonly Lock _gate = new();

        public long Id => id;

        public NodeJob Job => job;

        public TaskCompletionSource<NodeReply> Reply { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>A source that fires with the end of the job; null when it is over.</summary>
        public CancellationTokenSource? Link()
        {
            lock (_gate) return _over.IsCancellationRequested ? null : CancellationTokenSource.CreateLinkedTokenSource(_over.Token);
        }

        public void Stop()
        {
            lock (_gate) _over.Cancel();
        }

        public void Dispose()
        {
            lock (_gate)
            {
                _over.Cancel();
                _over.Dispose();
            }
        }
    }
}
