using Tributary.Destinations.Warehouse;
using Tributary.Model;

namespace Tributary.Destinations.Files;

/// <summary>
/// Writes batches as files, one after the other; each event has the outcome of its file. An event may be in two files when a batch that was written is divided
/// otherwise after a crash: whoever reads them drops repeats by <c>messageId</c> (in Parquet: <c>id</c>).
/// </summary>
internal sealed class FilesSender(FilesModel model, IFileFormat format, IFileTarget target, TimeProvider clock) : IDestinationSender
{
    // A batch of very many tables makes as many files. What is written within this time counts, so that each attempt gets further.
    private static readonly TimeSpan WritingMax = TimeSpan.FromSeconds(4);

    public int BatchMax => 10_000;

    public int BatchBytesMax => 8 << 20;

    public TimeSpan BatchAge => TimeSpan.FromSeconds(model.GatherSeconds);

    // Within a file events stand in their order; which file is written first says nothing.
    public bool KeepsOrder => false;

    public async ValueTask<DeliveryOutcomes> SendAsync(IReadOnlyList<Delivery> batch, WireTrace trace, CancellationToken cancellationToken)
    {
        var outcomes = new DeliveryOutcome[batch.Count];
        var events = new List<FileEvent>(batch.Count);
        for (var i = 0; i < batch.Count; i++)
        {
            if (DeliveredEvent.TryRead(batch[i], out var read)) events.Add(new FileEvent(i, batch[i].EventOffset.Value, read));
            else outcomes[i] = DeliveryOutcome.Refused("unreadable", "The message is no JSON object with messageId and receivedAt.");
            // Until its file is written, the answer is that it is not.
            if (events.Count > 0 && events[^1].Index == i) outcomes[i] = DeliveryOutcome.RetryLater("not_written");
        }

        var begun = clock.GetTimestamp();
        try
        {
            foreach (var file in format.Make(events))
            {
                var outcome = await target.PutAsync(file, trace, cancellationToken);
                foreach (var index in file.Events) outcomes[index] = outcome;
                // What keeps one file from being written keeps the next one too, more often than not.
                if (outcome.Verdict == DeliveryVerdict.RetryLater || clock.GetElapsedTime(begun) > WritingMax) break;
            }
        }
        catch (IOException failure)
        {
            foreach (var one in events.Where(one => outcomes[one.Index].Reason == "not_written"))
                outcomes[one.Index] = DeliveryOutcome.RetryLater("file_not_made", detail: failure.Message);
        }

        return DeliveryOutcomes.Each(outcomes);
    }

    public void Dispose() => format.Dispose();
}
