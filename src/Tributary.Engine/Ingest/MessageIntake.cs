using System.Text;
using Tributary.Engine.Log;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Ingest;

/// <summary>Takes messages that did not come over the tracking API, e.g. those that a source function made of a request, through the same checks.</summary>
public sealed class MessageIntake
{
    private readonly EventIntake _intake;

    internal MessageIntake(EventIntake intake) => _intake = intake;

    /// <summary>Makes messages durable, all or none. What is wrong with one is a discard of the source, as at the tracking API.</summary>
    /// <param name="source">Where they come from.</param>
    /// <param name="messages">JSON objects with a type.</param>
    /// <param name="id">With the place in the list it becomes the id of messages that bring none, so that the same list taken twice counts once.</param>
    /// <returns>Null, or why the log does not take them now.</returns>
    public async ValueTask<string?> AppendAsync(Source source, IReadOnlyList<byte[]> messages, string id)
    {
        if (messages.Count == 0) return null;
        var buffers = _intake.RentBuffers();
        try
        {
            buffers.Records.Clear();
            var arrival = new Arrival { Source = source, WriteKey = Encoding.UTF8.GetBytes(source.WriteKeys[0]), ReceivedAt = _intake.Now, TakesObjects = true };
            var tally = default(Tally);
            for (var i = 0; i < messages.Count; i++)
            {
                var fallback = Encoding.UTF8.GetBytes(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{id}-{i}"));
                if (buffers.Scan.Read(messages[i], BodyShape.Message).IsFault)
                {
                    ReceivedRecord.AddDiscard(buffers.Records, default, DiscardReason.NotAnObject, source.Number, arrival.ReceivedAt, fallback, messages[i]);
                    tally += new Tally(0, 1);
                }
                else
                {
                    tally += buffers.Normalizer.Write(buffers.Scan, arrival with { FallbackMessageId = fallback }, buffers.Records);
                }
            }

            var result = await _intake.AppendAsync(buffers.Records, tally);
            if (!result.IsTaken) return _intake.Refused(result).Message;
            _intake.Count(source, tally);
            return null;
        }
        finally
        {
            _intake.Return(buffers);
        }
    }
}
