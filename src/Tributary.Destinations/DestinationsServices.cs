using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Tributary.Destinations.Files;
using Tributary.Destinations.Http;
using Tributary.Destinations.Kafka;
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
    /// <param name="services">Where they are registered.</param>
    /// <param name="exports">Where files go unless <see cref="FilesKind.RootKey"/> names another folder.</param>
    /// <param name="allowsKafka">Whether Kafka is offered; see <see cref="KafkaKind.IsAllowed"/>.</param>
    public static IServiceCollection AddNativeDestinations(this IServiceCollection services, string exports = "data/exports", bool allowsKafka = false)
    {
        services.AddSingleton(provider => EgressRules.Parse(provider.GetRequiredService<IConfiguration>()[EgressRules.AllowKey]));
        services.AddSingleton<OutboundHttp>();
        services.AddSingleton(PostgresKind.Value).AddSingleton(provider => PostgresKind.Driver(provider.GetRequiredService<EgressRules>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(FilesKind.Value).AddSingleton(provider => FilesKind.Driver(
            provider.GetRequiredService<OutboundHttp>(), provider.GetRequiredService<IConfiguration>()[FilesKind.RootKey] is { Length: > 0 } root ? root : exports, provider.GetRequiredService<TimeProvider>()));
        if (allowsKafka) services.AddSingleton(KafkaKind.Value).AddSingleton(provider => KafkaKind.Driver(provider.GetRequiredService<EgressRules>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(WebhookKind.Value);
        return services.AddSingleton(provider => WebhookKind.Driver(provider.GetRequiredService<OutboundHttp>(), provider.GetRequiredService<TimeProvider>()));
    }
}
