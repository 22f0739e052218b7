using System.Buffers.Binary;
using System.Security.Cryptography;
using Tributary.Engine.Delivery.Fql;
using Tributary.Engine.Delivery.Mapping;

namespace Tributary.Engine.Delivery.Filters;

/// <summary>
/// Decides which events a sample keeps: by the same hash as the browser's script, so that an event is in the sample of a destination whichever of the two sends
/// it. Without a path the browser throws dice; here the messageId decides, so that a repetition of the event decides the same.
/// </summary>
internal sealed class SampleShare(double percent, string? path)
{
    private static readonly Needle[] MessageId = [new("messageId")];

    private readonly Needle[] _steps = path is null ? MessageId : [.. path.Split('.').Select(step => new Needle(step))];

    public bool Keeps(EventDocument message)
    {
        if (percent <= 0) return false;
        if (percent >= 1) return true;
        var value = message.Root.Walk(_steps);
        // An event without the field has nothing in common with others; it is sampled by itself.
        if (value.IsUndefined) value = message.Root.Walk(MessageId);
        var writer = new ScriptWriter(int.MaxValue, isExact: true);
        writer.Value(value);
#pragma warning disable CA5351 // MD5 is what the browser's script uses; nothing has to be kept secret by it.
        var hash = MD5.HashData(writer.Written.Span);
#pragma warning restore CA5351
        return BinaryPrimitives.ReadUInt64BigEndian(hash) / Math.Pow(2, 64) < percent;
    }
}
