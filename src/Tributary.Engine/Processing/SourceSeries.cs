using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using Tributary.Engine.Identity;
using Tributary.Engine.Storage;
using Tributary.Model;

namespace Tributary.Engine.Processing;

/// <summary>What became of a message, as it is counted over time. The numbers are part of the store format.</summary>
internal enum SourceMetric : byte
{
    /// <summary>It is in the event log.</summary>
    Accepted = 1,

    /// <summary>Its message id was known.</summary>
    Duplicate = 2,

    /// <summary>It did not pass the checks at the door.</summary>
    Discarded = 3,

    /// <summary>It made a stage throw.</summary>
    Quarantined = 4,
}

/// <summary>What the messages of one count have in common.</summary>
/// <param name="Metric">What became of them.</param>
/// <param name="Type">Their type; 0 when it is unknown.</param>
/// <param name="Reason">Why they were discarded; 0 of others.</param>
/// <param name="Name">The event of a track call, the name of a page or screen; empty when there is none.</param>
/// <param name="AppVersion"><c>context.app.version</c>; empty when there is none.</param>
/// <param name="IsOther">Name and version are not told apart any more.</param>
internal readonly record struct SourceLine(SourceMetric Metric, EventType Type, DiscardReason Reason, string Name, string AppVersion, bool IsOther);

/// <summary>
/// Counts of each source's messages by the minute for two days and by the hour for a month, by the time of receipt; written with the commit that they belong to.
/// </summary>
/// <remarks>
/// <para>Rows of <see cref="Table.Counters"/>: <c>source:u32 unit:u8 (0 minutes, 1 hours) start:i64 → count {metric:u8 type:u8 reason name version n}*</c>, start in
/// units since 1970; 0x80 on the metric says <see cref="SourceLine.IsOther"/>. A row tells <see cref="LinesMax"/> names and versions apart, of
/// <see cref="TextBytesMax"/> together; metric, type and reason are exact whatever comes.</para>
/// <para>Rows depend on the messages and their order alone, not on where commits fall: lines stand in the order of their first message, and what is older than
/// the newest row allows is neither kept nor counted.</para>
/// </remarks>
internal sealed class SourceSeries(IStateStore store)
{
    public const int LinesMax = 500;
    public const int TextBytesMax = 16 << 10;
    public const int LabelBytesMax = 512;
    public const long MinuteMs = 60_000;
    public const long HourMs = 3_600_000;

    // What the API answers reaches 48 hours and a minute back, or 30 days and a day.
    private const long MinutesKept = (48 * 60) + 2;

    /// <summary>So many hours are kept, the newest included.</summary>
    public const long HoursKept = (31 * 24) + 2;
    private const byte OtherFlag = 0x80;

    private readonly Dictionary<uint, (Track Minutes, Track Hours)> _sources = [];
    private readonly HashSet<Track> _changed = [];
    private readonly HashSet<Track> _many = [];
    private readonly ByteWriter _writer = new();

    /// <summary>Counts a message.</summary>
    public void Add(uint source, long receivedAt, SourceMetric metric, EventType type, DiscardReason reason, EventLabels labels)
    {
        if (!_sources.TryGetValue(source, out var tracks))
            tracks = _sources[source] = (new Track(store, source, 0, MinuteMs, MinutesKept), new Track(store, source, 1, HourMs, HoursKept));
        var isOther = labels.Bytes > LabelBytesMax;
        var hash = isOther ? HashOf(metric, type, reason, default, isOther) : HashOf(metric, type, reason, labels, isOther);
        Add(tracks.Minutes, Math.Max(0, receivedAt), hash, metric, type, reason, labels, isOther);
        Add(tracks.Hours, Math.Max(0, receivedAt), hash, metric, type, reason, labels, isOther);
    }

    /// <summary>Puts what was counted since the last commit into the draft.</summary>
    public void Write(IStateDraft draft)
    {
        foreach (var track in _changed) track.Write(draft, _writer);
        _changed.Clear();
    }

