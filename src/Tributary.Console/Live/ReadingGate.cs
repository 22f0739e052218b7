using Microsoft.Extensions.Hosting;

namespace Tributary.Console.Live;

/// <summary>
/// Ends what reads for pages before the server closes its files. A page that was left open is remembered for some minutes, and must not look into a store that is
/// gone.
/// </summary>
public sealed class ReadingGate : IHostedService, IDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);

    private readonly CancellationTokenSource _closing = new();
    private readonly TimeProvider _clock;
    private int _inside;

    public ReadingGate(TimeProvider clock) => (_clock, Closing) = (clock, _closing.Token);

    /// <summary>Fires when the server stops; whoever is inside then leaves soon.</summary>
    public CancellationToken Closing { get; }

    /// <summary>True when reading is possible; then <see cref="Leave"/> must follow.</summary>
    public bool TryEnter()
    {
        Interlocked.Increment(ref _inside);
        if (!Closing.IsCancellationRequested) return true;
        Leave();
        return false;
    }

    /// <summary>Done reading.</summary>
    public void Leave() => Interlocked.Decrement(ref _inside);

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _closing.CancelAsync();
        while (Volatile.Read(ref _inside) > 0) await Task.Delay(Look, _clock, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _closing.Dispose();
}
