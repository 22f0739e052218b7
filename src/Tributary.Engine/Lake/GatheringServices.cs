using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tributary.Engine.Lake.Evaluating;
using Tributary.Engine.Log;
using Tributary.Engine.Storage;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Lake;

/// <summary>Registers what brings the past to new audiences and computed traits, and what asks it of the lake.</summary>
public static class GatheringServices
{
    /// <summary>
    /// Adds the hosted service that gathers, <see cref="LakeEvaluator"/>, <see cref="AudiencePreview"/> and <see cref="AudienceVerifier"/>. Needs the logs, the state store, the workspace, Processing and the lake.
    /// </summary>
    public static IServiceCollection AddGathering(this IServiceCollection services) => services
        .AddSingleton(provider => new ComputationGatherer(
            new GatheringDoor(provider.GetRequiredService<ReceivedLog>(), provider.GetRequiredService<ProcessingProgress>(), provider.GetRequiredService<TimeProvider>()),
            provider.GetRequiredService<IStateStore>(),
            new HistoryReader(provider.GetRequiredService<LakeDatabase>(), provider.GetRequiredService<LakeLoader>()),
            provider.GetRequiredService<Func<WorkspaceSnapshot>>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ComputationGatherer>>()))
        .AddSingleton(provider => new LakeEvaluator(provider.GetRequiredService<LakeDatabase>(), provider.GetRequiredService<TimeProvider>()))
        .AddSingleton<AudiencePreview>()
        .AddSingleton<AudiencePreviewDesk>()
        .AddSingleton<AudienceVerifier>()
        .AddHostedService<GatheringWorker>();

    /// <summary>Maps previews and checks of definitions; the caller adds authentication.</summary>
    public static void MapEvaluatingApi(this IEndpointRouteBuilder endpoints) => EvaluatingApi.Map(endpoints);

    /// <summary>Gathers as long as the host runs.</summary>
    private sealed class GatheringWorker(ComputationGatherer gatherer, LiveWorkspace workspace) : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
            Task.Run(() => gatherer.RunAsync(workspace.WaitAsync, stoppingToken), CancellationToken.None);
    }
}
