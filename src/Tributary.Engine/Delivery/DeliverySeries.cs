using System.Buffers.Binary;
using Tributary.Engine.Identity;
using Tributary.Engine.Storage;

namespace Tributary.Engine.Delivery;

/// <summary>What is counted over time. The numbers are part of the store format.</summary>
internal enum SeriesMetric : byte
{
    /// <summary>Delivered; the detail is the number of the attempt, 10 for all later ones.</summary>
    Delivered = 1,

    /// <summary>Kept from the destination; the detail is the reason.</summary>
    Filtered = 2,

    /// <summary>Failed for good; the detail is the reason.</summary>
    Failed = 3,

    /// <summary>An attempt in vain that is repeated; the detail is the reason.</summary>
    Retried = 4,
}

/// <summary>One line of a time's counts.</summary>
/// <param name="Metric">What is counted.</param>
/// <param name="Lane">The number of the subscription; 0 when there is none or the event never came so far.</param>
/// <param name="Detail">Attempt or reason.</param>
internal readonly record struct SeriesKey(SeriesMetric Metric, uint Lane, string Detail);

/// <summary>
/// Counts of one destination's deliveries (one event through one subscription) by minute for two days and by hour for a month. Written together with the
/// account, so that a crash counts nothing twice.
/// </summary>
/// <remarks>
/// Rows: <c>3:u8 destination:u32 unit:u8 (0 minutes, 1 hours) start:i64 → count {metric:u8 lane detail n}*</c>, start in units since 1970, times are those of
/// the outcome. At most <see cref="LinesMax"/> different lines a row; what is beyond counts under the detail <c>other</c>.
/// </remarks>
internal sealed class DeliverySeries(IStateStore store, uint destination)
{
    public const int LinesMax = 500;
    public const long MinuteMs = 60_000;
    public const long HourMs = 3_600_000;

    // What the API answers reaches 48 hours and a minute back, or 30 days and a day.
    private const long MinutesKept = (48 * 60) + 2;
    private const long HoursKept = (31 * 24) + 2;
    private const string Other = "other";

    private readonly Bucket _minute = new(0, MinuteMs);
    private readonly Bucket _hour = new(1, HourMs);
    private readonly Dictionary<SeriesKey, long> _new = [];

    // Kept until the commit has succeeded, so that one that is tried again counts them once.
    private Dictionary<SeriesKey, long> _written = [];

    public void Delivered(uint lane, int attempt) => Add(new(SeriesMetric.Delivered, lane, Math.Clamp(attempt, 1, 10) switch
    {
        1 => "1",
        var later => later.ToString(System.Globalization.CultureInfo.InvariantCulture),
    }), 1);

    public void Filtered(uint lane, string reason, long count) => Add(new(SeriesMetric.Filtered, lane, reason), count);

    public void Failed(uint lane, string reason, long count) => Add(new(SeriesMetric.Failed, lane, reason), count);

    public void Retried(uint lane, string reason) => Add(new(SeriesMetric.Retried, lane, reason), 1);

    /// <summary>Puts what was counted since the last commit into the draft.</summary>
    public void Write(IStateDraft draft, ByteWriter writer, long now)
    {
        // What is in the draft of a commit that has failed stays in its time: written under another as well, it would count twice.
        var isAgain = _written.Count > 0;
        foreach (var (key, count) in _new) _written[key] = _written.GetValueOrDefault(key) + count;
        _new.Clear();
        if (_written.Count == 0) return;
        foreach (var bucket in (ReadOnlySpan<Bucket>)[_minute, _hour])
        {
            if (!isAgain || bucket.Start < 0) Open(bucket, now, draft);
            var sums = new Dictionary<SeriesKey, long>(bucket.Committed);
            foreach (var (key, count) in _written) Sum(sums, key, count);
            bucket.Drafted = sums;
            writer.Clear();
            writer.WriteUnsigned((ulong)sums.Count);
            foreach (var (key, count) in sums)
            {
                writer.WriteByte((byte)key.Metric);
                writer.WriteUnsigned(key.Lane);
                writer.WriteString(key.Detail);
                writer.WriteUnsigned((ulong)count);
            }

            draft.Put(Table.Deliveries, KeyOf(destination, bucket.Unit, bucket.Start), writer.Written);
        }
    }

    /// <summary>The draft was committed.</summary>
    public void Written()
    {
        if (_written.Count == 0) return;
        _written = [];
        foreach (var bucket in (ReadOnlySpan<Bucket>)[_minute, _hour]) bucket.Committed = bucket.Drafted;
    }

    /// <summary>The counts of a destination between two times, by minute or hour, the oldest first.</summary>
    public static IEnumerable<(long At, SeriesKey Key, long Count)> Read(IStateStore store, uint destination, bool byHour, long from, long to)
    {
        var (unit, ms) = byHour ? ((byte)1, HourMs) : ((byte)0, MinuteMs);
        foreach (var (key, value) in store.Scan(Table.Deliveries, KeyOf(destination, unit, from / ms), KeyOf(destination, unit, (to + ms - 1) / ms)))
        {
            var at = BinaryPrimitives.ReadInt64BigEndian(key.AsSpan(6)) * ms;
            foreach (var (line, count) in Decode(value)) yield return (at, line, count);
        }
    }

    private void Add(SeriesKey key, long count) => _new[key] = _new.GetValueOrDefault(key) + count;

    private void Open(Bucket bucket, long now, IStateDraft draft)
    {
        var start = now / bucket.Ms;
        if (bucket.Start == start) return;
        var before = store.Get(Table.Deliveries, KeyOf(destination, bucket.Unit, start));
        (bucket.Start, bucket.Committed) = (start, before is null ? [] : Decode(before));
        // Once a minute and once an hour; a range costs one marker however long it is.
        draft.DeleteRange(Table.Deliveries, KeyOf(destination, bucket.Unit, 0), KeyOf(destination, bucket.Unit, start - (bucket.Unit == 0 ? MinutesKept : HoursKept)));
    }

    private static void Sum(Dictionary<SeriesKey, long> sums, SeriesKey key, long count)
    {
        if (sums.Count >= LinesMax && !sums.ContainsKey(key)) key = key with { Lane = 0, Detail = Other };
        sums[key] = sums.GetValueOrDefault(key) + count;
    }

    private static Dictionary<SeriesKey, long> Decode(ReadOnlySpan<byte> value)
    {
        var reader = new ByteReader(value);
        var counts = new Dictionary<SeriesKey, long>();
        for (var left = reader.ReadCount(); left > 0; left--)
        {
            var key = new SeriesKey((SeriesMetric)reader.ReadByte(), (uint)reader.ReadUnsigned(), reader.ReadString());
            counts[key] = (long)reader.ReadUnsigned();
        }

        return counts;
    }

    private static byte[] KeyOf(uint destination, byte unit, long start)
    {
        var key = DeliveryRows.Prefix(DeliveryRows.SeriesKind, destination, 14);
        key[5] = unit;
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(6), Math.Max(0, start));
        return key;
    }

    private sealed class Bucket(byte unit, long ms)
    {
        public byte Unit => unit;

        public long Ms => ms;

        public long Start { get; set; } = -1;

        public Dictionary<SeriesKey, long> Committed { get; set; } = [];

        public Dictionary<SeriesKey, long> Drafted { get; set; } = [];
    }
}
