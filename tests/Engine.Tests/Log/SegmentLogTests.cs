using System.Text;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Tributary.Engine.Log;
using Tributary.Engine.Tests.TestKit;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Log;

public sealed class SegmentLogTests : IDisposable
{
    private static readonly SegmentLogOptions Small = new() { SegmentBytes = 4096 };
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void What_is_read_is_what_was_written() =>
        Gen.Byte.Array[1, 3000].Array[1, 12].Array[1, 12].Sample(appends =>
        {
            using var folder = new TemporaryFolder();
            var written = new List<byte[]>();
            using (var log = SegmentLog.Open(folder.Path, Small, _clock))
            {
                foreach (var append in appends)
                {
                    written.AddRange(append);
                    Append(log, append);
                }

                Assert.Equal(written, ReadAll(log, bytesMax: 512));
            }

            using var again = SegmentLog.Open(folder.Path, Small, _clock);
            Assert.Equal(written, ReadAll(again, bytesMax: 100_000));
        }, iter: 60);

    [Fact]
    public async Task Appends_from_many_threads_are_all_there_once_each_in_one_run()
    {
        using var log = SegmentLog.Open(_folder.Path, Small with { SegmentBytes = 64 << 10 }, _clock);

        await Task.WhenAll(Enumerable.Range(0, 16).Select(writer => Task.Run(async () =>
        {
            var records = new LogRecords();
            for (var i = 0; i < 100; i++)
            {
                records.Clear();
                records.Add(Encoding.UTF8.GetBytes($"{writer}:{i}:a"));
                records.Add(Encoding.UTF8.GetBytes($"{writer}:{i}:b"));
                var appended = await log.AppendAsync(records);
                Assert.True(log.End >= appended.End);
            }
        })));

        var read = ReadAll(log, 4096).ConvertAll(Encoding.UTF8.GetString);
        Assert.Equal(3200, read.Distinct().Count());
        for (var i = 0; i < read.Count; i += 2) Assert.Equal(read[i][..^1] + "b", read[i + 1]);
    }

    [Fact]
    public void A_torn_tail_is_cut_wherever_it_tears()
    {
        string path;
        long position;
        using (var log = SegmentLog.Open(_folder.Path, Small, _clock))
        {
            Append(log, [new byte[100]]);
            position = Segment.HeaderSize + log.End.Value;
            Append(log, [Filled(200, 7), Filled(50, 8)]);
            path = Directory.GetFiles(_folder.Path).Single();
        }

        var whole = File.ReadAllBytes(path);
        for (var cut = position; cut < position + 300; cut += 13)
        {
            var torn = whole.ToArray();
            torn.AsSpan((int)cut).Clear();
            File.WriteAllBytes(path, torn);

            using var log = SegmentLog.Open(_folder.Path, Small, _clock);

            var left = ReadAll(log, 4096);
            Assert.InRange(left.Count, 1, 3);
            Assert.Equal(new byte[100], left[0]);
            Append(log, [Filled(10, 9)]);
            Assert.Equal(Filled(10, 9), ReadAll(log, 4096)[^1]);
        }
    }

    [Fact]
    public void A_flipped_bit_before_durable_records_stops_the_start_and_names_the_file()
    {
        string path;
        using (var log = SegmentLog.Open(_folder.Path, Small, _clock))
        {
            for (var i = 0; i < 4; i++) Append(log, [Filled(104, (byte)i)]);
            path = Directory.GetFiles(_folder.Path).Single();
        }

        var bytes = File.ReadAllBytes(path);
        for (var at = Segment.HeaderSize; at < Segment.HeaderSize + 250; at += 31)
        {
            var flipped = bytes.ToArray();
            flipped[at] ^= 0x10;
            File.WriteAllBytes(path, flipped);

            var damage = Assert.Throws<LogDamagedException>(() => SegmentLog.Open(_folder.Path, Small, _clock));
            Assert.Contains(path, damage.Message);
            Assert.Equal(flipped, File.ReadAllBytes(path));
        }
    }

    [Fact]
    public void A_flipped_bit_in_an_older_segment_stops_the_reader()
    {
        using (var log = SegmentLog.Open(_folder.Path, Small, _clock))
            for (var i = 0; i < 8; i++) Append(log, [Filled(1000, (byte)i)]);
        var oldest = Directory.GetFiles(_folder.Path).Order().First();
        var bytes = File.ReadAllBytes(oldest);
        bytes[Segment.HeaderSize + 500] ^= 1;
        File.WriteAllBytes(oldest, bytes);

        using var again = SegmentLog.Open(_folder.Path, Small, _clock);

        Assert.Throws<LogDamagedException>(() => ReadAll(again, 4096));
    }

