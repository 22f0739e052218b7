using Microsoft.Extensions.Logging.Abstractions;
using Tributary.Engine.Log;
using Tributary.Engine.Storage;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Processing;

/// <summary>
/// Runs the history through a processor of its own, in a folder that goes away: to see what other rules would make of it, or whether the state is what a
/// replay gives. The live state is only read.
/// </summary>
internal sealed class ScratchRun : IDisposable
{
    private readonly string _folder;
    private readonly Processor _processor;

    private ScratchRun(string folder, IEventLog received, IdentityOverride? identity, ProcessingOptions options, SegmentLogOptions decided, TimeProvider clock)
    {
        _folder = folder;
        Store = RocksStateStore.Open(Path.Combine(folder, "state"));
        Decided = SegmentLog.Open(Path.Combine(folder, "decided"), decided with { KnowsItsEnd = false }, clock);
        _processor = new Processor(received, Decided, Store, new ProcessingProgress(), options, clock, NullLogger<Processor>.Instance) { Identity = identity };
    }

    public RocksStateStore Store { get; }

    public SegmentLog Decided { get; }

    /// <summary>Replays everything before <paramref name="until"/>.</summary>
    /// <param name="received">The live received log.</param>
    /// <param name="until">Where to stop; a record boundary.</param>
    /// <param name="identity">Other rules for one space; null for those of the history.</param>
    /// <param name="options">As the live processor's.</param>
    /// <param name="clock">For measuring only.</param>
    /// <param name="progress">Told after each batch how many bytes are done.</param>
    /// <param name="cancellationToken">Stops between two batches.</param>
    /// <param name="decided">How the event log that it writes lies on disk; null as usual.</param>
    /// <exception cref="LogOffsetGoneException">Retention has dropped the beginning of the history.</exception>
    public static ScratchRun Replay(
        IEventLog received,
        LogOffset until,
        IdentityOverride? identity,
        ProcessingOptions options,
        TimeProvider clock,
        Action<LogOffset>? progress,
        CancellationToken cancellationToken,
        SegmentLogOptions? decided = null)
    {
        var run = new ScratchRun(
            Directory.CreateTempSubdirectory("tributary-scratch-").FullName, new LogPrefix(received, until), identity, options, decided ?? new SegmentLogOptions(), clock);
        try
        {
            while (run._processor.RunBatch())
            {
                cancellationToken.ThrowIfCancellationRequested();
                progress?.Invoke(run._processor.Next);
            }

            run._processor.RunToEnd();

            return run;
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Decided.Dispose();
        Store.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>Rules to use for a space instead of those of its history.</summary>
internal sealed record IdentityOverride(ushort Space, IdentitySettings Settings);

/// <summary>A log as it was when it ended at an offset; only for reading.</summary>
internal sealed class LogPrefix(IEventLog log, LogOffset end) : IEventLog
{
    public LogOffset First => log.First;

    public LogOffset End => end;

    public ValueTask<LogAppended> AppendAsync(LogRecords records) => throw new NotSupportedException("History is not appended to.");

    public bool Read(LogOffset from, LogBatch batch)
    {
        if (from >= end || !log.Read(from, batch)) return false;
        batch.CutAt(end);
        return true;
    }

    public ValueTask WaitAsync(LogOffset offset, CancellationToken cancellationToken) => throw new NotSupportedException("History does not grow.");

    public void Dispose() { }
}
