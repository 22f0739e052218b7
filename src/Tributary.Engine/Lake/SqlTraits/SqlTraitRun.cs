using DuckDB.NET.Data;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Lake.SqlTraits;

/// <summary>
/// One run of a SQL trait: reads its rows in the order of their ids beside what was last sent, which has the same order, and sends what differs. Neither side is held in
/// memory, however large it is.
/// </summary>
/// <remarks>
/// <para>(1) send again what an earlier run had noted and perhaps not sent; (2) see whether the columns are those of a SQL trait; (3) go through both sides; (4) per batch:
/// note the messages and remember the rows in one commit, then append the messages.</para>
/// <para>After a crash between the two halves of step 4 the noted messages are appended by the next run, under the same message ids: those that were in the log already
/// count once. So nothing is lost and nothing is there twice.</para>
/// </remarks>
internal sealed class SqlTraitRun(SqlTraitBook book, LakeQuery query, SqlTraitDoor door, Func<WorkspaceSnapshot> workspace, SqlTrait trait, Space space)
{
    /// <summary>Most rows of a query.</summary>
    public const long RowsMax = 25_000_000;

    /// <summary>Most messages of one batch, and most of their bytes: what is in memory at once, and what one record of the log can hold.</summary>
    private const int MessagesMax = 500;
    private const int BytesMax = 1 << 20;
    private const int RowsBetweenLooks = 10_000;

    private readonly List<byte[]> _messages = [];
    private SqlTraitRunRecord _record = null!;
    private SqlTraitMessage _message = null!;
    private SqlTraitState _state = null!;
    private SqlTraitBook.SqlTraitDraft _draft = null!;
    private ushort _shape;
    private int _bytes;

    /// <summary>Runs the query and sends what changed.</summary>
    /// <param name="record">The run as it was written when it began.</param>
    /// <param name="stopping">Takes effect between two batches and in the query.</param>
    /// <returns>How it ended.</returns>
    public async Task<SqlTraitRunRecord> RunAsync(SqlTraitRunRecord record, CancellationToken stopping)
    {
        _record = record;
        _message = new SqlTraitMessage(trait, record);
        _draft = book.Begin(space, trait);
        try
        {
            // :: Step 1
            if (await door.SendAsync(space, book.Sending(space, trait), stopping) is { } refused) return Fail("log", refused);
            book.Sent(space, trait);
            // :: Step 2
            var (described, error) = await query.OpenAsync(trait.Query, "SELECT * FROM ", " AS t LIMIT 0", stopping);
            if (described is null) return Fail(error!.Type, error.Message);
            using (described)
            {
                var (shape, faults) = SqlTraitShape.Read(described.Columns, space, workspace());
                if (shape is null) return Fail("columns", string.Join(' ', faults));
                // :: Steps 3 and 4
                return await CompareAsync(shape, stopping);
            }
        }
        catch (DuckDBException failure)
        {
            var error = LakeQuery.Failed(failure).Error!;
            return Fail(error.Type, error.Message);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return Fail("timeout", $"The query took longer than {LakeQuery.TimeoutMax.TotalSeconds} seconds and was stopped.");
        }
        finally
        {
            _draft.Dispose();
        }
    }

