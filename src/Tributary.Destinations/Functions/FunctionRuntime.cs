using Microsoft.Extensions.Logging;
using Tributary.Destinations.Actions;
using Tributary.Destinations.Node;
using Tributary.Model;

namespace Tributary.Destinations.Functions;

/// <summary>Runs people's functions. Each has a process of its own, so that none sees another's secrets and none can take another down.</summary>
/// <remarks>
/// A process starts with the first call and ends when nothing was called for <see cref="IdleMax"/>. It may use 128 MiB of heap and <see cref="DataBytesMax"/> in all,
/// reads no file but its own program, and has no network: its requests are made here, under the rules of egress.
/// </remarks>
public sealed class FunctionRuntime : IAsyncDisposable
{
    /// <summary>Private memory of a process at most: the heap, what buffers take besides, and Node.js itself.</summary>
    public const long DataBytesMax = 640L << 20;

    /// <summary>How long a process is kept without a call.</summary>
    public static readonly TimeSpan IdleMax = TimeSpan.FromMinutes(5);

    // Runs on request start a process each; more of them wait.
    private const int RunsMax = 2;

    private readonly NodeRuntime _node;
    private readonly string _script;
    private readonly Func<bool, HttpClient> _http;
    private readonly TimeProvider _clock;
    private readonly ILogger<NodePool> _logger;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, FunctionProcess> _processes = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _runs = new(RunsMax);
    private readonly ITimer _tidy;
    private bool _isClosed;

    /// <param name="node">Node.js of this machine.</param>
    /// <param name="script">The program of the workers.</param>
    /// <param name="http">The client for what functions ask to be sent; true for a dry run.</param>
    /// <param name="clock">The machine's clocks.</param>
    /// <param name="logger">Never told payloads or settings.</param>
    public FunctionRuntime(NodeRuntime node, string script, Func<bool, HttpClient> http, TimeProvider clock, ILogger<NodePool> logger)
    {
        (_node, _script, _http, _clock, _logger) = (node, script, http, clock, logger);
        _tidy = clock.CreateTimer(_ => EndIdle(), null, IdleMax / 5, IdleMax / 5);
    }

    /// <summary>Why no function can run, in a sentence; null when they can.</summary>
    public string? Missing => _node.Missing ?? (File.Exists(_script) ? null : $"{Path.GetFileName(_script)} is not beside the program: it was built without npm.");

    /// <summary>Ids of the processes that run now.</summary>
    public IReadOnlyList<int> ProcessIds
    {
        get
        {
            lock (_gate) return [.. _processes.Values.SelectMany(process => process.ProcessIds)];
        }
    }

    internal WorkerDeaths Deaths { get; } = new();

    internal FunctionLogs Logs { get; } = new();

    /// <summary>Calls a function. Whatever it does is a result; this does not throw for it.</summary>
    /// <param name="call">What to call.</param>
    /// <param name="trace">Takes the requests that the function makes.</param>
    /// <param name="cancellationToken">Breaks the call off.</param>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public async ValueTask<FunctionResult> CallAsync(FunctionCall call, WireTrace trace, CancellationToken cancellationToken)
    {
        if (Find(call.Code.FunctionId) is not { } process) return FunctionResult.All(call.Count, new(FunctionVerdict.Unavailable, "The server stops."), TimeSpan.Zero);
        var result = await process.CallAsync(call, trace, cancellationToken);
        Logs.Add(call.Code.FunctionId, result, _clock.GetUtcNow().ToUnixTimeMilliseconds());
        return result;
    }

    /// <summary>Calls code in a process that is started for this call and ends with it: what it does has no consequences for anything else.</summary>
    public async ValueTask<FunctionResult> RunOnceAsync(FunctionCall call, WireTrace trace, CancellationToken cancellationToken)
    {
        await _runs.WaitAsync(cancellationToken);
        try
        {
            await using var process = Start();
            return await process.CallAsync(call, trace, cancellationToken);
        }
        finally
        {
            _runs.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        FunctionProcess[] processes;
        lock (_gate)
        {
            _isClosed = true;
            processes = [.. _processes.Values];
            _processes.Clear();
        }

        await _tidy.DisposeAsync();
        await Task.WhenAll(processes.Select(process => process.DisposeAsync().AsTask()));
    }

    private FunctionProcess? Find(string functionId)
    {
        lock (_gate)
        {
            if (_isClosed) return null;
            if (!_processes.TryGetValue(functionId, out var process)) _processes[functionId] = process = Start();
            return process;
        }
    }

    private void EndIdle()
    {
        List<FunctionProcess> idle;
        lock (_gate)
        {
            var ended = _processes.Where(pair => pair.Value.IdleFor >= IdleMax).ToList();
            foreach (var (id, _) in ended) _processes.Remove(id);
            idle = [.. ended.Select(pair => pair.Value)];
        }

        foreach (var process in idle) _ = process.DisposeAsync().AsTask();
    }

    private FunctionProcess Start() => new(
        new NodePool(
            _node,
            new NodePoolOptions("functions", _script)
            {
                WorkersMax = 1,
                HeapMegabytesMax = 128,
                InFlightMax = 16,
                AsksMax = 1_024,
                FrameBytesMax = 24 << 20,
                ResidentBytesMax = 420L << 20,
                DataBytesMax = DataBytesMax,
                ProcessorTimeMax = TimeSpan.FromHours(1),
                CancelGrace = TimeSpan.FromMilliseconds(500),
                // Code is read, never made: without it a way out of a context leads nowhere.
                NodeArguments = ["--no-warnings", PermissionOption, $"--allow-fs-read={_script}", "--disallow-code-generation-from-strings", "--no-expose-wasm"],
            },
            _clock,
            _logger),
        _http,
        _clock);

    // Node.js kept the old name when it made the option a regular one.
    private const string PermissionOption = "--experimental-permission";
}
