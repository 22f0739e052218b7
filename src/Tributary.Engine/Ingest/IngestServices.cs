using System.Net;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

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
        services.AddOptions<IngestOptions>().BindConfiguration("Ingest")
            .Validate(options => options.TrustedProxies.All(text => IPNetwork.TryParse(text, out _)),
                "Ingest:TrustedProxies must be networks such as 10.0.0.0/8.")
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<IngestOptions>, IngestOptionsValidator>();
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IngestMetrics>();
        services.AddSingleton<EventIntake>();
        services.AddSingleton(provider => new MessageIntake(provider.GetRequiredService<EventIntake>()));
        services.AddSingleton<SettingsDocuments>();
        services.AddSingleton<BrowserScripts>();
        services.AddSingleton<IStartupFilter, TrackingPaths>();
        return services;
    }
}
