using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tributary.Engine.Log;
using Tributary.Engine.Storage;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Lake;

/// <summary>Registers what brings the past to new audiences and computed traits.</summary>
public static class GatheringServices
{
    /// <summary>Adds the hosted service that gathers. Needs the logs, the state store, the workspace, Processing and the lake.</summary>
    public static IServiceCollection AddGathering(this IServiceCollection services) => services
        .AddSingleton(provider => new ComputationGatherer(
            new GatheringDoor(provider.GetRequiredService<ReceivedLog>(), provider.GetRequiredService<ProcessingProgress>(), provider.GetRequiredService<TimeProvider>()),
            provider.GetRequiredService<IStateStore>(),
            new HistoryReader(provider.GetRequiredService<LakeDatabase>(), provider.GetRequiredService<LakeLoader>()),
            provider.GetRequiredService<Func<WorkspaceSnapshot>>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ComputationGatherer>>()))
        .AddHostedService<GatheringWorker>();

    /// <summary>Gathers as long as the host runs.</summary>
    private sealed class GatheringWorker(ComputationGatherer gatherer, LiveWorkspace workspace) : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
            Task.Run(() => gatherer.RunAsync(workspace.WaitAsync, stoppingToken), CancellationToken.None);
    }
}
