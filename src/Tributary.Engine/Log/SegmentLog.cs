using System.Buffers.Binary;
using Tributary.Model;

namespace Tributary.Engine.Log;

/// <summary>
/// The log on a local disk: segment files with group commit. Whatever has gathered when a flush returns goes into the next one, so an idle log answers
/// after one flush and a loaded one writes as fast as the disk. Appends come from any thread; one thread of its own writes.
/// </summary>
public sealed class SegmentLog : IDecisionLog
{
    private readonly string _folder;
    private readonly SegmentLogOptions _options;
    private readonly TimeProvider _clock;
    private readonly Thread _writer;
    private readonly Lock _gate = new();
    private readonly Lock _segmentsGate = new();
    private readonly SemaphoreSlim _work = new(0);

    // Guarded by _gate.
    private Group _gathering = new();
    private long _next;
    private IOException? _broken;
    private bool _stopping;

    // Written by the writer thread; read by all. The array is replaced, never changed.
    private Segment[] _segments;
    private long _written;
    private long _end;
    private string? _recycled;
    private TaskCompletionSource _advanced = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private SegmentLog(string folder, SegmentLogOptions options, TimeProvider clock, Segment[] segments, long end)
    {
        _folder = folder;
        _options = options;
        _clock = clock;
        _segments = segments;
        _next = _written = _end = end;
        _writer = new Thread(WriteGroups) { IsBackground = true, Name = "log " + Path.GetFileName(folder) };
        _writer.Start();
    }

    /// <inheritdoc/>
    public LogOffset First => new(_segments[0].Base);

    /// <inheritdoc/>
    public LogOffset End => new(Volatile.Read(ref _end));

    /// <inheritdoc/>
    public LogOffset Written => new(Volatile.Read(ref _written));

    /// <summary>
    /// Opens or makes the log in a folder. A torn tail is cut. With <see cref="SegmentLogOptions.KnowsItsEnd"/> off, everything from
    /// <paramref name="end"/> on is cut, because the state store never committed it.
    /// </summary>
    /// <exception cref="LogDamagedException">A checksum does not hold before data that was durable, or the log ends before <paramref name="end"/>.</exception>
    public static SegmentLog Open(string folder, SegmentLogOptions options, TimeProvider clock, LogOffset end = default)
    {
        Directory.CreateDirectory(folder);
        var segments = SegmentRecovery.OpenAll(folder);
        var isNew = segments.Count == 0;
        if (isNew)
        {
            if (end.Value != 0) throw new LogDamagedException(folder, 0, $"the state store knows a log that ends at {end}, but there are no segments.");
            segments.Add(Segment.Create(folder, 0, options.SegmentBytes, clock.GetUtcNow().ToUnixTimeMilliseconds(), null));
        }

        // In a new one there is nothing to be found, and looking takes a tenth of a second.
        var found = isNew ? segments[^1].Base : options.KnowsItsEnd ? SegmentRecovery.FindEnd(segments[^1]) : SegmentRecovery.CutAt(segments, end.Value);
        segments[^1].CutAt(found, Math.Max(options.SegmentBytes, found - segments[^1].Base));
        return new SegmentLog(folder, options, clock, [.. segments], found);
    }

    /// <inheritdoc/>
    public ValueTask<LogAppended> AppendAsync(LogRecords records)
    {
        Invariant.Holds(records.Count > 0);
        long first;
        Task flushed;
        lock (_gate)
        {
            if (_broken is not null) throw new IOException("The log stopped after a failed flush: " + _broken.Message, _broken);
            ObjectDisposedException.ThrowIf(_stopping, this);
            var group = _gathering;
            if (group.Length > 0 && group.Length + records.Frames.Length > _options.QueuedBytesMax) return new(LogAppended.Busy);
            if (group.Length == 0)
            {
                group.First = _next;
                if (_options.KnowsItsEnd) FrameCheck.WriteMark(group.Reserve(FrameCheck.MarkSize), _next);
                _work.Release();
            }

            first = group.First + group.Length;
            Stamp(group.Reserve(records.Frames.Length), records.Frames, first);
            _next = group.First + group.Length;
            // Taken in here: a moment later the group may be on disk, and used again for others with another end, for which nobody may ever come.
            flushed = group.Done.Task;
        }

        return Durable(flushed, new LogAppended(new LogOffset(first), new LogOffset(first + records.Frames.Length)));

        static async ValueTask<LogAppended> Durable(Task flushed, LogAppended appended)
        {
            await flushed.ConfigureAwait(false);
            return appended;
        }
    }

