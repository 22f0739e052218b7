using DuckDB.NET.Data;
using Native = DuckDB.NET.Native.NativeMethods;

namespace Tributary.Engine.Lake;

/// <summary>Stops what a connection runs when a token says so.</summary>
internal sealed class QueryInterrupter : IDisposable
{
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(200);
    private readonly Lock _lock = new();
    private readonly DuckDBConnection _connection;
    private readonly CancellationTokenRegistration _first;
    private readonly ITimer _again;
    private bool _isOver;

    public QueryInterrupter(DuckDBConnection connection, TimeProvider clock, CancellationToken stop)
    {
        _connection = connection;
        // One interrupt can come between two steps of a query and be lost: repeat it until the connection is done.
        _first = stop.Register(Interrupt);
        _again = clock.CreateTimer(_ => { if (stop.IsCancellationRequested) Interrupt(); }, null, Again, Again);
    }

    /// <summary>The connection may be closed afterwards.</summary>
    public void Dispose()
    {
        // A timer that is disposed may still be in the middle of its turn, and nobody would catch what that throws.
        lock (_lock) _isOver = true;
        _again.Dispose();
        _first.Dispose();
    }

    private void Interrupt()
    {
        lock (_lock)
        {
            if (!_isOver) Native.Startup.DuckDBInterrupt(_connection.NativeConnection);
        }
    }
}
