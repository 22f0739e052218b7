using System.Buffers.Binary;
using Tributary.Engine.Log;
using Tributary.Model;

namespace Tributary.Engine.Tests.Simulation;

/// <summary>
/// The twin of a log on disk: what <see cref="SimulatedFile"/> holds survives a crash, the rest is this object. Reads come in pieces of any size.
/// </summary>
internal sealed class SimulatedLog : IDecisionLog
{
    private readonly SimulatedFile _file;
    private readonly Random _random;
    private readonly Faults _faults;
    private readonly bool _publishes;
    private long _end;

    /// <summary>Opens a received log, whose end is what is on disk.</summary>
    public SimulatedLog(SimulatedFile file, Random random, Faults faults)
    {
        (_file, _random, _faults) = (file, random, faults);
        _end = file.Length;
    }

    /// <summary>Opens a decision log and cuts it back to the end that the state store knows, as the real one does.</summary>
    public SimulatedLog(SimulatedFile file, Random random, Faults faults, LogOffset end)
        : this(file, random, faults)
    {
        if (file.Length < end.Value) throw new InvalidOperationException($"The state knows decisions up to {end}, the disk holds them up to {file.Length} only.");
        file.CutAt(end.Value);
        _end = end.Value;
        _publishes = true;
    }

    /// <summary>How many records a read returns at most; null leaves it to chance.</summary>
    public int? RecordsPerRead { get; init; }

    public LogOffset First => LogOffset.Zero;

    public LogOffset End => new(_end);

    public LogOffset Written => new(_file.Length);

    public ValueTask<LogAppended> AppendAsync(LogRecords records)
    {
        _faults.Before("an append");
        if (!_publishes && _faults.Strikes(1))
        {
            // The process ended during the flush: some of the records, in their order, are on disk, and no one was told of any.
            _file.Append(records.Frames[..EndOfRecord(records.Frames, _random.Next(records.Count + 1))]);
            throw new SimulatedCrash("a flush");
        }

        var first = _file.Length;
        _file.Append(records.Frames);
        if (!_publishes) _end = _file.Length;
        _faults.After("an append");
        return ValueTask.FromResult(new LogAppended(new LogOffset(first), new LogOffset(_file.Length)));
    }

    public bool Read(LogOffset from, LogBatch batch)
    {
        if (from.Value >= _end) return false;
        _faults.Before("a read", 0.2);
        var rest = _file.Bytes[(int)from.Value..(int)_end];
        var piece = rest[..EndOfRecord(rest, RecordsPerRead ?? _random.Next(1, 40))];
        if (batch.Buffer.Length < piece.Length) batch.Buffer = new byte[piece.Length];
        piece.CopyTo(batch.Buffer);
        batch.Filled(from, piece.Length);
        return true;
    }

    public void Rewind(LogOffset end)
    {
        if (end.Value < _end) throw new InvalidOperationException($"What is published up to {_end} cannot be taken back to {end}.");
        _file.CutAt(end.Value);
    }

    public void Publish(LogOffset end)
    {
        if (end.Value < _end || end.Value > _file.Length) throw new InvalidOperationException($"Published {end} with {_end} published and {_file.Length} on disk.");
        _end = end.Value;
    }

    public ValueTask WaitAsync(LogOffset offset, CancellationToken cancellationToken) => throw new NotSupportedException("A world goes by steps.");

    public void Dispose()
    {
    }

    // Where the given number of records ends, or the last one there is.
    private static int EndOfRecord(ReadOnlySpan<byte> frames, int count)
    {
        var at = 0;
        for (; count > 0 && at < frames.Length; count--) at += LogFrame.Size(BinaryPrimitives.ReadInt32LittleEndian(frames[at..]));
        return at;
    }
}

/// <summary>Bytes that survive a crash.</summary>
internal sealed class SimulatedFile
{
    private byte[] _bytes = new byte[1 << 14];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_bytes.Length < Length + bytes.Length) Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + bytes.Length));
        bytes.CopyTo(_bytes.AsSpan(Length));
        Length += bytes.Length;
    }

    public void CutAt(long length) => Length = (int)length;
}