    /// <summary>The last commit that was written is in the store: rows that nothing is added to need not stay in memory.</summary>
    public void Landed()
    {
        foreach (var track in _many) track.Shrink();
        _many.RemoveWhere(static track => track.Count < 2);
    }

    public void Abandon()
    {
        _sources.Clear();
        _changed.Clear();
        _many.Clear();
    }

    /// <summary>The committed counts of a source between two times, by minute or hour, the oldest first.</summary>
    public static IEnumerable<(long At, SourceLine Line, long Count)> Read(IStateStore store, uint source, bool byHour, long from, long to)
    {
        var (unit, ms) = byHour ? ((byte)1, HourMs) : ((byte)0, MinuteMs);
        foreach (var (key, value) in store.Scan(Table.Counters, StateKeys.Series(source, unit, from / ms), StateKeys.Series(source, unit, (to + ms - 1) / ms)))
        {
            var at = BinaryPrimitives.ReadInt64BigEndian(key.AsSpan(5)) * ms;
            foreach (var (line, count) in Row.Decode(value)) yield return (at, line, count);
        }
    }

    /// <summary>The newest minute of a source; milliseconds since 1970, null when it has none.</summary>
    public static long? Newest(IStateStore store, uint source)
    {
        foreach (var (key, _) in store.Scan(Table.Counters, StateKeys.Series(source, 0, 0), StateKeys.Series(source, 0, long.MaxValue), backwards: true))
            return BinaryPrimitives.ReadInt64BigEndian(key.AsSpan(5)) * MinuteMs;
        return null;
    }

    private void Add(Track track, long at, UInt128 hash, SourceMetric metric, EventType type, DiscardReason reason, EventLabels labels, bool isOther)
    {
        if (track.Open(at) is not { } row) return;
        _changed.Add(track);
        if (track.Count > 1) _many.Add(track);
        row.IsChanged = true;
        if (row.TryCount(hash)) return;
        if (!isOther && !labels.IsEmpty && !row.HasRoom(labels.Bytes))
        {
            isOther = true;
            hash = HashOf(metric, type, reason, default, isOther);
            if (row.TryCount(hash)) return;
        }

        row.Begin(hash, isOther
            ? new SourceLine(metric, type, reason, "", "", IsOther: true)
            : new SourceLine(metric, type, reason, Encoding.UTF8.GetString(labels.Name), Encoding.UTF8.GetString(labels.AppVersion), IsOther: false), 1);
    }

