using System.Text;
using Tributary.Engine.Lake;
using Tributary.Engine.Log;
using Tributary.Engine.Processing.Computing;
using Tributary.Engine.Storage;
using Tributary.Engine.Workspace;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Lake;

public sealed class ComputationGathererTests : IDisposable
{
    private const long Day = 86_400_000;
    private readonly PastWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task An_audience_that_is_made_later_knows_the_past()
    {
        _world.Track("u1", "Bought").Track("u1", "Bought").Track("u2", "Bought").Track("u3", "Seen").Settle();
        var audience = _world.Define("buyers", "event('Bought').count() >= 2");
        Assert.Equal(1u, _world.State(1).Filling);
        await _world.GatherAsync();

        Assert.Equal("u1", _world.Members(audience.Number));
        var state = _world.State(1);
        Assert.Equal((1u, 0u, 3L, 1L, false), (state.Answering, state.Filling, state.Gathered, state.Size, state.NeedsPass));
    }

    [Fact]
    public async Task Events_that_come_while_the_past_does_count_once()
    {
        for (var i = 0; i < 2_300; i++) _world.Track($"u{i % 3}", "Bought", "{\"price\":1}");
        _world.Settle();
        var trait = _world.Define("spent", "event('Bought').sum(property('price'))", kind: Computation.Trait);
        var gathering = _world.Gatherer.GatherAsync(TestContext.Current.CancellationToken);
        for (var i = 0; i < 30; i++)
        {
            _world.Track($"u{i % 3}", "Bought", "{\"price\":100}").Settle();
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        await _world.PumpAsync(gathering);

        Assert.Equal("u0=1767 u1=1767 u2=1766", _world.Values(trait.Number));
        Assert.Equal(2_300, _world.State(1).Gathered);
    }

    [Fact]
    public async Task A_gatherer_that_was_stopped_goes_on_where_the_state_is()
    {
        for (var i = 0; i < 1_700; i++) _world.Track($"u{i % 2}", "Bought");
        _world.Settle();
        var trait = _world.Define("bought", "event('Bought').count()", kind: Computation.Trait);
        for (var restarts = 0; _world.State(1).Filling != 0 || restarts < 3; restarts++)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            var gathering = _world.NewGatherer().GatherAsync(stop.Token);
            // One record more is processed, and sometimes one is in the log that the gatherer never hears of.
            for (var steps = 0; steps < 20 && !gathering.IsCompleted; steps++)
            {
                if (steps > restarts) _world.Settle();
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
            }

            await stop.CancelAsync();
            await gathering.ContinueWith(_ => { }, TaskScheduler.Default);
            _world.Settle();
        }

        await _world.GatherAsync();
        Assert.Equal("u0=850 u1=850", _world.Values(trait.Number));
        Assert.Equal(1_700, _world.State(1).Gathered);
    }

    [Fact]
    public async Task Records_that_come_twice_change_nothing()
    {
        const int Bought = (2 * ComputationGatherer.EventsMax) + 200;
        for (var i = 0; i < Bought; i++) _world.Track("u1", "Bought");
        _world.Settle();
        var trait = _world.Define("bought", "event('Bought').count()", kind: Computation.Trait);
        await _world.GatherAsync();
        var before = _world.River.Received.End;
        var again = new LogRecords();
        var batch = new LogBatch();
        for (var from = LogOffset.Zero; _world.River.Received.Read(from, batch); from = batch.Next)
        {
            foreach (var record in batch)
                if (ReceivedRecord.View(record.Payload).Kind == ReceivedKind.Gathered) again.Add(record.Payload.Span);
        }

        // Three of events and one of the pass at least.
        Assert.True(again.Count >= 4);
        await _world.River.Received.AppendAsync(again);
        _world.Settle();

        Assert.True(_world.River.Received.End > before);
        Assert.Equal($"u1={Bought}", _world.Values(trait.Number));
        Assert.Equal(Bought, _world.State(1).Gathered);
    }

    [Fact]
    public async Task Two_gatherers_at_once_do_no_harm()
    {
        for (var i = 0; i < 1_500; i++) _world.Track($"u{i % 2}", "Bought");
        _world.Settle();
        var trait = _world.Define("bought", "event('Bought').count()", kind: Computation.Trait);
        await _world.PumpAsync(Task.WhenAll(
            _world.Gatherer.GatherAsync(TestContext.Current.CancellationToken), _world.NewGatherer().GatherAsync(TestContext.Current.CancellationToken)));

        Assert.Equal("u0=750 u1=750", _world.Values(trait.Number));
    }

    [Fact]
    public async Task Days_back_are_days_of_the_events()
    {
        _world.River.At(20);
        foreach (var days in new[] { 1, 6, 8, 19 }) _world.Track("u1", "Bought", timestamp: _world.River.Now - (days * Day));
        _world.Settle();
        var trait = _world.Define("bought", "event('Bought').count()", computation => computation with { BackfillDays = 7 }, Computation.Trait);
        await _world.GatherAsync();

        Assert.Equal("u1=2", _world.Values(trait.Number));
    }

    [Fact]
    public async Task Without_history_only_what_follows_counts()
    {
        _world.Track("u1", "Bought").Settle();
        var trait = _world.Define("bought", "event('Bought').count()", computation => computation with { IncludeHistoricalData = false }, Computation.Trait);
        _world.Track("u1", "Bought").Track("u1", "Bought");
        await _world.GatherAsync();

        Assert.Equal("u1=2", _world.Values(trait.Number));
    }