    /// <inheritdoc/>
    public void Publish(LogOffset end)
    {
        Invariant.Holds(!_options.KnowsItsEnd && end.Value <= Volatile.Read(ref _written) && end.Value >= _end);
        MoveEnd(end.Value);
    }

    /// <inheritdoc/>
    public void Rewind(LogOffset end)
    {
        Invariant.Holds(!_options.KnowsItsEnd && end.Value >= _end);
        lock (_segmentsGate)
        {
            lock (_gate)
            {
                // Appends of a decision log come from one thread, which waits for each, so nothing gathers now.
                Invariant.Holds(_gathering.Length == 0 && end.Value <= _written);
                var kept = new List<Segment>(_segments);
                SegmentRecovery.CutAt(kept, end.Value);
                _segments = [.. kept];
                _next = end.Value;
                Volatile.Write(ref _written, end.Value);
            }
        }
    }

    /// <inheritdoc/>
    public bool Read(LogOffset from, LogBatch batch)
    {
        var end = Volatile.Read(ref _end);
        if (from.Value >= end) return false;
        var segments = _segments;
        if (from.Value < segments[0].Base) throw new LogOffsetGoneException(from, First);
        var index = segments.Length - 1;
        while (segments[index].Base > from.Value) index--;
        var readable = Math.Min(end, index + 1 < segments.Length ? segments[index + 1].Base : long.MaxValue) - from.Value;
        try
        {
            SegmentReader.Fill(segments[index], from.Value, readable, batch);
        }
        catch (ObjectDisposedException)
        {
            // Retention dropped the segment between the look-up and the read.
            throw new LogOffsetGoneException(from, First);
        }

        return true;
    }

    /// <inheritdoc/>
    public async ValueTask WaitAsync(LogOffset offset, CancellationToken cancellationToken)
    {
        while (true)
        {
            var advanced = Volatile.Read(ref _advanced);
            if (End > offset) return;
            await advanced.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Drops whole segments that retention no longer wants. Never drops what lies at or behind <paramref name="floor"/>, the slowest reader's position.
    /// </summary>
    public void Retain(LogOffset floor)
    {
        lock (_segmentsGate)
        {
            var segments = _segments;
            var now = _clock.GetUtcNow().ToUnixTimeMilliseconds();
            var dropped = 0;
            while (dropped + 1 < segments.Length && segments[dropped + 1].Base <= floor.Value)
            {
                var tooMany = _options.RetainBytes is { } bytes && End.Value - segments[dropped + 1].Base >= bytes;
                // The next segment's beginning is this one's end in time.
                var tooOld = _options.RetainFor is { } age && now - segments[dropped + 1].CreatedAt > age.TotalMilliseconds;
                if (!tooMany && !tooOld) break;
                dropped++;
            }

            if (dropped == 0) return;
            _segments = segments[dropped..];
            foreach (var segment in segments[..dropped])
            {
                segment.Dispose();
                Recycle(segment);
            }
        }
    }

    /// <summary>Stops after everything that was appended is durable.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_stopping) return;
            _stopping = true;
        }

        _work.Release();
        _writer.Join();
        foreach (var segment in _segments) segment.Dispose();
        _advanced.TrySetException(new ObjectDisposedException(nameof(SegmentLog)));
        _ = _advanced.Task.Exception;
        _work.Dispose();
    }