    [Fact]
    public void Any_bytes_for_a_segment_are_read_cut_or_refused_but_never_crash() =>
        Gen.Select(Gen.Byte.Array[0, 400], Gen.Int[0, 400]).Sample((noise, at) =>
        {
            using var folder = new TemporaryFolder();
            using (var log = SegmentLog.Open(folder.Path, Small, _clock)) Append(log, [Filled(100, 1), Filled(90, 2)]);
            var path = Directory.GetFiles(folder.Path).Single();
            var bytes = File.ReadAllBytes(path);
            noise.AsSpan(0, Math.Min(noise.Length, bytes.Length - at)).CopyTo(bytes.AsSpan(at));
            File.WriteAllBytes(path, bytes);
            try
            {
                using var log = SegmentLog.Open(folder.Path, Small, _clock);
                ReadAll(log, 4096);
            }
            catch (LogDamagedException)
            {
                // A clear refusal is a right answer.
            }
        }, iter: 200);

    [Fact]
    public void Retention_drops_whole_old_segments_and_readers_are_told()
    {
        using var log = SegmentLog.Open(_folder.Path, Small with { RetainFor = TimeSpan.FromDays(1) }, _clock);
        for (var i = 0; i < 8; i++) Append(log, [Filled(1000, (byte)i)]);
        _clock.Advance(TimeSpan.FromDays(2));

        log.Retain(floor: LogOffset.Zero);
        Assert.Equal(LogOffset.Zero, log.First);
        log.Retain(floor: log.End);

        Assert.True(log.First > LogOffset.Zero);
        Assert.Throws<LogOffsetGoneException>(() => log.Read(LogOffset.Zero, new LogBatch()));
        for (var i = 0; i < 8; i++) Append(log, [Filled(1000, (byte)i)]);
        Assert.Equal(Filled(1000, 7), ReadAll(log, 4096, log.First)[^1]);
    }

    [Fact]
    public void Retention_by_size_keeps_at_least_that_much()
    {
        using var log = SegmentLog.Open(_folder.Path, Small with { RetainBytes = 6000 }, _clock);
        for (var i = 0; i < 30; i++) Append(log, [Filled(1000, (byte)i)]);

        log.Retain(log.End);

        Assert.InRange(log.End.Value - log.First.Value, 6000, 6000 + 4096 + 1100);
    }

    [Fact]
    public void A_decision_log_shows_nothing_before_it_is_published_and_is_cut_back_to_what_was_committed()
    {
        var options = Small with { KnowsItsEnd = false };
        long committed;
        using (var log = SegmentLog.Open(_folder.Path, options, _clock))
        {
            Append(log, [Filled(3000, 1)]);
            committed = log.Written.Value;
            Append(log, [Filled(3000, 2)]);
            Assert.False(log.Read(LogOffset.Zero, new LogBatch()));
            log.Publish(new LogOffset(committed));
            Assert.Single(ReadAll(log, 4096));
        }

        using var again = SegmentLog.Open(_folder.Path, options, _clock, new LogOffset(committed));
        Assert.Equal(committed, again.Written.Value);
        Append(again, [Filled(8, 3)]);
        again.Publish(again.Written);
        Assert.Equal([Filled(3000, 1), Filled(8, 3)], ReadAll(again, 4096));
    }

    [Fact]
    public void A_reader_waits_for_what_is_not_there_yet()
    {
        using var log = SegmentLog.Open(_folder.Path, Small, _clock);
        var waiting = log.WaitAsync(log.End, CancellationToken.None).AsTask();

        Assert.False(waiting.IsCompleted);
        Append(log, [Filled(5, 5)]);

        Assert.True(waiting.Wait(TimeSpan.FromSeconds(10)));
    }

    public void Dispose() => _folder.Dispose();

    private static byte[] Filled(int length, byte value)
    {
        var bytes = new byte[length];
        Array.Fill(bytes, value);
        return bytes;
    }

    private static void Append(SegmentLog log, byte[][] payloads)
    {
        var records = new LogRecords();
        foreach (var payload in payloads) records.Add(payload);
        Assert.False(log.AppendAsync(records).AsTask().GetAwaiter().GetResult().IsBusy);
    }

    private static List<byte[]> ReadAll(SegmentLog log, int bytesMax, LogOffset from = default)
    {
        var batch = new LogBatch(bytesMax);
        var read = new List<byte[]>();
        for (; log.Read(from, batch); from = batch.Next)
            foreach (var record in batch) read.Add(record.Payload.ToArray());
        return read;
    }
}
