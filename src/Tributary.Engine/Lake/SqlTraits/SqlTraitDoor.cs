using System.Text;
using Tributary.Engine.Ingest;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Lake.SqlTraits;

/// <summary>Takes what SQL traits say into the received log, through the checks that all events pass.</summary>
internal sealed class SqlTraitDoor(EventIntake intake, TimeProvider clock)
{
    /// <summary>Appends messages, all or none.</summary>
    /// <returns>Null, or why the log does not take them.</returns>
    public async ValueTask<string?> SendAsync(Space space, IReadOnlyList<byte[]> messages, CancellationToken cancellationToken)
    {
        if (messages.Count == 0) return null;
        if (EngageSource.Of(intake.Workspace, space) is not { } source) return "The space has no source of its own any more. Save the SQL trait again to make one.";
        // Its events would be discarded, and nobody would send them again.
        if (!source.Enabled) return $"The source \"{source.Slug}\" is disabled.";
        var arrival = new Arrival { Source = source, WriteKey = Encoding.UTF8.GetBytes(source.WriteKeys[0]), ReceivedAt = intake.Now };
        using var run = new ImportRun(intake, arrival, clock);
        foreach (var message in messages) run.Add(message, 0, traitsIdentify: true);
        return (await run.FlushAsync(cancellationToken))?.Message;
    }
}
