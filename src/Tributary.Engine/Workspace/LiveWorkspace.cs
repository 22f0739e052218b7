using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Tributary.Engine.Log;
using Tributary.Engine.Storage;
using Tributary.Model;

namespace Tributary.Engine.Workspace;

/// <summary>
/// All configuration as it is now, and the only door through which it changes. A change is durable in the received log before anybody sees it; Processing
/// later applies the same revision at its place in the log and keeps the result in the state store.
/// </summary>
/// <remarks>
/// What is in memory may be ahead of the state store by the revisions that Processing has not reached yet. <see cref="Open"/> therefore reads the store and
/// then the rest of the log, so that a crash loses no change that was acknowledged.
/// </remarks>
public sealed class LiveWorkspace : IDisposable
{
    /// <summary>The key in <see cref="Table.Meta"/> of the number of the last revision that the store holds; i64, little-endian. Processing writes it.</summary>
    public static ReadOnlySpan<byte> RevisionKey => "workspace.revision"u8;

    private readonly IEventLog _log;
    private readonly TimeProvider _clock;
    private readonly SemaphoreSlim _changing = new(1, 1);
    private readonly LogRecords _records = new();

    // Written by whoever holds _changing; read by everybody.
    private WorkspaceSnapshot _current;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private LiveWorkspace(IEventLog log, TimeProvider clock, WorkspaceSnapshot current) => (_log, _clock, _current) = (log, clock, current);

    /// <summary>The newest snapshot. Take it once for a piece of work, so that the work sees one revision.</summary>
    public WorkspaceSnapshot Current => Volatile.Read(ref _current);

    /// <summary>
    /// Reads the configuration: what the store holds, and on top the revisions that the received log has from <paramref name="committed"/> on. Everything
    /// before that offset is in the store; an earlier one is right too, only slower.
    /// </summary>
    /// <exception cref="InvalidDataException">A revision is missing between the store and the log: files of different days were mixed.</exception>
    public static LiveWorkspace Open(IStateStore store, IEventLog received, LogOffset committed, TimeProvider clock)
    {
        var stored = store.Get(Table.Meta, RevisionKey);
        var revision = stored is null ? 0 : BinaryPrimitives.ReadInt64LittleEndian(stored);
        var resources = store.Scan(Table.Workspace, [], [0xFF]).Select(pair =>
        {
            var (kind, id) = WorkspaceRevisionJson.ParseKey(pair.Key);
            return new ResourceChange(kind, id, WorkspaceRevisionJson.ParseBody(pair.Value));
        });
        return new LiveWorkspace(received, clock, CatchUp(WorkspaceSnapshot.Of(revision, resources), received, committed));
    }

    /// <summary>
    /// Changes the workspace. <paramref name="edit"/> gets the newest snapshot and runs alone; it must be quick, and it may be asked of a snapshot whose
    /// change is then refused. When this returns without refusal the change is on disk and in <see cref="Current"/>.
    /// </summary>
    /// <param name="author">Who asks, for the audit log: the name of a token, or <c>system</c>.</param>
    /// <param name="edit">What to change, given the newest snapshot.</param>
    /// <param name="cancellationToken">Takes effect while waiting for an earlier change; from then on the change is made.</param>
    /// <exception cref="IOException">The log refused; nothing is changed in memory, and the log takes nothing more until the next start.</exception>
    public async ValueTask<WorkspaceChanged> ChangeAsync(
        string author, Func<WorkspaceSnapshot, WorkspaceEdit> edit, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            var before = _current;
            var wanted = edit(before);
            if (wanted.Refusal is { } refused) return new(before, refused);
            var changes = WithoutRepeats(before, wanted.Changes);
            if (changes.IsEmpty) return new(before, null);

            var revision = Revise(before, author, changes);
            var after = before.With(revision);
            if (WorkspaceRules.Check(before, after, changes) is { } broken) return new(before, broken);
            if (await AppendAsync(revision) is { } unavailable) return new(before, unavailable);
            Swap(after);
            return new(after, null);
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Completes when a revision after <paramref name="revision"/> is current.</summary>
    public async ValueTask WaitAsync(long revision, CancellationToken cancellationToken)
    {
        while (true)
        {
            var changed = Volatile.Read(ref _changed).Task;
            if (Current.Revision > revision) return;
            await changed.WaitAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _changing.Dispose();

    private static WorkspaceSnapshot CatchUp(WorkspaceSnapshot snapshot, IEventLog received, LogOffset from)
    {
        var batch = new LogBatch();
        var at = from < received.First ? received.First : from;
        while (at < received.End && received.Read(at, batch))
        {
            foreach (var record in batch)
            {
                var view = ReceivedRecord.View(record.Payload);
                if (view.Kind != ReceivedKind.Revision) continue;
                var revision = WorkspaceRevisionJson.Parse(view.Payload.Span);
                if (revision.Number <= snapshot.Revision) continue;
                if (revision.Number != snapshot.Revision + 1)
                    throw new InvalidDataException($"The store ends at revision {snapshot.Revision} and the log goes on with {revision.Number}.");
                snapshot = snapshot.With(revision);
            }

            at = batch.Next;
        }

        return snapshot;
    }

    private static ImmutableArray<ResourceChange> WithoutRepeats(WorkspaceSnapshot before, ImmutableArray<ResourceChange> changes) =>
        [.. changes.Where(change => !JsonNode.DeepEquals(change.Body, before.FindBody(change.Kind, change.Id)))];

    private WorkspaceRevision Revise(WorkspaceSnapshot before, string author, ImmutableArray<ResourceChange> changes)
    {
        var number = before.Revision + 1;
        var at = _clock.GetUtcNow().ToUnixTimeMilliseconds();
        var all = changes.ToBuilder();
        all.AddRange(WorkspaceNumbers.Marks(before, changes));
        all.Add(ResourceKind.Put(ResourceKind.Audit, AuditEntry.IdOf(number), AuditEntry.Of(number, author, at, before, changes)));
        var forgotten = AuditEntry.IdOf(Math.Max(0, number - AuditEntry.KeptMax));
        if (before.FindBody(ResourceKind.Audit, forgotten) is not null) all.Add(ResourceKind.Delete(ResourceKind.Audit, forgotten));
        return new WorkspaceRevision(number, author, at, all.ToImmutable());
    }

    private async ValueTask<WorkspaceRefusal?> AppendAsync(WorkspaceRevision revision)
    {
        var payload = WorkspaceRevisionJson.Write(revision);
        if (payload.Length > RevisionBytesMax)
            return WorkspaceRefusal.Invalid(null, $"The change has {payload.Length} bytes; at most {RevisionBytesMax} are possible at once.");
        _records.Clear();
        ReceivedRecord.AddJson(_records, ReceivedKind.Revision, revision.At, payload);
        var appended = await _log.AppendAsync(_records);
        return appended.IsBusy
            ? new WorkspaceRefusal(RefusalReason.Busy, [new(null, "The log is busy. Try again in a second.")])
            : null;
    }

    // A record of the log holds 4 MiB; the rest is for its header.
    private const int RevisionBytesMax = LogFrame.PayloadMax - 1024;

    private void Swap(WorkspaceSnapshot after)
    {
        Volatile.Write(ref _current, after);
        var changed = Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously));
        changed.TrySetResult();
    }
}
