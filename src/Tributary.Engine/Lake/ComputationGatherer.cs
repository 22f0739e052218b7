using System.Buffers.Binary;
using DuckDB.NET.Data;
using Microsoft.Extensions.Logging;
using Tributary.Engine.Processing.Computing;
using Tributary.Engine.Storage;
using Tributary.Engine.Traits;
using Tributary.Engine.Traits.Language;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Lake;

/// <summary>
/// Brings the past to new definitions of audiences and computed traits: reads it from the lake and puts it into the received log in pieces, then has every
/// profile asked. Where it is, only the state says; so it may be stopped at any point, and two of them do no harm.
/// </summary>
/// <remarks>
/// <para>(1) wait until the revision at hand is processed; (2) while something is filling: send its next events, a few records at a time; (3) while a space
/// waits for a pass: send a few steps of it; (4) when nothing is left, wait for the next revision.</para>
/// <para>A record says where its events begin. Processing takes it only when the state is exactly there, so what comes twice counts once.</para>
/// </remarks>
internal sealed partial class ComputationGatherer(
    GatheringDoor door, IStateStore store, HistoryReader history, Func<WorkspaceSnapshot> workspace, TimeProvider clock, ILogger<ComputationGatherer> logger)
{
    /// <summary>Most events of one record.</summary>
    public const int EventsMax = 2_000;

    /// <summary>Most bytes of the events of one record, about. A record of the log holds 4 MiB.</summary>
    public const int BytesMax = 1 << 20;

    /// <summary>
    /// So many records are sent before what came of them is looked at: beside a busy river that shows at its commits only, ten times a second. While they are worked
    /// on, events wait: a fifth of a second.
    /// </summary>
    public const int RecordsAhead = 4;

    // The lake is at most about this far behind; nothing tells when it has come further.
    private static readonly TimeSpan PauseForLake = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(5);

    // What is read of the lake while the events before it are worked on.
    private PageAhead? _ahead;

    /// <summary>Gathers until it is stopped.</summary>
    /// <param name="changed">Completes when a revision after the given one is current.</param>
    /// <param name="stopping">Takes effect between two records; what is in the log by then is done.</param>
    public async Task RunAsync(Func<long, CancellationToken, ValueTask> changed, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var revision = workspace().Revision;
                // :: Step 1. The revision stands in the log already, so what follows from it is in the state when all of the log is.
                await door.CatchUpAsync(stopping);
                // :: Steps 2 and 3
                await GatherAsync(stopping);
                // :: Step 4
                await changed(revision, stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                break;
            }
            catch (Exception failure) when (failure is IOException or DuckDBException)
            {
                // The disk or the lake may come back, and the state says where to go on.
                LogFailed(logger, failure, PauseAfterFailure);
                await Task.Delay(PauseAfterFailure, clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Gathers until nothing is filling and no pass is waited for.</summary>
    public async Task GatherAsync(CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                var states = ReadStates();
                var work = Work(states);
                if (work.Count == 0) return;
                // Of many that take turns nothing is read ahead: each would hold a page until its turn comes.
                var readsAhead = work.Count(one => one.Filling is { } filling && filling.FilledTo < filling.FillTo) == 1;
                var isMoving = false;
                foreach (var one in work) isMoving |= one.Filling is { } filling ? await FillAsync(one.Space, filling, readsAhead, stopping) : await PassAsync(one.Space, stopping);
                if (!isMoving) await Task.Delay(PauseForLake, clock, stopping);
            }
        }
        finally
        {
            // Nobody reads the lake any more when this is over.
            if (_ahead is { } ahead) await ahead.Page.ContinueWith(static _ => { }, TaskScheduler.Default);
            _ahead = null;
        }
    }

    // What is filling by number, then the spaces that wait for a pass.
    private static List<(ushort Space, ComputationState? Filling)> Work(List<SpaceStates> states) =>
    [
        .. states.SelectMany(space => space.Computations.Where(state => state.IsFilling).Select(state => (space.Space, (ComputationState?)state))),
        .. states.Where(space => space.IsPassWanted).Select(space => (space.Space, (ComputationState?)null)),
    ];

    /// <summary>Sends the next piece of what a definition asks of the past. False when that is not possible now.</summary>
    private async Task<bool> FillAsync(ushort space, ComputationState state, bool readsAhead, CancellationToken stopping)
    {
        // It has all it asked for and waits for streams that another one fills, which will have it answer: nothing is left to be sent.
        if (state.FilledTo >= state.FillTo && state.FillTo > 0) return false;
        // A newer revision is on its way through the log, or the lake is: what is here is looked at again.
        if (history.Position.Value < state.FillTo || QuestionOf(space, state) is not { } question) return false;
        var page = question.Names.Count == 0 ? new HistoryPage([], state.FillTo) : await ReadAsync(space, state, question, readsAhead, stopping);
        foreach (var pieces in Pieces(page, state.FilledTo).Chunk(RecordsAhead))
            if (!await SendAsync(space, state, pieces, stopping)) return false;
        if (page.To >= state.FillTo) LogFilled(logger, state.Number, space);
        return true;
    }

    // What the state asks for next; reading ahead has what will come after it read meanwhile.
    private async Task<HistoryPage> ReadAsync(ushort space, ComputationState state, HistoryQuestion question, bool readsAhead, CancellationToken stopping)
    {
        var page = default(HistoryPage?);
        if (_ahead is { } ahead)
        {
            _ahead = null;
            var read = await ahead.Page;
            if ((ahead.Space, ahead.Number, ahead.Version, ahead.From) == (space, state.Number, state.Filling, state.FilledTo)) page = read;
        }

        page ??= history.Read(question, state.FilledTo, state.FillTo, stopping);
        var next = page.Value.To;
        if (readsAhead && next < state.FillTo) _ahead = new PageAhead(space, state.Number, state.Filling, next, Task.Run(() => history.Read(question, next, state.FillTo, stopping), stopping));
        return page.Value;
    }

    private static IEnumerable<Piece> Pieces(HistoryPage page, long from)
    {
        for (var at = 0; at < page.Rows.Count || at == 0;)
        {
            var count = Fitting(page.Rows, at);
            var to = at + count == page.Rows.Count ? page.To : page.Rows[at + count - 1].Offset + 1;
            yield return new Piece([.. page.Rows.Skip(at).Take(count)], from, to);
            from = to;
            at += Math.Max(1, count);
        }
    }

    private HistoryQuestion? QuestionOf(ushort space, ComputationState state)
    {
        var computation = workspace().Computations.FirstOrDefault(each => each.Number == state.Number);
        if (computation is null || computation.Deleted || computation.Version != state.Filling) return null;
        var scope = computation.IsOfAccounts ? DefinitionScope.Accounts : DefinitionScope.Users;
        return QueryParser.TryParse(computation.Query, scope, computation.IsAudience ? DefinitionKind.Audience : DefinitionKind.Trait, out var definition, out _)
            ? new HistoryQuestion(space, DefinitionReferences.Events(definition), state.FillSince, state.BeganAt)
            : null;
    }

    private static int Fitting(IReadOnlyList<HistoryRow> rows, int from)
    {
        var bytes = 0L;
        var count = 0;
        while (from + count < rows.Count && count < EventsMax)
        {
            var past = rows[from + count].Event;
            bytes += 64 + past.Identifier.Length + past.Name.Length + past.Properties.Length + past.Context.Length + past.PageName.Length;
            if (count > 0 && bytes > BytesMax) break;
            count++;
        }

        return count;
    }

    /// <summary>Sends records, one for each piece. False when the state has not come to the end of the last, because another revision came between.</summary>
    private async Task<bool> SendAsync(ushort space, ComputationState state, Piece[] pieces, CancellationToken stopping)
    {
        if (pieces.Length == 0) return true;
        await door.SendAsync([.. pieces.Select(piece => piece.RecordOf(space, state))], stopping);
        var after = ReadState(space, state.Number);
        if (after is null || (after.Filling != state.Filling && after.Answering != state.Filling)) return false;
        if (after.FilledTo == pieces[^1].To) return true;
        var failed = Array.FindIndex(pieces, piece => piece.From == after.FilledTo);
        if (failed < 0) return false;

        // The record made a stage fail and is in quarantine, and those behind it were not taken. One event is at fault: the others must not suffer.
        var (rows, from, to) = pieces[failed];
        if (rows.Length == 0)
        {
            await StandAsync(space, stopping);
            return false;
        }

        if (rows.Length == 1) LogLeftOut(logger, rows[0].Offset, state.Number, space);
        var isSent = rows.Length == 1
            ? await SendAsync(space, state, [new Piece([], from, to)], stopping)
            : await SendAsync(space, state, [new Piece(rows[..(rows.Length / 2)], from, rows[(rows.Length / 2) - 1].Offset + 1)], stopping)
                && await SendAsync(space, state, [new Piece(rows[(rows.Length / 2)..], rows[(rows.Length / 2) - 1].Offset + 1, to)], stopping);
        return isSent && await SendAsync(space, state, pieces[(failed + 1)..], stopping);
    }

    /// <summary>Sends the next steps of a pass. False when the state is no further after them.</summary>
    private async Task<bool> PassAsync(ushort space, CancellationToken stopping)
    {
        var before = ReadStates().Find(each => each.Space == space);
        if (before is not { IsPassWanted: true }) return true;
        // The steps behind the first go on from wherever it has come to; when the pass is over by then, they come to nothing.
        var first = new GatheredRecord { Space = space, After = before.Pass?.After ?? "", Step = GatheredRecord.StepMax };
        var next = new GatheredRecord { Space = space, After = GatheredRecord.Onwards, Step = GatheredRecord.StepMax };
        await door.SendAsync([first, .. Enumerable.Repeat(next, RecordsAhead - 1)], stopping);
        var after = ReadStates().Find(each => each.Space == space);
        if (after is not { IsPassWanted: true } || after.PassWanted != before.PassWanted) return true;
        await StandAsync(space, stopping);
        return false;
    }

    // Records without effect stay in the log for ever, so they must not come quickly.
    private Task StandAsync(ushort space, CancellationToken stopping)
    {
        LogStands(logger, space, PauseAfterFailure);
        return Task.Delay(PauseAfterFailure, clock, stopping);
    }

    private ComputationState? ReadState(ushort space, uint number) =>
        store.Get(Table.Computations, StateKeys.Computation(space, number)) is { } json ? ComputationState.Parse(json) : null;

    private List<SpaceStates> ReadStates()
    {
        var spaces = new List<SpaceStates>();
        foreach (var (key, value) in store.Scan(Table.Computations, [], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]))
        {
            var space = BinaryPrimitives.ReadUInt16BigEndian(key);
            if (workspace().FindSpace(space) is null) continue;
            if (spaces.Count == 0 || spaces[^1].Space != space) spaces.Add(new SpaceStates(space));
            if (BinaryPrimitives.ReadUInt32BigEndian(key.AsSpan(2)) == 0) spaces[^1].Pass = PassState.Parse(value);
            else spaces[^1].Computations.Add(ComputationState.Parse(value));
        }

        return spaces;
    }

    /// <summary>How far the computations of one space are.</summary>
    private sealed class SpaceStates(ushort space)
    {
        public ushort Space => space;

        public List<ComputationState> Computations { get; } = [];

        public PassState? Pass { get; set; }

        public bool IsPassWanted => Pass is not null || Computations.Exists(state => state.NeedsPass || state.Resend.Count > 0);

        /// <summary>What a pass is wanted for and how far it is. One that ended while another definition came to want one is another.</summary>
        public string PassWanted => string.Join(' ', [
            Pass?.After ?? (Pass is null ? "none" : "begun"),
            .. Computations.Where(state => state.NeedsPass || state.Resend.Count > 0).Select(state => $"{state.Number}.{state.Answering}.{state.Resend.Count}"),
        ]);
    }

    /// <summary>Events of the past that fit into one record, and the stretch of the event log in which there are no others.</summary>
    private sealed record Piece(HistoryRow[] Rows, long From, long To)
    {
        public GatheredRecord RecordOf(ushort space, ComputationState state) =>
            new() { Space = space, Computation = state.Number, Version = state.Filling, From = From, To = To, Events = [.. Rows.Select(row => row.Event)] };
    }

    /// <summary>A page that is being read, and for whom.</summary>
    private sealed record PageAhead(ushort Space, uint Number, uint Version, long From, Task<HistoryPage> Page);
}
