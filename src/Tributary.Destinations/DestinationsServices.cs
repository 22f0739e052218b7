using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Tributary.Destinations.Http;
using Tributary.Destinations.Postgres;
using Tributary.Destinations.Webhook;

namespace Tributary.Destinations;

/// <summary>Registers the native destinations: their entries in the catalogue, and how they are sent.</summary>
public static class DestinationsServices
{
    /// <summary>
    /// Adds all of them with the client that they share. Exceptions from the rules of egress come from the setting <see cref="EgressRules.AllowKey"/>; a setting
    /// that cannot be read keeps the server from starting.
    /// </summary>
    public static IServiceCollection AddNativeDestinations(this IServiceCollection services)
    {
        services.AddSingleton(provider => EgressRules.Parse(provider.GetRequiredService<IConfiguration>()[EgressRules.AllowKey]));
        services.AddSingleton<OutboundHttp>();
        services.AddSingleton(PostgresKind.Value).AddSingleton(provider => PostgresKind.Driver(provider.GetRequiredService<EgressRules>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(WebhookKind.Value);
        return services.AddSingleton(provider => WebhookKind.Driver(provider.GetRequiredService<OutboundHttp>(), provider.GetRequiredService<TimeProvider>()));
    }
}
