using System.Text;
using System.Text.Json;
using Tributary.Engine.Log;
using Tributary.Engine.Processing;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Tests.Simulation;

/// <summary>
/// Says by rules of its own, a dozen lines instead of an engine, what must become of each received message: accepted once, or counted as something else.
/// </summary>
internal sealed class Oracle
{
    private const long DayMs = 24 * 3_600_000L;
    private readonly HashSet<uint> _open = [];
    private readonly Dictionary<(uint Source, string Id), long> _acceptedOn = [];
    private long _now;

    /// <summary>Counts by source.</summary>
    public SortedDictionary<uint, SourceCounts> Counts { get; } = [];

    /// <summary>How many messages of a source came in each hour since 1970.</summary>
    public SortedDictionary<(uint Source, long Hour), long> Hours { get; } = [];

    /// <summary>Where in the received log the accepted messages lie, in order.</summary>
    public List<long> Accepted { get; } = [];

    /// <summary>Where any message or command lies.</summary>
    public HashSet<long> Offsets { get; } = [];

    public static Oracle Watch(SimulatedFile received)
    {
        var oracle = new Oracle();
        var batch = new LogBatch();
        var log = new SimulatedLog(received, new Random(0), new Faults(new Random(0), 0)) { RecordsPerRead = int.MaxValue };
        if (!log.Read(LogOffset.Zero, batch)) return oracle;
        foreach (var record in batch) oracle.See(ReceivedRecord.View(record.Payload), record.Offset.Value);
        return oracle;
    }

    private void See(ReceivedRecord record, long offset)
    {
        Offsets.Add(offset);
        switch (record.Kind)
        {
            case ReceivedKind.Tick:
                _now = Math.Max(_now, record.ReceivedAt);
                break;
            case ReceivedKind.Revision:
                foreach (var change in JsonSerializer.Deserialize<WorkspaceRevision>(record.Payload.Span, WorkspaceSnapshot.Json)!.Changes)
                {
                    if (change.Kind != "source") continue;
                    var number = change.Id == "website" ? Town.Website : Town.HelpDesk;
                    if (change.Body is null) _open.Remove(number);
                    else _open.Add(number);
                }

                break;
            case ReceivedKind.Event or ReceivedKind.Discard:
                Judge(record, offset);
                break;
        }
    }

    private void Judge(ReceivedRecord record, long offset)
    {
        if (!Counts.TryGetValue(record.Source, out var counts)) Counts[record.Source] = counts = new SourceCounts();
        counts.Received++;
        var hour = (record.Source, record.ReceivedAt / SourceSeries.HourMs);
        Hours[hour] = Hours.GetValueOrDefault(hour) + 1;
        var key = (record.Source, Encoding.UTF8.GetString(record.MessageId.Span));
        if (World.IsPoison(record)) counts.Quarantined++;
        else if (record.Kind == ReceivedKind.Discard) Discard(counts, record.Reason);
        else if (!_open.Contains(record.Source)) Discard(counts, DiscardReason.SourceDisabled);
        else if (_acceptedOn.TryGetValue(key, out var day) && day + 1 >= _now / DayMs) counts.Duplicate++;
        else if (record.Payload.Span[0] != '{') counts.Quarantined++;
        else
        {
            counts.Accepted++;
            _acceptedOn[key] = _now / DayMs;
            Accepted.Add(offset);
        }
    }

    private static void Discard(SourceCounts counts, DiscardReason reason) => counts.Discarded[reason] = counts.Discarded.GetValueOrDefault(reason) + 1;
}