    private static UInt128 HashOf(SourceMetric metric, EventType type, DiscardReason reason, EventLabels labels, bool isOther)
    {
        Span<byte> bytes = stackalloc byte[7 + LabelBytesMax];
        bytes[0] = (byte)((byte)metric | (isOther ? OtherFlag : 0));
        bytes[1] = (byte)type;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[2..], (ushort)reason);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[4..], (ushort)labels.Name.Length);
        labels.Name.CopyTo(bytes[6..]);
        labels.AppVersion.CopyTo(bytes[(6 + labels.Name.Length)..]);
        return XxHash128.HashToUInt128(bytes[..(6 + labels.Bytes)]);
    }

    /// <summary>The rows of one source and unit. Those in memory are newer than what the store has, until they have landed.</summary>
    private sealed class Track
    {
        private readonly IStateStore _store;
        private readonly uint _source;
        private readonly byte _unit;
        private readonly long _ms;
        private readonly long _kept;
        private readonly Dictionary<long, Row> _rows = [];
        private long _newest = -1;

        // No row before it is in the store.
        private long _first;

        public Track(IStateStore store, uint source, byte unit, long ms, long kept)
        {
            (_store, _source, _unit, _ms, _kept) = (store, source, unit, ms, kept);
            foreach (var (key, _) in store.Scan(Table.Counters, StateKeys.Series(source, unit, 0), StateKeys.Series(source, unit, long.MaxValue), backwards: true))
            {
                _newest = BinaryPrimitives.ReadInt64BigEndian(key.AsSpan(5));
                break;
            }

            _first = Math.Max(0, _newest - _kept + 1);
        }

        public int Count => _rows.Count;

        /// <summary>The row of a time; null when it is too old to be kept.</summary>
        public Row? Open(long at)
        {
            var start = at / _ms;
            if (_rows.TryGetValue(start, out var row)) return row;
            if (start <= _newest - _kept) return null;
            _newest = Math.Max(_newest, start);
            return _rows[start] = new Row(_store.Get(Table.Counters, StateKeys.Series(_source, _unit, start)));
        }

        public void Write(IStateDraft draft, ByteWriter writer)
        {
            var first = Math.Max(0, _newest - _kept + 1);
            // Mostly one row goes when one comes; a range costs readers more than a few keys do.
            if (first - _first > 64) draft.DeleteRange(Table.Counters, StateKeys.Series(_source, _unit, _first), StateKeys.Series(_source, _unit, first));
            else for (var start = _first; start < first; start++) draft.Delete(Table.Counters, StateKeys.Series(_source, _unit, start));
            _first = first;
            foreach (var (start, row) in _rows)
            {
                if (start < first) _rows.Remove(start);
                if (start < first || !row.IsChanged) continue;
                row.Encode(writer);
                draft.Put(Table.Counters, StateKeys.Series(_source, _unit, start), writer.Written);
            }
        }

        public void Shrink()
        {
            foreach (var (start, row) in _rows)
                if (!row.IsChanged && start != _newest) _rows.Remove(start);
        }
    }

    private sealed class Row
    {
        private readonly List<(SourceLine Line, long Count)> _lines = [];
        private readonly Dictionary<UInt128, int> _index = [];
        private int _labelled;
        private int _textBytes;

        public Row(byte[]? value)
        {
            if (value is null) return;
            foreach (var (line, count) in Decode(value))
            {
                var labels = new EventLabels(Encoding.UTF8.GetBytes(line.Name), Encoding.UTF8.GetBytes(line.AppVersion));
                Begin(HashOf(line.Metric, line.Type, line.Reason, labels, line.IsOther), line, count);
            }
        }

        /// <summary>Something was counted that no draft has.</summary>
        public bool IsChanged { get; set; }

        public bool TryCount(UInt128 hash)
        {
            if (!_index.TryGetValue(hash, out var at)) return false;
            CollectionsMarshal.AsSpan(_lines)[at].Count++;
            return true;
        }

        public bool HasRoom(int textBytes) => _labelled < LinesMax && _textBytes + textBytes <= TextBytesMax;

        public void Begin(UInt128 hash, SourceLine line, long count)
        {
            _index[hash] = _lines.Count;
            _lines.Add((line, count));
            var bytes = Encoding.UTF8.GetByteCount(line.Name) + Encoding.UTF8.GetByteCount(line.AppVersion);
            if (bytes > 0) _labelled++;
            _textBytes += bytes;
        }

        public void Encode(ByteWriter writer)
        {
            IsChanged = false;
            writer.Clear();
            writer.WriteUnsigned((ulong)_lines.Count);
            foreach (var (line, count) in _lines)
            {
                writer.WriteByte((byte)((byte)line.Metric | (line.IsOther ? OtherFlag : 0)));
                writer.WriteByte((byte)line.Type);
                writer.WriteUnsigned((ulong)line.Reason);
                writer.WriteString(line.Name);
                writer.WriteString(line.AppVersion);
                writer.WriteUnsigned((ulong)count);
            }
        }

        public static List<(SourceLine Line, long Count)> Decode(ReadOnlySpan<byte> value)
        {
            var reader = new ByteReader(value);
            var left = reader.ReadCount();
            var lines = new List<(SourceLine, long)>(left);
            for (; left > 0; left--)
            {
                var metric = reader.ReadByte();
                var line = new SourceLine(
                    (SourceMetric)(metric & ~OtherFlag), (EventType)reader.ReadByte(), (DiscardReason)reader.ReadUnsigned(), reader.ReadString(), reader.ReadString(),
                    (metric & OtherFlag) != 0);
                lines.Add((line, (long)reader.ReadUnsigned()));
            }

            return lines;
        }
    }
}
