using System.Globalization;
using System.Text.Unicode;
using Tributary.Engine.Log;
using Tributary.Model;

namespace Tributary.Benchmarks;

/// <summary>People who look around in a shop, and now and then buy.</summary>
internal sealed class Shoppers(int people, double skew, double pace)
{
    private static readonly (string Event, int Share)[] Deeds =
    [
        ("Page Viewed", 40), ("Product Viewed", 25), ("Product Added", 9), ("Order Completed", 5), ("Signed In", 6), ("Products Searched", 3), ("Checkout Started", 2), ("identify", 10),
    ];

    private readonly Population _population = new(people, skew, seed: 1);
    private readonly Random _random = new(2);
    private readonly byte[] _messageId = new byte[100];
    private readonly byte[] _text = new byte[1_000];
    private long _message;

    /// <summary>The time of the next event; its pace when there is none.</summary>
    public Func<long>? Clock { get; init; }

    /// <summary>Told of everybody who orders.</summary>
    public Action<int>? Bought { get; init; }

    public long Now => Clock?.Invoke() ?? AudiencesBenchmark.Start + (long)(_message * pace);

    public void AddEvent(LogRecords records, int? person)
    {
        var who = person ?? _population.Next();
        var roll = person is not null ? 99 : _random.Next(100);
        var deed = Deeds.First(each => (roll -= each.Share) < 0).Event;
        if (deed == "Order Completed") Bought?.Invoke(who);
        var type = deed switch { "identify" => EventType.Identify, "Page Viewed" => EventType.Page, _ => EventType.Track };
        // What makes the events must not be what is measured, so they are put together without a string.
        Utf8.TryWrite(_messageId, CultureInfo.InvariantCulture, $"ajs-next-{_message:D13}-7c1f2f6e-54a1-4e0c-9b5a-1f4f7f1d2a33", out var idLength);
        ReceivedRecord.BeginEvent(records, type, 1, Now, Now, _messageId.AsSpan(0, idLength));
        Utf8.TryWrite(_text, CultureInfo.InvariantCulture, $"{{\"type\":\"{type.Name()}\",\"messageId\":\"ajs-next-{_message:D13}-7c1f2f6e-54a1-4e0c-9b5a-1f4f7f1d2a33\",\"userId\":\"user-{who}\",\"anonymousId\":\"anon-{who}\",", out var head);
        var rest = _text.AsSpan(head);
        var length = 0;
        _ = type switch
        {
            EventType.Identify => Utf8.TryWrite(rest, CultureInfo.InvariantCulture, $"\"traits\":{{\"email\":\"p{who}@example.com\",\"plan\":\"{(_random.Next(3) == 0 ? "pro" : "free")}\"}}", out length),
            EventType.Page => Utf8.TryWrite(rest, CultureInfo.InvariantCulture, $"\"name\":\"{(_random.Next(10) == 0 ? "Pricing" : "Home")}\",\"properties\":{{\"path\":\"/\"}}", out length),
            _ => Utf8.TryWrite(rest, CultureInfo.InvariantCulture, $"\"event\":\"{deed}\",\"properties\":{{\"product_id\":\"p-{_random.Next(1_000)}\",\"category\":\"c{_random.Next(20)}\",\"price\":{_random.Next(100)}.5,\"total\":{_random.Next(200)}.25}}", out length),
        };
        records.Write(_text.AsSpan(0, head + length));
        records.Write(Population.Filler);
        records.EndRecord();
        if (++_message % 5_000 == 0) ReceivedRecord.AddTick(records, Now);
    }
}
