using Tributary.Engine.Identity;

namespace Tributary.Engine.Traits.Folding;

/// <summary>See <see cref="FoldKind.Rows"/>. In the order in which they happened.</summary>
internal sealed class RowsFold : Fold
{
    /// <summary>So many rows of one stream are kept in one fragment for certain; of more, the oldest are dropped.</summary>
    public const int RowsMax = 10_000;

    // Where some are dropped, all is asked anew that was known of the profile, so they go together: somebody who does one thing for ever stays cheap.
    private const int Slack = 1_000;

    private List<Row> _rows = new(1);

    // The rows from the second to the last of the written ones, as they are written: whoever does the same thing for the thousandth time makes one row to write at
    // a commit and not a thousand. The first stands alone, because its time is written whole.
    private byte[] _tail = [];
    private int _tailFrom;
    private int _tailTo;
    private int _written;

    /// <summary>How many events were added since it was read.</summary>
    public int Added { get; private set; }

    /// <summary>Not to be changed by others.</summary>
    public List<Row> Rows => _rows;

    public override FoldKind Kind => FoldKind.Rows;

    public override bool IsFull => _rows.Count >= RowsMax;

    public override int Add(StreamPlan plan, Instant at, ReadOnlySpan<Values> slots, long now)
    {
        if (plan.Retention != long.MaxValue)
        {
            // Time only goes on: what is out of reach now is out of reach for ever.
            var reach = now - plan.Retention;
            var gone = 0;
            while (gone < _rows.Count && _rows[gone].At.Timestamp < reach) gone++;
            // Taking out the first moves all others, so they go by the dozen.
            if (gone >= 32 || gone == _rows.Count) Drop(gone);
            if (at.Timestamp < reach) return 0;
        }

        var place = _rows.Count;
        while (place > 0 && _rows[place - 1].At.CompareTo(at) > 0) place--;
        if (place < _written) Unwrite();
        _rows.Insert(place, new Row(at, slots[..plan.KeptSlots].ToArray()));
        Added++;
        if (_rows.Count <= RowsMax + Slack) return 0;
        var lost = _rows.Count - RowsMax;
        Drop(lost);
        return lost;
    }

    public override void Write(ByteWriter writer)
    {
        writer.WriteUnsigned((ulong)_rows.Count);
        if (_rows.Count == 0) return;
        WriteRow(writer, _rows[0], 0);
        writer.Write(_tail.AsSpan(_tailFrom, _tailTo - _tailFrom));
        var known = writer.Written.Length;
        for (var at = Math.Max(1, _written); at < _rows.Count; at++) WriteRow(writer, _rows[at], _rows[at - 1].At.Timestamp);
        Keep(writer.Written[known..]);
        _written = _rows.Count;
    }

    public static RowsFold Read(byte[] bytes)
    {
        var fold = new RowsFold { _tail = bytes, _tailFrom = bytes.Length, _tailTo = bytes.Length };
        var reader = new ByteReader(bytes);
        var before = 0L;
        var left = reader.ReadCount();
        fold._rows = new List<Row>(Math.Min(left, reader.Left));
        for (; left > 0; left--)
        {
            fold._rows.Add(ReadRow(ref reader, ref before));
            if (fold._rows.Count == 1) fold._tailFrom = bytes.Length - reader.Left;
        }

        fold._written = fold._rows.Count;
        return fold;
    }

    // Takes out the oldest.
    private void Drop(int count)
    {
        if (count < _written)
        {
            // The one that is first now is written whole, so that the rest begins behind it.
            var reader = new ByteReader(_tail.AsSpan(_tailFrom, _tailTo - _tailFrom));
            var before = 0L;
            for (var left = count; left > 0; left--) ReadRow(ref reader, ref before);
            _tailFrom = _tailTo - reader.Left;
            _written -= count;
        }
        else
        {
            Unwrite();
        }

        _rows.RemoveRange(0, count);
    }

    private void Unwrite() => (_tail, _tailFrom, _tailTo, _written) = ([], 0, 0, 0);

    // There is no room behind what was read, so it is not written over.
    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return;
        if (_tail.Length - _tailTo < bytes.Length)
        {
            var length = _tailTo - _tailFrom;
            var roomier = new byte[length + bytes.Length + ((length + bytes.Length) / 2)];
            _tail.AsSpan(_tailFrom, length).CopyTo(roomier);
            (_tail, _tailFrom, _tailTo) = (roomier, 0, length);
        }

        bytes.CopyTo(_tail.AsSpan(_tailTo));
        _tailTo += bytes.Length;
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
}
