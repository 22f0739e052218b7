using Tributary.Model;

namespace Tributary.Engine.Delivery;

/// <summary>Requests, what follows from their outcomes, and when the loop sleeps and commits.</summary>
internal sealed partial class DestinationWorker
{
    // Runs beside the loop and touches nothing of it but the queue.
    private async Task AttemptAsync(IDestinationSender sender, DeliveryAttempt attempt)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromMilliseconds(_plan!.Sync.TimeoutMs ?? (_plan.HasActions ? _options.ActionMsMax : _options.AttemptMsMax)), _clock);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(late.Token, _breakOff.Token);
        try
        {
            var deliveries = new Model.Delivery[attempt.Parts.Count];
            for (var i = 0; i < deliveries.Length; i++)
            {
                var part = attempt.Parts[i];
                deliveries[i] = new Model.Delivery(part.Entry.Offset, part.Entry.Type, part.Attempts + 1, part.Payload!.Value);
            }

            var outcomes = await sender.SendAsync(deliveries, attempt.Trace, ended.Token);
            if (!outcomes.Fit(deliveries.Length)) throw new InvalidOperationException($"There are not as many outcomes as deliveries ({deliveries.Length}).");
            attempt.Outcomes = outcomes;
        }
        catch (OperationCanceledException) when (_breakOff.IsCancellationRequested)
        {
            // The engine stops. The events are where they were, and the next start sends them again.
            return;
        }
        catch (OperationCanceledException)
        {
            attempt.Outcomes = DeliveryOutcomes.All(DeliveryOutcome.RetryLater("timeout"));
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // A bug of a sender is no reason to end the server: it is one of many, and may come from elsewhere.
            LogSenderFailed(_logger, failure, _id);
            attempt.Outcomes = DeliveryOutcomes.All(DeliveryOutcome.RetryLater("sender_failed", detail: failure.GetType().Name));
        }

        _returned.Enqueue(attempt);
        _wake.Set();
    }

    private void Conclude(DeliveryAttempt attempt)
    {
        _inFlight--;
        var now = Now;
        var (isFailed, isThrottled) = (true, false);
        long? silence = null;
        string? sampled = null;
        Clean(attempt);
        for (var i = 0; i < attempt.Parts.Count; i++)
        {
            var outcome = attempt.Outcomes[i];
            isFailed &= outcome.Verdict == DeliveryVerdict.RetryLater;
            isThrottled |= outcome.Reason == Throttled;
            if (outcome.After is { } after) silence = Math.Max(silence ?? 0, (long)after.TotalMilliseconds);
            if (outcome.Verdict == DeliveryVerdict.CredentialsRejected && !_areCredentialsRejected) LogCredentialsRejected(_logger, _id, outcome.Reason!);
            if (outcome.Verdict != DeliveryVerdict.RetryLater) _areCredentialsRejected = outcome.Verdict == DeliveryVerdict.CredentialsRejected;
            if (outcome.Verdict == DeliveryVerdict.RetryLater) _series.Retried(attempt.Lane, outcome.Reason ?? "");
            if ((outcome.Reason ?? DeliverySamples.Delivered) != sampled) Sample(attempt, i, sampled = outcome.Reason ?? DeliverySamples.Delivered, now);
            _setup.Metrics?.Attempted(_id, outcome);
        }

        var first = attempt.Outcomes[0];
        if (isThrottled) _pace.Throttled();
        else if (!isFailed) _pace.Answered();
        if (!isFailed && _circuit.Answered()) LogUp(_logger, _id);
        if (isFailed && _circuit.Failed(now, silence)) LogDown(_logger, _id, first.Reason ?? "");
        // One draw for all, so that a batch that failed together is tried together.
        var spread = 1 - (Chance.NextDouble() / 2);
        _chains.Complete(attempt, now, (part, outcome) => DueAt(part, outcome, now, spread));
    }

    // What a destination says may quote what it was sent.
    private void Clean(DeliveryAttempt attempt)
    {
        var outcomes = attempt.Outcomes;
        DeliveryOutcome[]? cleaned = null;
        for (var i = 0; i < attempt.Parts.Count; i++)
        {
            if (outcomes[i].Detail is not { Length: > 0 } detail || _plan!.Mask.Clean(detail) is var clean && clean == detail) continue;
            cleaned ??= [.. Enumerable.Range(0, attempt.Parts.Count).Select(at => outcomes[at])];
            cleaned[i] = outcomes[i].WithDetail(clean);
        }

        if (cleaned is not null) attempt.Outcomes = DeliveryOutcomes.Each(cleaned);
    }

    private void Sample(DeliveryAttempt attempt, int at, string reason, long now)
    {
        // One that succeeded shows something only when the wire was watched.
        if (reason == DeliverySamples.Delivered && attempt.Trace.Exchanges.Count == 0) return;
        var subscription = _plan!.Find(attempt.Lane)?.Subscription?.Id;
        try
        {
            if (!_samples.Wants(reason, now)) return;
            _samples.Keep(_book.Draft, _plan.Mask, attempt, attempt.Parts[at], attempt.Outcomes[at], subscription, now);
        }
        catch (IOException failure)
        {
            // No sample is worth the conclusions of an attempt.
            LogStorageFailed(_logger, failure, _id, TimeSpan.Zero);
        }
    }

    private const string Throttled = "http_429";

    private bool _areCredentialsRejected;

    private long RetryMs => _plan?.Sync.RetryHours is { } hours ? (long)(hours * 3_600_000) : _options.RetrySeconds * 1_000L;

    // Null when the time for retries is over. A destination that asks for more time than is left gets one more attempt at the end of it.
    private long? DueAt(DeliveryPart part, DeliveryOutcome outcome, long now, double spread)
    {
        var end = part.FirstAttemptAt + RetryMs;
        if (now >= end) return null;
        var pause = Math.Min(_options.BackoffMsMax, _options.BackoffMsMin * Math.Pow(2, Math.Min(part.Attempts - 1, 40))) * spread;
        var asked = outcome.After is { } after ? Math.Min((long)after.TotalMilliseconds, end - now) : 0;
        return now + Math.Max((long)Math.Ceiling(pause), asked);
    }

    private void CommitWhenDue(bool hasWorked)
    {
        var now = Now;
        if (_book.Uncommitted == 0)
        {
            _uncommittedSince = now;
            // Events of other sources move the cursor as well, and a restart need not read all of them again.
            if (_book.Cursor(_head).Value != _book.Counts.Cursor && now - _committedAt >= CursorCommitMs) Commit(now);
            return;
        }

        var isIdle = !hasWorked && _inFlight == 0;
        if (isIdle || _book.Uncommitted >= _options.OutcomesPerCommitMax || now - _uncommittedSince >= _options.CommitEveryMs) Commit(now);
    }

    private void Commit(long now)
    {
        _book.Commit(_head, now);
        (_committedAt, _uncommittedSince) = (now, now);
    }

    private async ValueTask SleepAsync(CancellationToken stopping)
    {
        var now = Now;
        var until = long.MaxValue;
        if (_book.Uncommitted > 0) until = Math.Min(until, _uncommittedSince + _options.CommitEveryMs);
        else if (_book.Cursor(_head).Value != _book.Counts.Cursor) until = Math.Min(until, _committedAt + CursorCommitMs);
        if (MayDeliver)
        {
            var hasReady = false;
            foreach (var (number, _, since) in _chains.Ready)
            {
                hasReady = true;
                // What is not full yet goes when it is old enough; what waits for a request in flight is woken by its answer.
                var ripe = since + (long)(_plan!.Find(number)?.Sender?.BatchAge.TotalMilliseconds ?? 0);
                var start = Math.Max(Math.Max(ripe, _pace.NextAt(now)), _circuit.NextAt);
                if (start > now) until = Math.Min(until, start);
            }

            if (_chains.NextDue is { } due) until = Math.Min(until, hasReady ? Math.Max(due, now + 1_000) : due);
        }

        if (MayRead() && !_isReading && !AwaitsWindow && _watch.IsCompleted) _watch = WatchAsync(stopping);
        await _wake.SleepAsync(until == long.MaxValue ? null : TimeSpan.FromMilliseconds(Math.Clamp(until - now, 1, int.MaxValue)), stopping);
    }

    private async Task WatchAsync(CancellationToken stopping)
    {
        try
        {
            await _log.WaitAsync(_head, stopping);
        }
        catch (Exception ended) when (ended is OperationCanceledException or ObjectDisposedException)
        {
            // Nobody waits any longer.
        }

        _wake.Set();
    }

    // At this point: - no request begins any more - those in flight may still arrive at the destination - what they carry is not counted yet and comes
    // again after the next start, unless their answers come in the time that is left.
    private async Task StopAsync()
    {
        var end = _clock.GetTimestamp();
        using var late = new CancellationTokenSource(TimeSpan.FromMilliseconds(_options.StopMsMax), _clock);
        try
        {
            while (_inFlight > 0)
            {
                while (_returned.TryDequeue(out var attempt)) Conclude(attempt);
                if (_inFlight > 0) await _wake.SleepAsync(null, late.Token);
            }
        }
        catch (OperationCanceledException)
        {
            await _breakOff.CancelAsync();
        }

        try
        {
            _book.Drain();
            _book.Commit(_head, Now);
        }
        catch (IOException failure)
        {
            LogStorageFailed(_logger, failure, _id, TimeSpan.Zero);
        }

        LogStopped(_logger, _id, _clock.GetElapsedTime(end).TotalMilliseconds);
    }
}
