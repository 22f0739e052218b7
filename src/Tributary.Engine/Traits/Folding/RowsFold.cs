using Tributary.Engine.Identity;

namespace Tributary.Engine.Traits.Folding;

/// <summary>See <see cref="FoldKind.Rows"/>. In the order in which they happened.</summary>
internal sealed class RowsFold : Fold
{
    /// <summary>So many rows of one stream are kept in one fragment for certain; of more, the oldest are dropped.</summary>
    public const int RowsMax = 10_000;

    // Where some are dropped, all is asked anew that was known of the profile, so they go together: somebody who does one thing for ever stays cheap.
    private const int Slack = 1_000;

    // Of fewer rows nothing is kept as bytes: most people have one or two of each stream, and these are written anew in no time.
    private const int TailMin = 24;

    private Row[] _rows = [];
    private int _count;
    private WrittenTail? _tail;

    /// <summary>How many events were added since it was read.</summary>
    public int Added { get; private set; }

    /// <summary>Valid until the next event; not to be changed by others.</summary>
    public ArraySegment<Row> Rows => new(_rows, 0, _count);

    public override FoldKind Kind => FoldKind.Rows;

    public override bool IsFull => _count >= RowsMax;

    public override int Add(StreamPlan plan, in Row row, long now)
    {
        if (plan.Retention != long.MaxValue)
        {
            // Time only goes on: what is out of reach now is out of reach for ever.
            var reach = now - plan.Retention;
            var gone = 0;
            while (gone < _count && _rows[gone].At.Timestamp < reach) gone++;
            // Taking out the first moves all others, so they go by the dozen.
            if (gone >= 32 || gone == _count) Drop(gone);
            if (row.At.Timestamp < reach) return 0;
        }

        var place = _count;
        while (place > 0 && _rows[place - 1].At.CompareTo(row.At) > 0) place--;
        if (place < _tail?.Rows) _tail = null;
        Insert(place, row);
        Added++;
        if (_count <= RowsMax + Slack) return 0;
        var lost = _count - RowsMax;
        Drop(lost);
        return lost;
    }

    private void Insert(int place, in Row row)
    {
        if (_count == _rows.Length) Array.Resize(ref _rows, _count < 4 ? _count + 1 : _count + (_count / 2));
        Array.Copy(_rows, place, _rows, place + 1, _count - place);
        _rows[place] = row;
        _count++;
    }

    public override void Write(ByteWriter writer)
    {
        writer.WriteUnsigned((ulong)_count);
        if (_count == 0) return;
        WriteRow(writer, _rows[0], 0);
        if (_tail is not null) writer.Write(_tail.Bytes);
        var known = writer.Written.Length;
        for (var at = Math.Max(1, _tail?.Rows ?? 0); at < _count; at++) WriteRow(writer, _rows[at], _rows[at - 1].At.Timestamp);
        if (_count < TailMin) return;
        _tail ??= new WrittenTail();
        _tail.Keep(writer.Written[known..], _count);
    }

    public static RowsFold Read(byte[] bytes)
    {
        var fold = new RowsFold();
        var reader = new ByteReader(bytes);
        var before = 0L;
        var left = reader.ReadCount();
        fold._rows = new Row[Math.Min(left, reader.Left)];
        var tailFrom = 0;
        for (; left > 0; left--)
        {
            fold.Insert(fold._count, ReadRow(ref reader, ref before));
            if (fold._count == 1) tailFrom = bytes.Length - reader.Left;
        }

        if (fold._count >= TailMin) fold._tail = new WrittenTail(bytes, tailFrom, fold._count);
        return fold;
    }

    // Takes out the oldest.
    private void Drop(int count)
    {
        if (_tail is not null && !_tail.TryDrop(count)) _tail = null;
        Array.Copy(_rows, count, _rows, 0, _count - count);
        Array.Clear(_rows, _count - count, count);
        _count -= count;
    }

    private static void WriteRow(ByteWriter writer, in Row row, long before)
    {
        writer.WriteSigned(row.At.Timestamp - before);
        writer.WriteSigned(row.At.ReceivedAt - row.At.Timestamp);
        FoldBytes.WriteTie(writer, row.At.Tie);
        writer.WriteUnsigned((ulong)row.Slots.Length);
        foreach (var slot in row.Slots)
        {
            writer.WriteUnsigned((ulong)slot.Count);
            for (var i = 0; i < slot.Count; i++) FoldBytes.Write(writer, slot[i]);
        }
    }

    private static Row ReadRow(ref ByteReader reader, ref long before)
    {
        before += reader.ReadSigned();
        var receivedAt = before + reader.ReadSigned();
        var at = new Instant(before, receivedAt, FoldBytes.ReadTie(ref reader));
        var slots = new Values[reader.ReadCount()];
        for (var i = 0; i < slots.Length; i++) slots[i] = FoldBytes.ReadValues(ref reader);
        return new Row(at, slots);
    }

    /// <summary>
    /// The rows from the second to the last of the written ones, as they are written: whoever does the same thing for the thousandth time makes one row to write at
    /// a commit and not a thousand. The first stands alone, because its time is written whole.
    /// </summary>
    private sealed class WrittenTail
    {
        private byte[] _bytes = [];
        private int _from;
        private int _to;

        public WrittenTail()
        {
        }

        public WrittenTail(byte[] bytes, int from, int rows) => (_bytes, _from, _to, Rows) = (bytes, from, bytes.Length, rows);

        /// <summary>How many rows are written, the first included.</summary>
        public int Rows { get; private set; }

        public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(_from, _to - _from);

        /// <summary>Keeps more of them behind those that are there.</summary>
        public void Keep(ReadOnlySpan<byte> bytes, int rows)
        {
            Rows = rows;
            if (bytes.IsEmpty) return;
            // There is no room behind what was read, so it is not written over.
            if (_bytes.Length - _to < bytes.Length)
            {
                var length = _to - _from;
                var roomier = new byte[length + bytes.Length + ((length + bytes.Length) / 2)];
                Bytes.CopyTo(roomier);
                (_bytes, _from, _to) = (roomier, 0, length);
            }

            bytes.CopyTo(_bytes.AsSpan(_to));
            _to += bytes.Length;
        }

        /// <summary>The oldest rows are gone; false when none of the written ones is left.</summary>
        public bool TryDrop(int count)
        {
            if (count >= Rows) return false;
            // The one that is first now is written whole, so that the rest begins behind it.
            var reader = new ByteReader(Bytes);
            var before = 0L;
            for (var left = count; left > 0; left--) ReadRow(ref reader, ref before);
            _from = _to - reader.Left;
            Rows -= count;
            return true;
        }
    }
}
