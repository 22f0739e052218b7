using System.Text;
using System.Text.Json.Nodes;
using Tributary.Destinations.Functions;
using Tributary.Model;
using Xunit;

namespace Tributary.Server.Tests.Functions;

public sealed class EventRunnerTests
{
    [Fact]
    public async Task An_event_that_kills_three_processes_is_given_up_and_those_beside_it_are_delivered()
    {
        await using var rig = new FunctionRig();
        var code = new FunctionCode("f", "1", "function onTrack(event) { if (event.event === 'bomb') new Array(3e8).fill(1) }");
        using var sender = new FunctionSender(new EventRunner(rig.Runtime, "d", code, FunctionUse.Destination, [], isDryRun: false), hasBatch: false, 50, TimeSpan.Zero, TimeProvider.System);
        Model.Delivery[] batch = [Event("a", 1), Event("bomb", 2), Event("c", 3)];
        var first = await sender.SendAsync(batch, new WireTrace(), CancellationToken.None);
        for (var i = 0; i < 3; i++) Assert.Equal((DeliveryVerdict.RetryLater, "worker_lost"), (first[i].Verdict, first[i].Reason));
        var second = await sender.SendAsync(batch, new WireTrace(), CancellationToken.None);
        Assert.Equal([DeliveryVerdict.Delivered, DeliveryVerdict.RetryLater, DeliveryVerdict.Delivered], Enumerable.Range(0, 3).Select(i => second[i].Verdict));
        var third = await sender.SendAsync(batch, new WireTrace(), CancellationToken.None);
        Assert.Equal((DeliveryVerdict.Refused, "kills_worker"), (third[1].Verdict, third[1].Reason));
    }

    [Fact]
    public async Task A_function_that_waits_with_each_event_gets_fewer_at_once()
    {
        await using var rig = new FunctionRig();
        var code = new FunctionCode("f", "1", "async function onTrack() { await new Promise((done) => setTimeout(done, 300)) }");
        using var sender = new FunctionSender(new EventRunner(rig.Runtime, "d", code, FunctionUse.Destination, [], isDryRun: false), hasBatch: false, 8, TimeSpan.Zero, TimeProvider.System);
        Assert.Equal(8, sender.BatchMax);
        await sender.SendAsync([.. Enumerable.Range(1, 8).Select(n => Event("a", n))], new WireTrace(), CancellationToken.None);
        Assert.Equal(4, sender.BatchMax);
    }

    [Fact]
    public async Task Calls_that_begin_at_the_same_moment_all_find_their_settings()
    {
        await using var rig = new FunctionRig();
        const string Code = "function onTrack(event, settings) { return { mark: settings.mark } }";
        await rig.CallAsync(Code);
        for (var round = 0; round < 40; round++)
        {
            var results = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => rig.CallAsync(Code, settings: new JsonObject { ["mark"] = round }))));
            Assert.All(results, result => Assert.Equal("{\"mark\":" + round + "}", Encoding.UTF8.GetString(result.Results[0].Value.Span)));
        }
    }

    private static Model.Delivery Event(string name, long offset) =>
        new(new LogOffset(offset), EventType.Track, 1, Encoding.UTF8.GetBytes($$"""{"type":"track","event":"{{name}}","messageId":"m{{offset}}"}"""));
}
