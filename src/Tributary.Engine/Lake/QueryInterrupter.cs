using DuckDB.NET.Data;
using Native = DuckDB.NET.Native.NativeMethods;

namespace Tributary.Engine.Lake;

/// <summary>Stops what a connection runs when a token says so.</summary>
internal sealed class QueryInterrupter : IDisposable
{
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(200);
    private readonly CancellationTokenRegistration _first;
    private readonly ITimer _again;

    public QueryInterrupter(DuckDBConnection connection, TimeProvider clock, CancellationToken stop)
    {
        // One interrupt can come between two steps of a query and be lost: repeat it until the connection is done.
        _first = stop.Register(() => Native.Startup.DuckDBInterrupt(connection.NativeConnection));
        _again = clock.CreateTimer(_ => { if (stop.IsCancellationRequested) Native.Startup.DuckDBInterrupt(connection.NativeConnection); }, null, Again, Again);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _again.Dispose();
        _first.Dispose();
    }
}
