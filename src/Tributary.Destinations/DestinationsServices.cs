using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tributary.Destinations.Actions;
using Tributary.Destinations.Files;
using Tributary.Destinations.Functions;
using Tributary.Destinations.Http;
using Tributary.Destinations.Kafka;
using Tributary.Destinations.Node;
using Tributary.Destinations.Postgres;
using Tributary.Destinations.Webhook;
using Tributary.Engine.Workspace;

namespace Tributary.Destinations;

/// <summary>Registers the destinations: their entries in the catalogue, and how they are sent.</summary>
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
        services.AddSingleton(provider => WebhookKind.Driver(provider.GetRequiredService<OutboundHttp>(), provider.GetRequiredService<TimeProvider>()));
        return services;
    }

    /// <summary>
    /// Adds Segment's destinations, which run in Node.js workers: none when the program was built without npm. Without Node.js they are in the catalogue, and a
    /// destination says what is missing. Settings: <see cref="NodeRuntime.PathKey"/>, <see cref="ActionsCatalogue.RawSocketsKey"/>.
    /// </summary>
    public static IServiceCollection AddActions(this IServiceCollection services, IConfiguration configuration)
    {
        var catalogue = ActionsCatalogue.Load(AppContext.BaseDirectory, configuration[ActionsCatalogue.RawSocketsKey]);
        services.AddSingleton(catalogue);
        services.AddSingleton(provider => new ActionsWorkers(Pool(catalogue, configuration, provider)));
        services.AddSingleton(provider => new ActionsHost(
            provider.GetRequiredService<ActionsWorkers>().Pool, catalogue, provider.GetRequiredService<OutboundHttp>().For, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new ActionsQuestions(
            provider.GetRequiredService<LiveWorkspace>(), provider.GetRequiredService<ActionsHost>(), catalogue, provider.GetRequiredService<SecretBox>()));
        services.AddSingleton(provider => provider.GetRequiredService<ActionsQuestions>().ListMaker());
        services.AddSingleton(provider => provider.GetRequiredService<ActionsQuestions>().Questions());
        services.AddHostedService<TokenKeeper>();
        foreach (var kind in catalogue.Kinds)
        {
            services.AddSingleton(kind.Kind);
            services.AddSingleton(provider => provider.GetRequiredService<ActionsHost>().Driver(kind));
        }

        return services;
    }

    /// <summary>
    /// Adds people's functions: as destinations, in front of destinations, and as sources. Without Node.js they can be edited, and what needs them says what is
    /// missing.
    /// </summary>
    public static IServiceCollection AddFunctions(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(provider => new FunctionRuntime(
            NodeRuntime.Find(configuration),
            Path.Combine(AppContext.BaseDirectory, "workers", "worker.cjs"),
            provider.GetRequiredService<OutboundHttp>().For,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<NodePool>>()));
        services.AddSingleton(provider => new WorkspaceKinds(slug => FunctionKinds.Find(provider.GetRequiredService<LiveWorkspace>().Current, slug)));
        services.AddSingleton(provider => FunctionKinds.Driver(
            provider.GetRequiredService<FunctionRuntime>(), provider.GetRequiredService<Func<WorkspaceSnapshot>>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(FunctionKinds.DeployedGate());
        services.AddSingleton<FunctionWork>().AddSingleton(provider => provider.GetRequiredService<FunctionWork>().Desk());
        services.AddOptions<FunctionsOptions>().BindConfiguration("Functions").ValidateOnStart();
        services.AddSingleton<IValidateOptions<FunctionsOptions>, FunctionsOptionsValidator>();
        services.AddSingleton<SourceDoor.SourceRoom>().AddSingleton<FunctionMetrics>().AddSingleton<KeptRequests>().AddSingleton<SourceRuns>().AddHostedService<SourceRetries>();
        services.AddSingleton(provider => FunctionKinds.InsertGate(provider.GetRequiredService<FunctionRuntime>(), provider.GetRequiredService<SecretBox>()));
        return services;
    }

    private static NodePool Pool(ActionsCatalogue catalogue, IConfiguration configuration, IServiceProvider provider) => new(
        NodeRuntime.Find(configuration),
        new NodePoolOptions("actions", catalogue.Script) { Environment = ActionsEnvironment.Read(Environment.GetEnvironmentVariable, catalogue.AllowsRawSockets) },
        provider.GetRequiredService<TimeProvider>(),
        provider.GetRequiredService<ILogger<NodePool>>());

    // Several modes have a pool each, so a pool is not asked for by its type alone.
    private sealed record ActionsWorkers(NodePool Pool) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Pool.DisposeAsync();
    }
}