    private async Task<SqlTraitRunRecord> CompareAsync(SqlTraitShape shape, CancellationToken stopping)
    {
        var (rows, error) = await query.OpenAsync(trait.Query, shape.Before, shape.Behind, stopping);
        if (rows is null) return Fail(error!.Type, error.Message);
        using var open = rows;
        _shape = Number(shape);
        using var known = book.Known(space, trait).GetEnumerator();
        var hasKnown = known.MoveNext();
        var looked = 0L;
        foreach (var (row, copies, verdict) in SqlTraitRow.ReadAll(rows, shape))
        {
            if (_record.Rows + copies > RowsMax) return Fail("rows", $"The query returns more than {RowsMax:N0} rows.");
            // What was sent and would come before this row is gone.
            for (; row.Id.Length > 0 && hasKnown && Order(known.Current, shape, row) < 0; hasKnown = known.MoveNext())
                if (!await GoneAsync(known.Current, stopping)) return _record;
            var isKnown = row.Id.Length > 0 && hasKnown && Order(known.Current, shape, row) == 0;
            if (verdict is { } reason) _record = _record.Discarding(reason, copies);
            else if (isKnown && known.Current.Hash == row.Hash) _record = _record with { Rows = _record.Rows + 1, Unchanged = _record.Unchanged + 1 };
            else if (!await ChangedAsync(shape, row, stopping)) return _record;
            if (isKnown) hasKnown = known.MoveNext();
            if (_record.Rows - looked < RowsBetweenLooks) continue;
            looked = _record.Rows;
            stopping.ThrowIfCancellationRequested();
            if (!IsWanted()) return Stop();
        }

        for (; hasKnown; hasKnown = known.MoveNext())
            if (!await GoneAsync(known.Current, stopping)) return _record;
        if (!await FlushAsync(stopping)) return _record;
        return _record = _record with { Status = SqlTraitRunStatus.Succeeded };
    }

    private static int Order(KnownRow known, SqlTraitShape shape, SqlTraitRow row) =>
        known.Kind != shape.Id ? (byte)known.Kind - (byte)shape.Id : known.Id.AsSpan().SequenceCompareTo(row.IdUtf8);

    // Which list of traits the rows of this run have; a new one is written with the first of them.
    private ushort Number(SqlTraitShape shape)
    {
        _state = book.StateOf(space, trait);
        var names = shape.Traits.ToList();
        var at = _state.Shapes.ToList().FindIndex(known => known.SequenceEqual(names));
        if (at >= 0) return (ushort)at;
        _state = _state with { Shapes = [.. _state.Shapes, names] };
        _draft.Put(_state);
        return checked((ushort)(_state.Shapes.Count - 1));
    }

    private ValueTask<bool> ChangedAsync(SqlTraitShape shape, SqlTraitRow row, CancellationToken stopping)
    {
        _record = _record with { Rows = _record.Rows + 1, Changed = _record.Changed + 1 };
        _draft.Remember(shape.Id, row.IdUtf8, row.Hash, _shape);
        return AddAsync(_message.Of(shape.Id, row), stopping);
    }

    private ValueTask<bool> GoneAsync(KnownRow known, CancellationToken stopping)
    {
        _record = _record with { Gone = _record.Gone + 1 };
        _draft.Forget(known);
        return AddAsync(_message.Gone(known.Kind, System.Text.Encoding.UTF8.GetString(known.Id), _state.Shapes[known.Shape]), stopping);
    }

    private ValueTask<bool> AddAsync(byte[] message, CancellationToken stopping)
    {
        _messages.Add(message);
        _bytes += message.Length;
        return _messages.Count < MessagesMax && _bytes < BytesMax ? ValueTask.FromResult(true) : FlushAsync(stopping);
    }

    // False when the run is over: it is not wanted any more, or the log takes nothing.
    private async ValueTask<bool> FlushAsync(CancellationToken stopping)
    {
        if (_messages.Count == 0) return true;
        stopping.ThrowIfCancellationRequested();
        if (!IsWanted())
        {
            Stop();
            return false;
        }

        _draft.Send(_messages);
        _draft.Put(_record);
        _draft.Commit();
        // At this point the rows count as sent, and the messages are noted: whoever comes next sends them first.
        if (await door.SendAsync(space, _messages, stopping) is { } refused)
        {
            Fail("log", refused);
            return false;
        }

        book.Sent(space, trait);
        _draft.Dispose();
        _draft = book.Begin(space, trait);
        _messages.Clear();
        _bytes = 0;
        return true;
    }

    private bool IsWanted() => workspace().FindSqlTrait(trait.Id) is { Enabled: true } now && now.Version == trait.Version;

    private SqlTraitRunRecord Stop() => _record = _record with { Status = SqlTraitRunStatus.Stopped };

    private SqlTraitRunRecord Fail(string type, string message) => _record = _record with { Status = SqlTraitRunStatus.Failed, ErrorType = type, Error = message };
}
