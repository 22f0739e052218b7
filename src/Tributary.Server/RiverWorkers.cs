using Tributary.Engine.Log;
using Tributary.Engine.Processing;
using Tributary.Engine.Storage;

namespace Tributary.Server;

/// <summary>What keeps the river moving: the processor, and the clock that time in the log comes from.</summary>
internal static class RiverWorkers
{
    public static IServiceCollection AddRiver(this IServiceCollection services)
    {
        services.AddOptions<ProcessingOptions>().BindConfiguration("Processing");
        services.AddSingleton(provider => new Processor(
            provider.GetRequiredService<ReceivedLog>().Log,
            provider.GetRequiredService<IDecisionLog>(),
            provider.GetRequiredService<IStateStore>(),
            provider.GetRequiredService<ProcessingProgress>(),
            provider.GetRequiredService<Microsoft.Extensions.Options.IOptions<ProcessingOptions>>().Value,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<Processor>>()));
        return services.AddHostedService<ProcessorWorker>().AddHostedService<ClockWorker>();
    }

    // A damaged log and a bug of ours end the process, as the host does with every failed worker: going on would lose what is received.
    private sealed class ProcessorWorker(Processor processor) : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) => processor.RunAsync(stoppingToken);
    }

    private sealed class ClockWorker(ReceivedLog received, TimeProvider clock) : BackgroundService
    {
        // Windows, timers and generations of deduplication are as exact as this. A tick costs one flush of the disk when nothing else happens.
        private static readonly TimeSpan TickEvery = TimeSpan.FromSeconds(1);

        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            using var timer = new PeriodicTimer(TickEvery, clock);
            var records = new LogRecords();
            try
            {
                do
                {
                    records.Clear();
                    ReceivedRecord.AddTick(records, clock.GetUtcNow().ToUnixTimeMilliseconds());
                    // A tick that finds the queue full is not missed: the next one says the same and more.
                    await received.Log.AppendAsync(records);
                }
                while (await timer.WaitForNextTickAsync(stoppingToken));
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
            }
        }
    }
}