    private static void Stamp(Span<byte> target, ReadOnlySpan<byte> frames, long offset)
    {
        frames.CopyTo(target);
        for (var at = 0; at < target.Length;)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(target[at..]);
            var crc = target.Slice(at + 4, 4);
            BinaryPrimitives.WriteUInt32LittleEndian(crc, BinaryPrimitives.ReadUInt32LittleEndian(crc) ^ FrameCheck.OfOffset(offset + at));
            at += LogFrame.Size(length);
        }
    }

    private void WriteGroups()
    {
        var spare = new Group();
        while (true)
        {
            _work.Wait();
            Group group;
            lock (_gate)
            {
                group = _gathering;
                if (group.Length == 0 && _stopping) return;
                if (group.Length == 0) continue;
                _gathering = spare;
            }

            try
            {
                lock (_segmentsGate) WriteGroup(group);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
            {
                // .NET reports a file that may not grow, by a limit of the process or of the file system, as an argument out of range.
                Refuse(group, failure as IOException ?? new IOException("The log cannot be written: " + failure.Message, failure));
                spare = new Group();
                continue;
            }

            Volatile.Write(ref _written, group.First + group.Length);
            if (_options.KnowsItsEnd) MoveEnd(group.First + group.Length);
            var done = group.Done;
            group.Reuse();
            spare = group;
            done.SetResult();
        }
    }

    private void WriteGroup(Group group)
    {
        var segment = _segments[^1];
        var used = group.First - segment.Base;
        if (used > 0 && used + group.Length > _options.SegmentBytes)
        {
            var next = Segment.Create(
                _folder, group.First, Math.Max(_options.SegmentBytes, group.Length), _clock.GetUtcNow().ToUnixTimeMilliseconds(), Interlocked.Exchange(ref _recycled, null));
            segment.CutAt(group.First);
            _segments = [.. _segments, next];
            segment = next;
        }

        RandomAccess.Write(segment.File, group.Bytes, segment.PositionOf(group.First));
        try
        {
            NativeFile.FlushData(segment.File);
        }
        catch (IOException failure)
        {
            // After a failed flush the kernel may have forgotten the dirty pages, so a later success proves nothing: only a new start may go on.
            lock (_gate) _broken = failure;
            throw;
        }
    }

    // At this point: nothing of the group was promised to anyone, and neither was what gathered behind it.
    // Both are refused, and the next append begins again at the durable end, so a full disk heals by itself.
    private void Refuse(Group group, IOException failure)
    {
        Group behind;
        lock (_gate)
        {
            behind = _gathering;
            _gathering = new Group();
            _next = _written;
        }

        group.Done.SetException(failure);
        behind.Done.TrySetException(failure);
        _ = behind.Done.Task.Exception;
    }

    private void MoveEnd(long end)
    {
        Volatile.Write(ref _end, end);
        Interlocked.Exchange(ref _advanced, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }

    private void Recycle(Segment segment)
    {
        var kept = Path.Combine(_folder, "recycled");
        if (_recycled is null && segment.Base != 0)
        {
            File.Move(segment.Path, kept, overwrite: true);
            _recycled = kept;
        }
        else
        {
            File.Delete(segment.Path);
        }

        NativeFile.FlushFolder(_folder);
    }

    /// <summary>What will be flushed together.</summary>
    private sealed class Group
    {
        private byte[] _buffer = new byte[64 << 10];

        public long First { get; set; }

        public int Length { get; private set; }

        public TaskCompletionSource Done { get; private set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, Length);

        public Span<byte> Reserve(int bytes)
        {
            if (_buffer.Length < Length + bytes) Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, Length + bytes));
            Length += bytes;
            return _buffer.AsSpan(Length - bytes, bytes);
        }

        public void Reuse()
        {
            Length = 0;
            Done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
