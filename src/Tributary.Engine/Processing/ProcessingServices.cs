using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tributary.Engine.Log;
using Tributary.Engine.Processing.Computing;
using Tributary.Engine.Storage;

namespace Tributary.Engine.Processing;

/// <summary>Registers what keeps the river moving: the processor, and the clock that time in the log comes from.</summary>
public static class ProcessingServices
{
    /// <summary>Adds the processor, its clock and what reads its results. Needs the logs, the state store and a <c>Func&lt;WorkspaceSnapshot&gt;</c>.</summary>
    public static IServiceCollection AddProcessing(this IServiceCollection services)
    {
        services.AddOptions<ProcessingOptions>().BindConfiguration("Processing").ValidateOnStart();
        services.AddSingleton<IValidateOptions<ProcessingOptions>, ProcessingOptionsValidator>();
        services.TryAddSingleton<ProcessingProgress>();
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<ProcessingOptions>>().Value);
        services.AddSingleton(provider => new Processor(
            provider.GetRequiredService<ReceivedLog>().Log,
            provider.GetRequiredService<IDecisionLog>(),
            provider.GetRequiredService<IStateStore>(),
            provider.GetRequiredService<ProcessingProgress>(),
            provider.GetRequiredService<ProcessingOptions>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<Processor>>()));
        services.AddSingleton<ComputationExplainer>();
        services.AddSingleton<EventQueries>().AddSingleton<SourceVolumes>().AddSingleton<IdentitySimulation>();
        return services.AddHostedService<ProcessorWorker>().AddHostedService<TickWorker>();
    }

    /// <summary>Maps why audiences and computed traits say what they say; the caller adds authentication.</summary>
    public static void MapExplainApi(this IEndpointRouteBuilder endpoints) => ExplainApi.Map(endpoints);

    // A damaged log and a bug of ours end the process, as the host does with every failed worker: going on would lose what is received.
    private sealed class ProcessorWorker(Processor processor) : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
            Task.Factory.StartNew(() => processor.RunAsync(stoppingToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
    }

    private sealed class TickWorker(ReceivedLog received, IStateStore store, TimeProvider clock) : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) => new LogClock(received.Log, ProcessingPosition.Read(store).Now, clock).RunAsync(stoppingToken);
    }
}

[OptionsValidator]
internal sealed partial class ProcessingOptionsValidator : IValidateOptions<ProcessingOptions>;
