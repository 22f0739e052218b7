using Microsoft.Extensions.DependencyInjection.Extensions;
using Tributary.Engine.Log;
using Tributary.Engine.Storage;

namespace Tributary.Server;

/// <summary>The one data folder: <c>received/</c> (the received log) and <c>state/</c> (the state store). Each is opened when first asked for.</summary>
internal static class DataFolder
{
    public static IServiceCollection AddData(this IServiceCollection services, string folder)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ProcessingProgress>();
        services.AddSingleton<IStateStore>(_ => RocksStateStore.Open(Path.Combine(folder, "state")));
        services.AddSingleton<ReceivedLogFiles>(provider =>
            new(SegmentLog.Open(Path.Combine(folder, "received"), new SegmentLogOptions(), provider.GetRequiredService<TimeProvider>())));
        return services.AddSingleton(provider => new ReceivedLog(provider.GetRequiredService<ReceivedLogFiles>().Log));
    }

    // ReceivedLog is a name, not an owner; this closes the files when the server stops.
    private sealed record ReceivedLogFiles(SegmentLog Log) : IDisposable
    {
        public void Dispose() => Log.Dispose();
    }
}
