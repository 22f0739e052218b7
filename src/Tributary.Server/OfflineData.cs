using Tributary.Engine.Log;
using Tributary.Engine.Processing;
using Tributary.Engine.Storage;

namespace Tributary.Server;

/// <summary>A data folder opened without a server, for inspection. While it is open no server can start on it, and while one runs it cannot be opened.</summary>
internal sealed class OfflineData : IDisposable
{
    private OfflineData(RocksStateStore store, SegmentLog received, SegmentLog decided) => (Store, Received, Decided) = (store, received, decided);

    public RocksStateStore Store { get; }

    public SegmentLog Received { get; }

    /// <summary>The event log; what a crash left behind its committed end is cut, as a start of the server would.</summary>
    public SegmentLog Decided { get; }

    /// <summary>True when a server has been here.</summary>
    public static bool Exists(string folder) => Directory.Exists(Path.Combine(folder, "received")) && Directory.Exists(Path.Combine(folder, "state"));

    /// <summary>Opens the folder.</summary>
    /// <exception cref="IOException">A server has it open, or it is damaged.</exception>
    public static OfflineData Open(string folder, TimeProvider clock)
    {
        // The store first: its lock says most clearly that a server is running.
        var store = RocksStateStore.Open(Path.Combine(folder, "state"));
        SegmentLog? received = null;
        try
        {
            received = SegmentLog.Open(Path.Combine(folder, "received"), new SegmentLogOptions(), clock);
            var decided = SegmentLog.Open(
                Path.Combine(folder, "decided"), new SegmentLogOptions { KnowsItsEnd = false }, clock, ProcessingPosition.Read(store).Decided);
            return new OfflineData(store, received, decided);
        }
        catch
        {
            received?.Dispose();
            store.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Decided.Dispose();
        Received.Dispose();
        Store.Dispose();
    }
}
