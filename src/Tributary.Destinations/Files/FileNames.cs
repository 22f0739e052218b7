using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;

namespace Tributary.Destinations.Files;

/// <summary>Where files lie, and what they are called. Rule: spec/connections.md §7.4.</summary>
internal static class FileNames
{
    /// <summary>
    /// Follows from the events alone: the place of the first one in the event log, how many there are, and a hash of all places. The same events make the same
    /// name, so a repeat overwrites itself; other events make another name, so nothing else is ever overwritten.
    /// </summary>
    public static string Of(IReadOnlyList<FileEvent> events)
    {
        var hash = new XxHash64();
        Span<byte> place = stackalloc byte[8];
        foreach (var one in events)
        {
            BinaryPrimitives.WriteInt64LittleEndian(place, one.Offset);
            hash.Append(place);
        }

        return string.Create(CultureInfo.InvariantCulture, $"{events.Min(one => one.Offset):D19}-{events.Count}-{hash.GetCurrentHashAsUInt64():x16}");
    }

    /// <summary>The beginning of the hour in which an event arrived.</summary>
    public static DateTimeOffset HourOf(in FileEvent one) => DateTimeOffset.FromUnixTimeMilliseconds(one.Event.ReceivedAt - Modulo(one.Event.ReceivedAt, 3_600_000));

    /// <summary>Lines of JSON: by day as milliseconds since 1970, then by hour.</summary>
    public static string Json(string destinationId, DateTimeOffset hour, string name) =>
        string.Create(CultureInfo.InvariantCulture, $"segment-logs/{destinationId}/{hour.UtcDateTime.Date.Subtract(DateTime.UnixEpoch).TotalMilliseconds:F0}/{hour:HH}-{name}.gz");

    /// <summary>Parquet: by the event's table, day and hour.</summary>
    public static string Parquet(string destinationId, string table, DateTimeOffset hour, string name) =>
        string.Create(CultureInfo.InvariantCulture, $"data/{destinationId}/segment_type={table}/day={hour:yyyy-MM-dd}/hr={hour:HH}/{name}.parquet");

    private static long Modulo(long value, long divisor) => ((value % divisor) + divisor) % divisor;
}
