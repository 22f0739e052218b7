using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using Tributary.Destinations.Http;
using Tributary.Destinations.Webhook;
using Tributary.Engine.Audiences;
using Tributary.Engine.Delivery;
using Tributary.Engine.Lake.Evaluating;
using Tributary.Engine.Log;
using Tributary.Engine.Processing;
using Tributary.Engine.Traits.Language;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Benchmarks;

/// <summary>
/// What audiences cost: the river of <see cref="RiverBenchmark"/> with 200 audiences and 50 computed traits over the events of a shop, ticks included; and with a
/// lake, how long a new definition takes until it answers, and how long a preview takes.
/// </summary>
internal static class AudiencesBenchmark
{
    private const int Audiences = 200;
    private const int Traits = 50;
    /// <summary>Log time at the beginning; milliseconds since 1970.</summary>
    public const long Start = 1_767_225_600_000;

    /// <param name="events">How many events to send.</param>
    /// <param name="people">Out of how many people.</param>
    /// <param name="skew">0 for uniform access, 0.99 for zipf.</param>
    /// <param name="pace">Milliseconds of log time from one event to the next: 5,000 takes a million events through two months, so that windows of days and weeks let people go.</param>
    /// <param name="folder">Where the data goes; the caller removes it.</param>
    public static async Task RunRiverAsync(long events, int people, double skew, double pace, string folder)
    {
        using var river = await OpenedRiver.OpenAsync(folder);
        await river.ReviseAsync([.. Definitions().Select(ResourceKind.Put)]);
        var shoppers = new Shoppers(people, skew, pace);
        await river.SendAsync(shoppers, people, isEverybodyOnce: true);
        var before = Reading.Now();
        await river.SendAsync(shoppers, events, isEverybodyOnce: false);
        var spent = Reading.Now().Since(before);
        var (profiles, bytes, folds) = river.Profiles();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"audiences {Audiences}+{Traits} people={people} skew={skew} pace={pace} ms events={events}: {events / spent.Seconds:N0} events/s, {spent.CpuSeconds * 1e6 / events:F1} us CPU/event, {spent.AllocatedBytes / (double)events:F0} B allocated/event, {spent.Collections} collections of {spent.PausedSeconds:F1} s together, {river.Members():N0} memberships, {profiles:N0} profiles of {bytes / Math.Max(1, profiles):N0} bytes with {folds / Math.Max(1, profiles):N0} states, working set {Environment.WorkingSet >> 20} MiB"));
        await river.StopAsync();
    }

    /// <summary>How long a new audience takes until it has its past, with the river idle and beside it, and how long previews take.</summary>
    public static async Task RunLakeAsync(long events, int people, string folder)
    {
        using var river = await OpenedRiver.OpenAsync(folder, withLake: true);
        var shoppers = new Shoppers(people, 0.99, pace: 5_000);
        await river.SendAsync(shoppers, people, isEverybodyOnce: true);
        await river.SendAsync(shoppers, events, isEverybodyOnce: false);
        await river.Lake!.CatchUpAsync(river.Decided.End);
        string[] queries =
        [
            "event('Order Completed').within(30 days).count() >= 2",
            "trait('plan') = 'pro'",
            "event('Order Completed').sum(property('total')) >= 500",
            "event('Product Viewed').where(property('price') >= 50).count() >= 3",
            "event('Product Viewed').mode(property('category'), 3) = 'c4'",
            ReadyDefinitions.All[0].Query,
            "event('Product Added').where(NOT event('Order Completed').within(parent: 1 hours).count() >= 1).count() >= 1",
        ];
        foreach (var query in queries)
        {
            QueryParser.TryParse(query, DefinitionScope.Users, DefinitionKind.Audience, out var definition, out _);
            var question = new DefinitionQuestion(1, ProcessingPosition.Read(river.Store).Now);
            var begun = TimeProvider.System.GetTimestamp();
            var (count, _) = await river.Lake.Evaluator.MatchesAsync(definition!, question, 100, CancellationToken.None);
            var counted = TimeProvider.System.GetElapsedTime(begun).TotalMilliseconds;
            begun = TimeProvider.System.GetTimestamp();
            var oneOf = (int)Math.Max(1, (events + people) / 400_000);
            var (met, _) = await river.Lake.Evaluator.MatchesAsync(definition!, question with { OneOf = oneOf }, 100, CancellationToken.None);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"preview over {events + people:N0} events: about {met * oneOf:N0} after {TimeProvider.System.GetElapsedTime(begun).TotalMilliseconds:N0} ms, {count:N0} after {counted:N0} ms, {query}"));
        }

        var gathering = river.Lake.GatherAsync(river);
        var idle = await FillAsync(river, 1, "event('Order Completed').within(30 days).count() >= 2");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"back-fill over {events + people:N0} events and {people:N0} people: {idle.TotalSeconds:F1} s, {river.State(1)!.Gathered:N0} events gathered, {river.State(1)!.Size:N0} members"));

        // Long enough for the lake to compress what it has loaded, as it does every half a million events.
        const int Sample = 1_000_000;
        var alone = TimeProvider.System.GetTimestamp();
        await river.SendAsync(shoppers, Sample, isEverybodyOnce: false);
        var sprint = Sample / TimeProvider.System.GetElapsedTime(alone).TotalSeconds;
        // The lake may be behind a river at full speed. What it can hold is the speed at which the lake is there as well.
        await river.Lake.CatchUpAsync(river.Decided.End);
        var full = Sample / TimeProvider.System.GetElapsedTime(alone).TotalSeconds;
        using var over = new CancellationTokenSource();
        var sending = Task.Run(() => SendAtAsync(river, shoppers, full / 2, over.Token));
        var beside = await FillAsync(river, 2, "event('Product Added').within(30 days).count() >= 2");
        await over.CancelAsync();
        var sent = await sending;
        var behind = TimeProvider.System.GetTimestamp();
        await river.SettleAsync();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"the same beside the river at {full / 2:N0} events/s, half of what it does alone with one audience until the lake has them ({sprint:N0} until they are decided): {beside.TotalSeconds:F1} s, {river.State(2)!.Gathered:N0} events gathered; {sent:N0} events came, the last of them was there {TimeProvider.System.GetElapsedTime(behind).TotalSeconds:F1} s after the end"));
        await river.Lake.StopAsync(gathering);
        await river.StopAsync();
    }

    // How long it takes from the definition of an audience until it answers for everybody.
    private static async Task<TimeSpan> FillAsync(OpenedRiver river, uint number, string query)
    {
        var created = TimeProvider.System.GetTimestamp();
        await river.ReviseAsync([ResourceKind.Put(Of(number, Computation.Audience, query))]);
        while (river.State(number) is not { Answering: not 0, NeedsPass: false } || river.HasPass()) await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        return TimeProvider.System.GetElapsedTime(created);
    }

    // Sends at a steady rate until it is cancelled, and says how many.
    private static async Task<long> SendAtAsync(OpenedRiver river, Shoppers shoppers, double rate, CancellationToken cancellationToken)
    {
        var records = new LogRecords(1 << 20);
        var begun = TimeProvider.System.GetTimestamp();
        var sent = 0L;
        while (!cancellationToken.IsCancellationRequested)
        {
            records.Clear();
            for (var due = (long)(rate * TimeProvider.System.GetElapsedTime(begun).TotalSeconds); sent < due; sent++) shoppers.AddEvent(records, null);
            if (records.Count > 0) await river.AppendAsync(records);
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, CancellationToken.None);
        }

        return sent;
    }

    /// <summary>How long the processing of a tick takes while people leave an audience by time.</summary>
    /// <param name="people">How many, each with a timer.</param>
    /// <param name="minutes">Within how many minutes of log time all of them leave.</param>
    /// <param name="folder">Where the data goes; the caller removes it.</param>
    public static async Task RunExitsAsync(int people, int minutes, string folder)
    {
        using var river = await OpenedRiver.OpenAsync(folder);
        await river.ReviseAsync([ResourceKind.Put(Of(1, Computation.Audience, "event('Product Viewed').within(1 hours).count() >= 1"))]);
        var records = new LogRecords(1 << 20);
        const long Minute = 60_000;
        for (var sent = 0; sent < people;)
        {
            records.Clear();
            for (var i = 0; i < 500 && sent < people; i++, sent++)
            {
                var at = Start + (minutes * Minute * sent / people);
                ReceivedRecord.BeginEvent(records, EventType.Track, 1, at, at, Encoding.UTF8.GetBytes($"exit-{sent:D9}"));
                records.Write(Encoding.UTF8.GetBytes($"{{\"type\":\"track\",\"messageId\":\"exit-{sent:D9}\",\"userId\":\"user-{sent}\",\"event\":\"Product Viewed\"}}"));
                records.EndRecord();
            }

            await river.AppendAsync(records);
        }

        await river.SettleAsync();
        var before = river.Members();
        var spent = new List<double>();
        for (var at = Start + (60 * Minute); at <= Start + ((60 + minutes) * Minute) + 500; at += 500)
        {
            records.Clear();
            ReceivedRecord.AddTick(records, at);
            var begun = TimeProvider.System.GetTimestamp();
            await river.AppendAsync(records);
            await river.SettleAsync();
            spent.Add(TimeProvider.System.GetElapsedTime(begun).TotalMilliseconds);
        }

        spent.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"exits by time: {before:N0} members with a timer each, {river.Members():N0} left after {minutes} minutes; a tick (of 500 ms) took p50 {spent[spent.Count / 2]:N0} ms, p99 {spent[spent.Count * 99 / 100]:N0} ms, at most {spent[^1]:N0} ms"));
        await river.StopAsync();
    }

    /// <summary>How long after an event was appended its <c>Audience Entered</c> is at a webhook on this machine, at a steady rate in real time.</summary>
    public static async Task RunLatencyAsync(int rate, int seconds, string folder)
    {
        using var river = await OpenedRiver.OpenAsync(folder);
        var sent = new ConcurrentDictionary<string, long>();
        var took = new ConcurrentBag<double>();
        var warmUp = TimeProvider.System.GetTimestamp() + (15 * TimeProvider.System.TimestampFrequency);
        using var receiver = new QuietReceiver(request =>
        {
            var at = request.IndexOf("\"userId\":\""u8) + 10;
            var user = Encoding.UTF8.GetString(request.Slice(at, request[at..].IndexOf((byte)'"')));
            // Who is in and gets another identifier later is told of once more, by that one.
            if (sent.TryGetValue(user, out var since) && since > warmUp && sent.TryUpdate(user, 0, since)) took.Add(TimeProvider.System.GetElapsedTime(since).TotalMilliseconds);
        });
        var hook = new Destination
        {
            Id = "hook",
            Number = 1,
            Name = "Hook",
            MetadataId = WebhookKind.Slug,
            SourceId = "engage",
            Settings = new System.Text.Json.Nodes.JsonObject { ["url"] = receiver.Address, ["batchSize"] = 1 },
        };
        var buyers = Of(Audiences + Traits + 1, Computation.Audience, "event('Order Completed').count() >= 1") with { Connections = [new ComputationConnection { Id = "con", DestinationId = "hook", SendIdentify = false }] };
        await river.ReviseAsync([DeliveryBenchmark.Put("destination", hook.Id, hook), .. Definitions().Append(buyers).Select(ResourceKind.Put)]);
        using var http = new OutboundHttp(EgressRules.Parse("127.0.0.0/8"));
        var setup = new DeliverySetup(new DestinationCatalog([WebhookKind.Value]), [WebhookKind.Driver(http, TimeProvider.System)]);
        using var worker = new DestinationWorker(hook, () => river.Workspace, setup, river.Decided, river.Store, new DeliveryOptions(), TimeProvider.System, NullLogger.Instance);
        using var stopping = new CancellationTokenSource();
        var delivering = Task.Run(() => worker.RunAsync(stopping.Token));
        var shoppers = new Shoppers(1_000_000, 0, pace: 0)
        {
            Clock = () => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(),
            Bought = person => sent.TryAdd($"user-{person}", TimeProvider.System.GetTimestamp()),
        };
        var records = new LogRecords(1 << 20);
        using var beat = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        var begun = TimeProvider.System.GetTimestamp();
        var (events, ticks) = (0L, 0);
        while (TimeProvider.System.GetElapsedTime(begun) is var elapsed && elapsed.TotalSeconds < seconds)
        {
            records.Clear();
            for (; events < (long)(elapsed.TotalSeconds * rate); events++) shoppers.AddEvent(records, null);
            if (elapsed.TotalMilliseconds / 500 >= ticks)
            {
                ReceivedRecord.AddTick(records, shoppers.Now);
                ticks++;
            }

            if (records.Count > 0) await river.AppendAsync(records);
            await beat.WaitForNextTickAsync();
        }

        // Whoever has bought is told of, however late; what has not come by then is said.
        var over = TimeProvider.System.GetTimestamp();
        var expected = sent.Values.LongCount(since => since == 0 || since > warmUp);
        while (took.Count < expected && TimeProvider.System.GetElapsedTime(over).TotalSeconds < 60) await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        var sorted = took.Order().ToList();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"event to Audience Entered at a webhook, {rate:N0} events/s for {seconds} s: {sorted.Count:N0} of {expected:N0} entries, the last {TimeProvider.System.GetElapsedTime(over).TotalMilliseconds:N0} ms after the end, p50 {sorted[sorted.Count / 2]:N0} ms, p99 {sorted[sorted.Count * 99 / 100]:N0} ms, at most {sorted[^1]:N0} ms"));
        await stopping.CancelAsync();
        await delivering;
        await river.StopAsync();
    }

    // Thresholds and windows differ, so that no two are the same; the shapes are those of the ready definitions.
    private static IEnumerable<Computation> Definitions()
    {
        var audiences = ReadyDefinitions.All.Where(ready => ready is { Kind: Computation.Audience, Type: "USERS" }).ToList();
        var traits = ReadyDefinitions.All.Where(ready => ready is { Kind: Computation.Trait, Type: "USERS" }).ToList();
        for (var i = 0; i < Audiences; i++) yield return Of((uint)i + 1, Computation.Audience, Vary(audiences[i % audiences.Count].Query, i / audiences.Count));
        for (var i = 0; i < Traits; i++) yield return Of((uint)(Audiences + i + 1), Computation.Trait, Vary(traits[i % traits.Count].Query, i / traits.Count));
    }

    // As people vary them: other lengths, other numbers, one category instead of all.
    private static string Vary(string query, int by)
    {
        if (by == 0) return query;
        var varied = Regex.Replace(query, @"(\d+) (days|hours)", match => $"{int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) + by} {match.Groups[2].Value}");
        varied = Regex.Replace(varied, @">= ([2-9]|\d{2,4})\b", match => $">= {int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) + (by % 3)}");
        return by % 2 == 0 ? varied : Regex.Replace(varied, @"^event\('(Product[^']*|Order[^']*)'\)", match => $"{match.Value}.where(property('category') = 'c{by}')");
    }

    private static Computation Of(uint number, string kind, string query) => new()
    {
        Id = $"{kind}_{number}",
        Number = number,
        Version = number + 1,
        SpaceId = "spa_default",
        Kind = kind,
        Key = $"c{number}",
        Name = $"c{number}",
        Type = "USERS",
        Query = query,
    };
}
