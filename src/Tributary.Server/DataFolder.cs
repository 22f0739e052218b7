using Microsoft.Extensions.DependencyInjection.Extensions;
using Tributary.Engine.Log;
using Tributary.Engine.Processing;
using Tributary.Engine.Storage;

namespace Tributary.Server;

/// <summary>
/// The one data folder: <c>received/</c> (the received log), <c>decided/</c> (the event log) and <c>state/</c> (the state store). Each is opened when first
/// asked for, and closed with the server.
/// </summary>
internal static class DataFolder
{
    public static IServiceCollection AddData(this IServiceCollection services, string folder)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ProcessingProgress>();
        services.AddSingleton<IStateStore>(_ => RocksStateStore.Open(Path.Combine(folder, "state")));
        services.AddSingleton<Files>(provider => new(folder, provider.GetRequiredService<IStateStore>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new ReceivedLog(provider.GetRequiredService<Files>().Received));
        services.AddSingleton(provider => new DecidedLog(provider.GetRequiredService<Files>().Decided));
        return services.AddSingleton<IDecisionLog>(provider => provider.GetRequiredService<Files>().Decided);
    }

    // ReceivedLog and DecidedLog are names, not owners; this closes the files when the server stops.
    private sealed class Files(string folder, IStateStore store, TimeProvider clock) : IDisposable
    {
        public SegmentLog Received { get; } = SegmentLog.Open(Path.Combine(folder, "received"), new SegmentLogOptions(), clock);

        // The state knows where this one ends: what a crash left behind that end was never committed.
        public SegmentLog Decided { get; } = SegmentLog.Open(
            Path.Combine(folder, "decided"), new SegmentLogOptions { KnowsItsEnd = false }, clock, ProcessingPosition.Read(store).Decided);

        public void Dispose()
        {
            Decided.Dispose();
            Received.Dispose();
        }
    }
}
