using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Tributary.Engine.Delivery.Filters;
using Tributary.Engine.Delivery.Fql;
using Tributary.Engine.Delivery.Mapping;

namespace Tributary.Benchmarks;

/// <summary>Triggers, filters and a mapping of twenty fields on one core, and then the npm packages on the same inputs.</summary>
internal static class LanguagesBenchmark
{
    private const string Trigger = "type = \"track\" and event = \"Order Completed\" and properties.total > 10";
    private const string Filter = "type = 'track' and contains(event, 'Order') and !(properties.total <= 10)";

    public static async Task RunAsync(TimeSpan each)
    {
        var message = Encoding.UTF8.GetBytes(Event());
        var mapping = Encoding.UTF8.GetBytes(Mapping());
        var document = EventDocument.Read(message)!;
        var trigger = Tributary.Engine.Delivery.Fql.Trigger.Compile(Trigger).Trigger!;
        var statement = FilterStatement.Compile(Filter).Statement!;
        var compiled = CompiledMapping.Compile(mapping).Mapping!;
        Console.WriteLine($"event {message.Length} bytes, mapping {mapping.Length} bytes, {Environment.ProcessorCount} cores; one thread");
        Measure("trigger: parse and evaluate", each, () => Tributary.Engine.Delivery.Fql.Trigger.Compile(Trigger).Trigger!.Matches(document));
        Measure("trigger: evaluate", each, () => trigger.Matches(document));
        Measure("filter: evaluate", each, () => statement.Ask(document).Matches == true);
        Measure("event: read", each, () => document.TryRead(message));
        Measure("mapping, event read before", each, () => !compiled.Apply(document).Output.IsEmpty);
        Measure("mapping from and to bytes", each, () => document.TryRead(message) && !compiled.Apply(document).Output.IsEmpty);
        await RunPackagesAsync(each);
    }

    private static void Measure(string name, TimeSpan each, Func<bool> work)
    {
        for (var warm = 0; warm < 20_000; warm++) _ = work();
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var clock = Stopwatch.StartNew();
        var count = 0L;
        while (clock.Elapsed < each)
        {
            for (var at = 0; at < 100; at++, count++)
            {
                if (!work()) throw new InvalidOperationException($"{name} did not match.");
            }
        }

        var nanoseconds = clock.Elapsed.TotalNanoseconds / count;
        var bytes = (GC.GetAllocatedBytesForCurrentThread() - allocated) / count;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"tributary  {name,-32} {nanoseconds,10:n0} ns {1e9 / nanoseconds,12:n0}/s {bytes / 1e6,10:n6} MB"));
    }

    private static async Task RunPackagesAsync(TimeSpan each)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Tributary.slnx"))) folder = folder.Parent;
        var start = new ProcessStartInfo("node", [Path.Combine(folder.FullName, "tests", "Server.Tests", "oracles", "languages-bench.cjs")]) { RedirectStandardInput = true };
        using var node = Process.Start(start)!;
        await node.StandardInput.WriteAsync(
            $"{{\"ms\":{(int)each.TotalMilliseconds},\"fql\":{JsonSerializer.Serialize(Trigger)},\"event\":{Event()},\"mapping\":{Mapping()}}}");
        node.StandardInput.Close();
        await node.WaitForExitAsync();
        if (node.ExitCode != 0) throw new InvalidOperationException("The packages did not run; is `npm ci` done in tests/Server.Tests/oracles?");
    }

    internal static string Event() =>
        """
        {"type":"track","event":"Order Completed","messageId":"node-next-1699999999999-0123456789abcdef","userId":"u-123456","anonymousId":"8d872292-709d-11ec-90d6-0242ac120003",
        "timestamp":"2024-01-02T03:04:05.678Z","properties":{"order_id":"50314b8e9bcf000000000000","affiliation":"Google Store","total":27.5,"subtotal":22.5,"revenue":25,"shipping":3,
        "tax":2,"discount":2.5,"coupon":"hasbros","currency":"USD","products":[{"product_id":"507f1f77bcf86cd799439011","sku":"45790-32","name":"Monopoly: 3rd Edition","price":19,
        "quantity":1,"category":"Games"},{"product_id":"505bd76785ebb509fc183733","sku":"46493-32","name":"Uno Card Game","price":3,"quantity":2,"category":"Games"}]},
        "context":{"ip":"8.8.8.8","locale":"en-US","userAgent":"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)","page":{"url":"https://shop.example.com/checkout","title":"Checkout",
        "path":"/checkout"},"traits":{"email":"Ada@Example.com","first_name":"Ada","last_name":"Lovelace"},"campaign":{"name":"spring","source":"mail"}}}
        """.ReplaceLineEndings("");

    private static string Mapping() =>
        """
        {"event_name":{"@path":"$.event"},"user_id":{"@if":{"exists":{"@path":"$.userId"},"then":{"@path":"$.userId"},"else":{"@path":"$.anonymousId"}}},"anonymous_id":{"@path":"$.anonymousId"},
        "insert_id":{"@path":"$.messageId"},"time":{"@path":"$.timestamp"},"email":{"@case":{"operator":"lower","value":{"@path":"$.context.traits.email"}}},
        "full_name":{"@template":"{{context.traits.first_name}} {{context.traits.last_name}}"},"ip":{"@path":"$.context.ip"},"locale":{"@path":"$.context.locale"},
        "user_agent":{"@path":"$.context.userAgent"},"url":{"@path":"$.context.page.url"},"title":{"@path":"$.context.page.title"},"campaign":{"@path":"$.context.campaign"},
        "order_id":{"@path":"$.properties.order_id"},"revenue":{"@path":"$.properties.revenue"},"currency":{"@path":"$.properties.currency"},
        "coupon":{"@replace":{"pattern":"has","replacement":"","value":{"@path":"$.properties.coupon"}}},
        "products":{"@arrayPath":["$.properties.products",{"id":{"@path":"$.product_id"},"price":{"@path":"$.price"},"quantity":{"@path":"$.quantity"}}]},
        "source":"tributary","missing":{"@path":"$.properties.nothing"}}
        """.ReplaceLineEndings("");
}
