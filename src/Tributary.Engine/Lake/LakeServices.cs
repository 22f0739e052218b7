using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tributary.Engine.Log;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Lake;

/// <summary>Registers the lake.</summary>
public static class LakeServices
{
    /// <summary>
    /// Adds <see cref="LakeLoader"/>, <see cref="LakeQuery"/> and the hosted service that runs the loader. Needs a <see cref="DecidedLog"/> and a
    /// <see cref="Func{TResult}"/> of <see cref="WorkspaceSnapshot"/>; options come from the section <c>Lake</c> and are checked at start.
    /// </summary>
    public static IServiceCollection AddLake(this IServiceCollection services, Action<LakeOptions>? configure = null)
    {
        var options = services.AddOptions<LakeOptions>().BindConfiguration("Lake").ValidateOnStart();
        if (configure is not null) options.Configure(configure);
        services.AddSingleton<IValidateOptions<LakeOptions>, LakeOptionsValidator>();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<LogReaders>();
        services.AddSingleton(provider =>
        {
            var value = provider.GetRequiredService<IOptions<LakeOptions>>().Value;
            return LakeDatabase.Open(value.Folder, value);
        });
        services.AddSingleton(provider => new LakeLoader(
            provider.GetRequiredService<DecidedLog>(),
            provider.GetRequiredService<Func<WorkspaceSnapshot>>(),
            provider.GetRequiredService<LakeDatabase>(),
            provider.GetRequiredService<IOptions<LakeOptions>>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<LakeLoader>>()));
        services.AddSingleton(provider => new LakeQuery(
            provider.GetRequiredService<LakeDatabase>(), provider.GetRequiredService<IOptions<LakeOptions>>(), provider.GetRequiredService<TimeProvider>()));
        services.AddHostedService<LakeWorker>();
        return services;
    }

    /// <summary>Runs the loader as long as the host runs.</summary>
    private sealed class LakeWorker(LakeLoader loader, LogReaders readers) : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken)
        {
            readers.Add(() => loader.SavedPosition);
            return Task.Run(() => loader.RunAsync(stoppingToken), CancellationToken.None);
        }
    }
}
