using System.Text;
using Tributary.Engine.Log;
using Tributary.Engine.Storage;

namespace Tributary.Engine.Profiles;

/// <summary>Gives orders to change the graph: they go through the received log like everything else, so that a replay knows them.</summary>
public sealed class ProfileCommands(ReceivedLog received, ProcessingProgress progress, IStateStore store, TimeProvider clock)
{
    /// <summary>Appends the order and waits until it is carried out.</summary>
    /// <returns>What became of it; null when the log is too busy to take it.</returns>
    internal async Task<ProfileCommandResult?> GiveAsync(ProfileCommand command, CancellationToken cancellationToken)
    {
        var records = new LogRecords();
        ReceivedRecord.AddJson(records, ReceivedKind.Command, clock.GetUtcNow().ToUnixTimeMilliseconds(), command.ToJson());
        var appended = await received.Log.AppendAsync(records);
        if (appended.IsBusy) return null;
        await progress.WaitAsync(appended.End, cancellationToken);
        return store.Get(Table.Commands, Encoding.UTF8.GetBytes(command.Id)) is { } result
            ? ProfileCommandResult.Parse(result)
            : new ProfileCommandResult { Error = "The order made a stage fail and is in quarantine." };
    }

    /// <summary>A new command's id.</summary>
    internal string NextId() => $"cmd_{Guid.CreateVersion7(clock.GetUtcNow()):n}";
}
