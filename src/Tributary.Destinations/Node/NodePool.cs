using Microsoft.Extensions.Logging;

namespace Tributary.Destinations.Node;

/// <summary>
/// Node.js processes that do jobs of one mode. Processes start when they are first needed, are watched, replaced and ended; a job is answered in any case.
/// Which worker does a job depends on its route alone, so that what a worker remembers for a destination stays of use.
/// </summary>
/// <remarks>
/// A job whose worker ended may be innocent: it may only have been beside the one that did it. Whoever gets <see cref="NodeVerdict.Lost"/> tries again with
/// <c>alone</c>: such jobs run one at a time in a process of their own.
/// </remarks>
public sealed class NodePool : IAsyncDisposable
{
    private readonly NodeRuntime _runtime;
    private readonly NodePoolOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private NodeSlot[]? _slots;
    private string? _folder;
    private bool _isClosed;

    /// <param name="runtime">Node.js of this machine.</param>
    /// <param name="options">What workers run and what they may use.</param>
    /// <param name="clock">The machine's clocks.</param>
    /// <param name="logger">Never told payloads or settings.</param>
    public NodePool(NodeRuntime runtime, NodePoolOptions options, TimeProvider clock, ILogger<NodePool> logger) =>
        (_runtime, _options, _clock, _logger) = (runtime, options, clock, logger);

    /// <summary>Why no job can be done, in a sentence that says what to do; null when jobs can be done.</summary>
    public string? Missing => _runtime.Missing ?? (File.Exists(_options.Script) ? null : $"{Path.GetFileName(_options.Script)} is not beside the program: it was built without npm.");

    /// <summary>Ids of the processes that run now.</summary>
    public IReadOnlyList<int> ProcessIds => [.. (Slots ?? []).Select(slot => slot.Current?.ProcessId ?? 0).Where(id => id != 0)];

    /// <summary>Processes started so far.</summary>
    public int Starts => (Slots ?? []).Sum(slot => slot.Starts);

    private NodeSlot[]? Slots
    {
        get
        {
            lock (_gate) return _slots;
        }
    }

    /// <summary>Has a job done.</summary>
    /// <param name="job">The job.</param>
    /// <param name="route">Jobs of the same route go to the same worker, e.g. a hash of the destination's id.</param>
    /// <param name="alone">Runs it with nothing beside it, in a process for such jobs.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public async ValueTask<NodeReply> RunAsync(NodeJob job, uint route, bool alone, CancellationToken cancellationToken)
    {
        if (Missing is { } missing) return NodeReply.Unavailable(missing);
        if (Open() is not { } slots) return NodeReply.Unavailable("The workers were stopped.");
        var slot = alone ? slots[^1] : slots[route % (slots.Length - 1)];
        var (worker, fault, after) = await slot.GetAsync(cancellationToken);
        return worker is null ? NodeReply.Unavailable(fault ?? "There is no worker.", after) : await worker.RunAsync(job, cancellationToken);
    }

    /// <summary>Frees what workers remember under a key.</summary>
    public void Forget(string key)
    {
        foreach (var slot in Slots ?? []) slot.Forget(key);
    }

    /// <summary>Ends all processes.</summary>
    public async ValueTask DisposeAsync()
    {
        NodeSlot[] slots;
        lock (_gate)
        {
            _isClosed = true;
            (slots, _slots) = (_slots ?? [], null);
        }

        await Task.WhenAll(slots.Select(slot => slot.DisposeAsync().AsTask()));
        if (_folder is not null && Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    // The folder is made readable by this account alone; .NET does that for temporary folders on Unix.
    private NodeSlot[]? Open()
    {
        lock (_gate)
        {
            if (_slots is not null || _isClosed) return _slots;
            _folder = Directory.CreateTempSubdirectory("tributary-").FullName;
            var folder = _folder;
            var single = _options with { InFlightMax = 1 };
            return _slots = [.. Enumerable.Range(0, _options.WorkersMax + 1).Select(i => new NodeSlot(_runtime.Path!, i < _options.WorkersMax ? _options : single, folder, i, _clock, _logger))];
        }
    }
}
