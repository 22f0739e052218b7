using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Tributary.Engine.Log;
using Tributary.Engine.Processing;
using Tributary.Engine.Storage;
using Tributary.Model;

namespace Tributary.Engine.Tests.Simulation;

/// <summary>
/// A town, a disk and an engine that dies and fails whenever the seed says so. What the disk holds survives; everything else is built anew after a crash.
/// </summary>
internal sealed class World
{
    private readonly Random _random;
    private readonly Faults _faults;
    private readonly Town _town;
    private readonly SimulatedFile _receivedFile = new();
    private readonly SimulatedFile _decidedFile = new();
    private readonly FakeTimeProvider _clock = new();
    private readonly ProcessingOptions _options;
    private SimulatedLog _received;
    private Processor _processor;

    public World(int seed)
    {
        _random = new Random(seed);
        _faults = new Faults(_random, _random.Next(4) * 0.01);
        Store = new SimulatedStore(_faults);
        _town = new Town(_random, () => [.. Store[Table.Profiles].Concat(Store[Table.Retired]).Select(row => ProfileId.Read(row.Key.AsSpan(2)))]);
        // A cache that keeps nothing finds what only works while a profile stays decoded.
        _options = new ProcessingOptions { MessageIdFilterBytes = 1 << 10, ProfileCacheBytes = _random.Next(2) == 0 ? 1 : 64 << 20, CommitBytesMax = _random.Next(3) == 0 ? 2_000 : 16 << 20 };
        _faults.AreOver = true;
        (_received, _processor) = Start();
        var records = new LogRecords();
        _town.Found(records);
        Send(records);
        _faults.AreOver = false;
    }

    public SimulatedStore Store { get; }

    /// <summary>Where each message lies that the door has answered 200.</summary>
    public List<(LogOffset First, LogOffset End)> Acknowledged { get; } = [];

    public int FaultCount => _faults.Count;

    /// <summary>What stages threw though the record was none that they are made to fail on.</summary>
    public List<Exception> Surprises { get; } = [];

    public ReadOnlySpan<byte> DecidedBytes => _decidedFile.Bytes;

    public SimulatedFile ReceivedFile => _receivedFile;

    public SimulatedFile DecidedFile => _decidedFile;

    /// <summary>Lives through the seed's story, up to a state in which everything that was received is processed.</summary>
    public World Live()
    {
        var records = new LogRecords();
        for (var left = _random.Next(100, 250); left > 0;)
        {
            Attempt(() =>
            {
                if (_random.Next(3) > 0)
                {
                    records.Clear();
                    for (var count = _random.Next(1, 6); count > 0; count--, left--) _town.Act(records);
                    if (records.Count > 0) Send(records);
                }
                else
                {
                    _clock.Advance(TimeSpan.FromMilliseconds(_random.Next(40)));
                    _processor.RunBatch();
                }
            });
        }

        _faults.AreOver = true;
        (_received, _processor) = Start();
        _processor.RunToEnd();
        return this;
    }

    /// <summary>The same received log through an engine that nothing disturbs.</summary>
    /// <param name="commitsOften">A commit after each record, and nothing kept in memory between; otherwise one commit in all.</param>
    public (SimulatedStore Store, SimulatedFile Decided) Replay(bool commitsOften)
    {
        var calm = new Faults(_random, 0) { AreOver = true };
        var (store, decided) = (new SimulatedStore(calm), new SimulatedFile());
        var options = new ProcessingOptions { MessageIdFilterBytes = 1 << 10, ProfileCacheBytes = commitsOften ? 1 : 64 << 20, CommitEveryMs = commitsOften ? 0 : int.MaxValue };
        var received = new SimulatedLog(_receivedFile, _random, calm) { RecordsPerRead = commitsOften ? 1 : int.MaxValue };
        var processor = new Processor(
            received, new SimulatedLog(decided, _random, calm, LogOffset.Zero), store, new ProcessingProgress(), options, _clock, new SurpriseLog(Surprises))
        {
            Probe = Poison,
            CommitScheduler = new SeededCommits(new Random(1)),
        };
        processor.RunToEnd();
        return (store, decided);
    }

    private void Send(LogRecords records)
    {
        var appended = _received.AppendAsync(records).AsTask().GetAwaiter().GetResult();
        Acknowledged.Add((appended.First, appended.End));
    }

    private void Attempt(Action step)
    {
        while (true)
        {
            try
            {
                step();
                return;
            }
            catch (SimulatedCrash)
            {
                step = () => (_received, _processor) = Start();
            }
            catch (IOException)
            {
                step = _processor.Restart;
            }
        }
    }

    private (SimulatedLog Received, Processor Processor) Start()
    {
        var received = new SimulatedLog(_receivedFile, _random, _faults);
        var decided = new SimulatedLog(_decidedFile, _random, _faults, ProcessingPosition.Read(Store).Decided);
        return (received, new Processor(received, decided, Store, new ProcessingProgress(), _options, _clock, new SurpriseLog(Surprises))
        {
            Probe = Poison,
            CommitScheduler = new SeededCommits(_random),
        });
    }

    /// <summary>True for a record that no stage can cope with.</summary>
    public static bool IsPoison(ReceivedRecord record) => record.Kind switch
    {
        ReceivedKind.Event or ReceivedKind.Discard => record.MessageId.Span.StartsWith("poison-"u8),
        ReceivedKind.Command => Encoding.UTF8.GetString(record.Payload.Span).Contains(Town.PoisonPrefix, StringComparison.Ordinal),
        ReceivedKind.Tick or ReceivedKind.Revision or ReceivedKind.Gathered => false,
    };

    private static void Poison(ReceivedRecord record)
    {
        if (IsPoison(record)) throw new PoisonException();
    }

    private sealed class PoisonException() : FormatException("No stage can cope with this.");

    private sealed class SurpriseLog(List<Exception> surprises) : ILogger<Processor>
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            // The town sends events that are no objects.
            if (exception is not (null or PoisonException or IOException or JsonException { Message: "An event is not an object." })) surprises.Add(exception);
        }
    }
}
