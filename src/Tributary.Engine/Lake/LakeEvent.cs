using Tributary.Engine.Log;
using Tributary.Model;

namespace Tributary.Engine.Lake;

/// <summary>What rows are made of: an event, wherever it was read.</summary>
/// <param name="Type">Decides the table.</param>
/// <param name="MessageId">Becomes <c>id</c>; UTF-8.</param>
/// <param name="Profile">Becomes <c>segment_id</c>; none where profiles are not known.</param>
/// <param name="ReceivedAt">Milliseconds since 1970.</param>
/// <param name="Timestamp">Milliseconds since 1970.</param>
/// <param name="Payload">The normalised message: JSON in UTF-8.</param>
internal readonly record struct LakeEvent(
    EventType Type, ReadOnlyMemory<byte> MessageId, ProfileId Profile, long ReceivedAt, long Timestamp, ReadOnlyMemory<byte> Payload)
{
    /// <summary>The event of a record of the event log.</summary>
    public static LakeEvent Of(in DecidedRecord record) => new(record.Type, record.MessageId, record.Profile, record.ReceivedAt, record.Timestamp, record.Payload);
}
