using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tributary.Engine.Log;
using Tributary.Engine.Processing;
using Tributary.Engine.Profiles;
using Tributary.Engine.Storage;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Delivery;

/// <summary>Registers Delivery.</summary>
public static class DeliveryServices
{
    /// <summary>
    /// Adds the engine with its workers, flow and passports. Needs the workspace, the event log, the state store, <see cref="EventQueries"/> and
    /// <see cref="ProfileQueries"/>; a kind of destination works when its <see cref="DestinationDriver"/> is registered. Options: section <c>Delivery</c>.
    /// </summary>
    public static IServiceCollection AddDelivery(this IServiceCollection services)
    {
        services.AddMetrics();
        services.TryAddSingleton<LogReaders>();
        services.AddOptions<DeliveryOptions>().BindConfiguration("Delivery").ValidateOnStart();
        services.AddSingleton<IValidateOptions<DeliveryOptions>, DeliveryOptionsValidator>();
        services.AddSingleton<DeliveryMetrics>();
        services.AddSingleton(provider => new DeliverySetup(
            provider.GetRequiredService<DestinationCatalog>(), provider.GetServices<DestinationDriver>(), provider.GetServices<SenderGate>(),
            provider.GetService<SecretBox>(), provider.GetRequiredService<DeliveryMetrics>()));
        services.AddSingleton(provider => new DeliveryEngine(
            provider.GetRequiredService<LiveWorkspace>(),
            provider.GetRequiredService<DeliverySetup>(),
            provider.GetRequiredService<DecidedLog>(),
            provider.GetRequiredService<IStateStore>(),
            provider.GetRequiredService<IOptions<DeliveryOptions>>().Value,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<DeliveryEngine>>()));
        services.AddSingleton(provider => new RecentEvents(
            provider.GetRequiredService<DecidedLog>(),
            provider.GetRequiredService<IStateStore>(),
            provider.GetRequiredService<IOptions<DeliveryOptions>>().Value,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<RecentEvents>>()));
        services.AddSingleton<FlowQueries>();
        services.AddSingleton(provider => new TestEvent(provider.GetRequiredService<DeliverySetup>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new ReplayQueries(
            provider.GetRequiredService<DeliveryEngine>(), provider.GetRequiredService<DecidedLog>(), provider.GetRequiredService<IStateStore>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<SubscriptionDesk>().AddSingleton<FilterDesk>().AddSingleton<ReplayDesk>();
        services.AddSingleton(provider => new PassportQueries(
            provider.GetRequiredService<Func<WorkspaceSnapshot>>(),
            provider.GetRequiredService<EventQueries>(),
            provider.GetRequiredService<ProfileQueries>(),
            provider.GetRequiredService<RecentEvents>(),
            provider.GetRequiredService<IStateStore>()));
        return services.AddHostedService<DeliveryHost>();
    }

    /// <summary>Runs both followers of the event log as long as the host runs.</summary>
    private sealed class DeliveryHost(
        DeliveryEngine engine, RecentEvents recent, LogReaders readers, DecidedLog decided, IStateStore store, Func<WorkspaceSnapshot> workspace) : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.Run(
            async () =>
            {
                readers.Add(() => DeliveryRows.Slowest(store, workspace().Destinations.Select(destination => destination.Number), decided.Log.End));
                // When either fails, the other is not left behind unseen: the host ends.
                var (delivering, following) = (engine.RunAsync(stoppingToken), recent.RunAsync(stoppingToken));
                await await Task.WhenAny(delivering, following);
                await Task.WhenAll(delivering, following);
            },
            CancellationToken.None);
    }
}
