using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Tributary.Engine.Ingest;

/// <summary>Registers Ingest.</summary>
public static class IngestServices
{
    /// <summary>
    /// Adds what <see cref="TrackingApi.MapTrackingApi"/> needs. The host provides <c>ReceivedLog</c>, <c>ProcessingProgress</c> and a
    /// <c>Func&lt;WorkspaceSnapshot&gt;</c> that returns the newest snapshot; a <see cref="TimeProvider"/> may be replaced.
    /// </summary>
    public static IServiceCollection AddIngest(this IServiceCollection services)
    {
        services.AddOptions<IngestOptions>().BindConfiguration("Ingest");
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IngestMetrics>();
        services.AddSingleton<EventIntake>();
        services.AddSingleton<SettingsDocuments>();
        services.AddSingleton<BrowserScripts>();
        services.AddSingleton<IStartupFilter, TrackingPaths>();
        return services;
    }
}