    [Fact]
    public async Task A_changed_definition_answers_when_its_past_is_there()
    {
        _world.Track("u1", "Bought").Track("u1", "Bought").Track("u2", "Bought");
        var audience = _world.Define("buyers", "event('Bought').count() >= 2");
        await _world.GatherAsync();
        Assert.Equal("u1", _world.Members(1));
        // Another condition on events, so that nobody has kept them yet.
        _world.Define("buyers", "event('Bought').where(property('test').absent()).count() >= 1");
        _world.Track("u3", "Bought").Settle();
        Assert.Equal("u1", _world.Members(audience.Number));
        await _world.GatherAsync();

        Assert.Equal("u1 u2 u3", _world.Members(audience.Number));
    }

    [Fact]
    public async Task Pages_people_and_accounts_have_a_past_too()
    {
        _world.River.Send(EventType.Page, """ "name":"Pricing","userId":"u1" """).Group("u1", "g1").Group("u2", "g2");
        _world.Track("u2", "Bought").Settle();
        var visitors = _world.Define("visitors", "event('Page Viewed').where(property('page_name') = 'Pricing').count() >= 1");
        var accounts = _world.Define("accounts", "event('Bought').count() >= 1", type: "ACCOUNTS");
        await _world.GatherAsync();

        Assert.Equal(("u1", "g2"), (_world.Members(visitors.Number), _world.Members(accounts.Number)));
    }

    [Fact]
    public async Task An_event_that_makes_a_stage_fail_is_left_out_and_the_others_are_not()
    {
        for (var i = 0; i < 40; i++) _world.Track("u1", "Bought", $$"""{"at":{{i}}}""");
        _world.Settle();
        _world.River.Processor.Probe = record =>
        {
            if (record.Kind == ReceivedKind.Gathered && Encoding.UTF8.GetString(record.Payload.Span).Contains("""{"at":17}""", StringComparison.Ordinal)) throw new FormatException("17");
        };
        var trait = _world.Define("bought", "event('Bought').count()", kind: Computation.Trait);
        await _world.GatherAsync();

        Assert.Equal("u1=39", _world.Values(trait.Number));
    }

    [Fact]
    public async Task An_event_that_fails_in_one_of_several_records_under_way_leaves_none_of_the_others_out()
    {
        const int Bought = (ComputationGatherer.RecordsAhead * ComputationGatherer.EventsMax) + 300;
        for (var i = 0; i < Bought; i++) _world.Track($"u{i % 2}", "Bought", $$"""{"at":{{i}}}""");
        _world.Settle();
        var poison = $$"""{"at":{{ComputationGatherer.EventsMax + 17}}}""";
        _world.River.Processor.Probe = record =>
        {
            if (record.Kind == ReceivedKind.Gathered && record.Payload.Span.IndexOf(Encoding.UTF8.GetBytes(poison)) >= 0) throw new FormatException("17");
        };
        var trait = _world.Define("bought", "event('Bought').count()", kind: Computation.Trait);
        await _world.GatherAsync();

        Assert.Equal($"u0={Bought / 2} u1={(Bought / 2) - 1}", _world.Values(trait.Number));
        Assert.Equal(Bought - 1, _world.State(1).Gathered);
    }

    [Fact]
    public async Task A_pass_takes_several_steps_at_a_time_and_asks_everybody()
    {
        const int People = (GatheredRecord.StepMax * ComputationGatherer.RecordsAhead) + 100;
        for (var i = 0; i < People; i++) _world.Track($"u{i:D6}", "Bought");
        _world.Settle();
        var audience = _world.Define("buyers", "event('Bought').count() >= 1");
        await _world.GatherAsync();

        Assert.Equal(People, _world.Members(audience.Number).Split(' ').Length);
        Assert.Equal(People, _world.State(1).Size);
        // Steps that were sent when the pass was over by then have begun no other.
        Assert.Null(_world.River.Store.Get(Table.Computations, StateKeys.Computation(1, 0)));
    }

    [Fact]
    public async Task A_record_holds_so_many_events_and_so_many_bytes()
    {
        var filler = new string('x', 30_000);
        for (var i = 0; i < 120; i++) _world.Track("u1", "Bought", $$"""{"filler":"{{filler}}"}""");
        for (var i = 0; i < 700; i++) _world.Track("u1", "Bought");
        _world.Settle();
        var trait = _world.Define("bought", "event('Bought').count()", kind: Computation.Trait);
        await _world.GatherAsync();
        var batch = new LogBatch();
        var most = 0;
        for (var from = LogOffset.Zero; _world.River.Received.Read(from, batch); from = batch.Next)
        {
            foreach (var record in batch)
            {
                var view = ReceivedRecord.View(record.Payload);
                if (view.Kind != ReceivedKind.Gathered) continue;
                Assert.InRange(view.Payload.Length, 1, ComputationGatherer.BytesMax + 1_000);
                most = Math.Max(most, GatheredRecord.Read(view.Payload.Span).Events.Count);
            }
        }

        Assert.Equal("u1=820", _world.Values(trait.Number));
        Assert.InRange(most, 100, ComputationGatherer.EventsMax);
    }

    [Fact]
    public async Task A_gatherer_that_runs_hears_of_new_definitions()
    {
        _world.Track("u1", "Bought").Settle();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var running = _world.Gatherer.RunAsync(_world.ChangedAsync, stop.Token);
        for (uint number = 1; number <= 2; number++)
        {
            _world.Define($"buyers_{number}", $"event('Bought').count() >= {number}");
            await _world.PumpAsync(_world.AnsweringAsync(number));
            _world.Track("u1", "Bought").Settle();
        }

        Assert.Equal(("u1", "u1"), (_world.Members(1), _world.Members(2)));
        await stop.CancelAsync();
        await _world.PumpAsync(running);
    }
}
