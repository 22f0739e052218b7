namespace Tributary.Destinations.Node;

/// <summary>How a pool of workers is run. All limits are per worker.</summary>
/// <param name="Mode">What the worker does: <c>actions</c> or <c>functions</c>.</param>
/// <param name="Script">Path of the bundle that workers run.</param>
public sealed record NodePoolOptions(string Mode, string Script)
{
    /// <summary>Processes at most, not counting the one for suspects. They start when they are first needed.</summary>
    public int WorkersMax { get; init; } = Math.Max(1, System.Environment.ProcessorCount / 2);

    /// <summary>Node's own limit of its heap; beyond, it ends.</summary>
    public int HeapMegabytesMax { get; init; } = 512;

    /// <summary>Jobs under way at once; further ones wait.</summary>
    public int InFlightMax { get; init; } = 64;

    /// <summary>Requests of the worker that are being served at once; a worker that asks for more is ended.</summary>
    public int AsksMax { get; init; } = 1_024;

    /// <summary>Longest frame in either direction; a longer one from the worker ends it.</summary>
    public int FrameBytesMax { get; init; } = 64 << 20;

    /// <summary>After so many jobs a worker is replaced by a fresh one.</summary>
    public long JobsMax { get; init; } = 1_000_000;

    /// <summary>A worker with more resident memory is replaced; one with half as much again is ended at once.</summary>
    public long ResidentBytesMax { get; init; } = 768L << 20;

    /// <summary>How long a worker may take to say that it is ready.</summary>
    public TimeSpan ReadyWithin { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How often a worker is asked for a sign of life and its memory is looked at.</summary>
    public TimeSpan PingEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A worker that gives no sign of life for so long is ended.</summary>
    public TimeSpan PingWithin { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a job may go on after it was told to stop; then its worker is ended.</summary>
    public TimeSpan CancelGrace { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a worker that is being replaced may finish its jobs.</summary>
    public TimeSpan DrainWithin { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Pause before the second start in a row that failed; doubles up to <see cref="RestartPauseMax"/>.</summary>
    public TimeSpan RestartPauseMin { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Longest pause between starts.</summary>
    public TimeSpan RestartPauseMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Everything of the environment that workers see; nothing is inherited.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Options for Node itself, before the script, e.g. <c>--experimental-permission</c>.</summary>
    public IReadOnlyList<string> NodeArguments { get; init; } = [];

    /// <summary>Most bytes of private memory that a worker may ever hold, in and out of its heap; null sets no limit. Kept by the kernel, on Linux only.</summary>
    public long? DataBytesMax { get; init; }

    /// <summary>Processor time after which the kernel ends a worker, so that one which outlives this process in a loop does not run for ever; null sets no limit.</summary>
    public TimeSpan? ProcessorTimeMax { get; init; }

    /// <summary>What workers may say unasked besides requests, e.g. lines for the log. Must be quick.</summary>
    public Action<NodeAsk>? OnTold { get; init; }
}
