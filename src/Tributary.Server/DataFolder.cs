using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Tributary.Engine.Log;
using Tributary.Engine.Processing;
using Tributary.Engine.Storage;
using Tributary.Engine.Workspace;

namespace Tributary.Server;

/// <summary>
/// The one data folder: <c>received/</c> (the received log), <c>decided/</c> (the event log), <c>state/</c> (the state store) and <c>secrets.key</c>, unless the key is
/// given from outside. Each is opened when first asked for, and closed with the server.
/// </summary>
internal static class DataFolder
{
    public static IServiceCollection AddData(this IServiceCollection services, string folder)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ProcessingProgress>();
        services.AddSingleton(provider => SecretBox.Open(provider.GetRequiredService<IConfiguration>()[SecretBox.KeySetting], Path.Combine(folder, "secrets.key")));
        services.AddSingleton<IStateStore>(_ => RocksStateStore.Open(Path.Combine(folder, "state")));
        services.AddOptions<LogKeepingOptions>().BindConfiguration("Log").ValidateOnStart();
        services.AddSingleton<IValidateOptions<LogKeepingOptions>, LogKeepingOptionsValidator>();
        services.TryAddSingleton<LogReaders>();
        services.AddSingleton<Files>(provider => new(
            folder, provider.GetRequiredService<IStateStore>(), provider.GetRequiredService<IOptions<LogKeepingOptions>>().Value, provider.GetRequiredService<TimeProvider>()));
        services.AddHostedService(provider => new LogKeeper(
            provider.GetRequiredService<Files>().Received, provider.GetRequiredService<Files>().Decided, provider.GetRequiredService<ProcessingProgress>(),
            provider.GetRequiredService<LogReaders>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new ReceivedLog(provider.GetRequiredService<Files>().Received));
        services.AddSingleton(provider => new DecidedLog(provider.GetRequiredService<Files>().Decided));
        return services.AddSingleton<IDecisionLog>(provider => provider.GetRequiredService<Files>().Decided);
    }

    // ReceivedLog and DecidedLog are names, not owners; this closes the files when the server stops.
    private sealed class Files(string folder, IStateStore store, LogKeepingOptions keeping, TimeProvider clock) : IDisposable
    {
        public SegmentLog Received { get; } = SegmentLog.Open(Path.Combine(folder, "received"), keeping.Received, clock);

        public SegmentLog Decided { get; } = SegmentLog.Open(
            Path.Combine(folder, "decided"), keeping.Decided, clock, ProcessingPosition.Read(store).Decided);

        public void Dispose()
        {
            Decided.Dispose();
            Received.Dispose();
        }
    }
}
