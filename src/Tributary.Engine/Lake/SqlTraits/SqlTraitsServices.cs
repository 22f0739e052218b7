using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tributary.Engine.Ingest;
using Tributary.Engine.Log;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Lake.SqlTraits;

/// <summary>Registers SQL traits.</summary>
public static class SqlTraitsServices
{
    // The lake is at most about this far behind; nothing tells when it has come further.
    private static readonly TimeSpan PauseForLake = TimeSpan.FromMilliseconds(100);

    /// <summary>Adds the hosted service that runs them. Needs the logs, the state store, the workspace, Ingest, Processing and the lake.</summary>
    public static IServiceCollection AddSqlTraits(this IServiceCollection services) => services
        .AddSingleton<SqlTraitBook>()
        .AddSingleton<SqlTraitPreview>()
        .AddSingleton(provider => new SqlTraitRunner(
            provider.GetRequiredService<SqlTraitBook>(),
            provider.GetRequiredService<LakeQuery>(),
            new SqlTraitDoor(provider.GetRequiredService<EventIntake>(), provider.GetRequiredService<TimeProvider>()),
            stopping => LakeIsCurrentAsync(provider, stopping),
            provider.GetRequiredService<Func<WorkspaceSnapshot>>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<SqlTraitRunner>>()))
        .AddHostedService<SqlTraitsWorker>();

    /// <summary>Maps SQL traits; the caller adds authentication.</summary>
    public static void MapSqlTraitsApi(this IEndpointRouteBuilder endpoints) => SqlTraitsApi.Map(endpoints);

    // Waits until everything that was received by now can be queried.
    private static async Task LakeIsCurrentAsync(IServiceProvider provider, CancellationToken stopping)
    {
        await provider.GetRequiredService<ProcessingProgress>().WaitAsync(provider.GetRequiredService<ReceivedLog>().Log.End, stopping);
        var end = provider.GetRequiredService<DecidedLog>().Log.End;
        var loader = provider.GetRequiredService<LakeLoader>();
        while (loader.Position < end) await Task.Delay(PauseForLake, provider.GetRequiredService<TimeProvider>(), stopping);
    }

    /// <summary>Runs SQL traits as long as the host runs.</summary>
    private sealed class SqlTraitsWorker(SqlTraitRunner runner, LiveWorkspace workspace) : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
            Task.Run(() => runner.RunAsync(workspace.WaitAsync, stoppingToken), CancellationToken.None);
    }
}
