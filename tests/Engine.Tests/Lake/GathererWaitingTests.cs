using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Tributary.Engine.Identity;
using Tributary.Engine.Lake;
using Tributary.Engine.Log;
using Tributary.Engine.Processing.Computing;
using Tributary.Engine.Workspace;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Lake;

/// <summary>When the gatherer has nothing to do but wait, it says nothing and writes nothing, and when it has, it does not wait.</summary>
public sealed class GathererWaitingTests : IDisposable
{
    private readonly PastWorld _world = new();
    private readonly FakeTimeProvider _clock = new();
    private readonly Lines _lines = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task A_definition_whose_streams_another_one_fills_waits_quietly()
    {
        for (var i = 0; i < 10; i++) _world.Track("u1", "Bought");
        _world.Settle();
        var first = _world.Define("first", "event('Bought').count()", kind: Computation.Trait);
        var second = _world.Define("second", "event('Bought').count() >= 5");
        // The second has all that it asked for itself; the first begins anew, and the lake is not there yet.
        await BringNothingAsync(second);
        _world.Settle();
        _world.Track("u1", "Bought").River.Run();
        _world.Define("first", "event('Bought').count()", kind: Computation.Trait);
        Assert.Equal((second.Version, _world.State(2).FillTo), (_world.State(2).Filling, _world.State(2).FilledTo));
        Assert.True(_world.State(1).FillTo > _world.Loader.Position.Value);

        var gathering = NewGatherer().GatherAsync(TestContext.Current.CancellationToken);
        var end = _world.River.Received.End;
        for (var i = 0; i < 60; i++) await StepAsync(TimeSpan.FromSeconds(1));

        Assert.False(gathering.IsCompleted);
        Assert.Equal(end, _world.River.Received.End);
        Assert.Empty(_lines.All);

        _world.Settle();
        for (var tries = 0; !gathering.IsCompleted; tries++)
        {
            Assert.True(tries < 1_000, "It still waits.");
            await StepAsync(TimeSpan.FromSeconds(1));
        }

        await gathering;
        Assert.Equal(("u1=11", "u1"), (_world.Values(first.Number), _world.Members(second.Number)));
        Assert.DoesNotContain(_lines.All, line => line.Level > LogLevel.Information);
    }

    [Fact]
    public async Task A_pass_that_ended_while_another_definition_came_to_want_one_had_an_effect()
    {
        _world.River.Send(EventType.Identify, """ "userId":"u1","traits":{"plan":"pro"} """);
        _world.Settle();
        _world.Define("first", "trait('plan') = 'pro'");
        var end = _world.River.Received.End;
        var gathering = NewGatherer().GatherAsync(TestContext.Current.CancellationToken);
        // The step of the pass comes before the second definition.
        while (_world.River.Received.End == end) await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
        _world.Define("second", "trait('plan') != 'free'");

        // No time goes by at all.
        for (var tries = 0; !gathering.IsCompleted; tries++)
        {
            Assert.True(tries < 1_000, string.Join('\n', _lines.All));
            await StepAsync(TimeSpan.Zero);
        }

        await gathering;
        Assert.Equal(("u1", "u1"), (_world.Members(1), _world.Members(2)));
        Assert.Empty(_lines.All);
    }

    private async Task StepAsync(TimeSpan time)
    {
        _clock.Advance(time);
        _world.River.Run();
        await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
    }

    // What a gatherer sends of a definition for which there is nothing in the lake.
    private async Task BringNothingAsync(Computation computation)
    {
        var writer = new ByteWriter();
        new GatheredRecord { Space = 1, Computation = computation.Number, Version = computation.Version, From = 0, To = _world.State(computation.Number).FillTo, Events = [] }.Write(writer);
        var records = new LogRecords();
        ReceivedRecord.AddGathered(records, _world.River.Now, writer.Written);
        await _world.River.Received.AppendAsync(records);
        _world.River.Run();
    }

    private ComputationGatherer NewGatherer() => new(
        new GatheringDoor(new ReceivedLog(_world.River.Received), _world.River.Progress, _clock),
        _world.River.Store,
        new HistoryReader(_world.Database, _world.Loader),
        () => _world.Workspace,
        _clock,
        _lines);

    /// <summary>What is logged.</summary>
    private sealed class Lines : ILogger<ComputationGatherer>
    {
        public List<(LogLevel Level, string Text)> All { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (All) All.Add((logLevel, formatter(state, exception)));
        }
    }
}
