using System.Globalization;
using Tributary.Benchmarks;

// One class a question; see Usage. What is measured over HTTP is `tributary bench`.
switch (args)
{
    case ["river" or "river-lake", var events, var people, var skew, var folder]:
        await RiverBenchmark.RunAsync(
            long.Parse(events, CultureInfo.InvariantCulture), int.Parse(people, CultureInfo.InvariantCulture), double.Parse(skew, CultureInfo.InvariantCulture), folder,
            withLake: args[0] == "river-lake");
        break;
    case ["audiences", var events, var people, var skew, var pace, var folder]:
        await AudiencesBenchmark.RunRiverAsync(
            long.Parse(events, CultureInfo.InvariantCulture),
            int.Parse(people, CultureInfo.InvariantCulture),
            double.Parse(skew, CultureInfo.InvariantCulture),
            double.Parse(pace, CultureInfo.InvariantCulture),
            folder);
        break;
    case ["audiences-exits", var people, var minutes, var folder]:
        await AudiencesBenchmark.RunExitsAsync(int.Parse(people, CultureInfo.InvariantCulture), int.Parse(minutes, CultureInfo.InvariantCulture), folder);
        break;
    case ["audiences-latency", var rate, var seconds, var folder]:
        await AudiencesBenchmark.RunLatencyAsync(int.Parse(rate, CultureInfo.InvariantCulture), int.Parse(seconds, CultureInfo.InvariantCulture), folder);
        break;
    case ["audiences-lake", var events, var people, var folder]:
        await AudiencesBenchmark.RunLakeAsync(long.Parse(events, CultureInfo.InvariantCulture), int.Parse(people, CultureInfo.InvariantCulture), folder);
        break;
    case ["console", var server, var token, var process, var people, var events]:
        using (var console = new ConsoleBenchmark(server, token, int.Parse(process, CultureInfo.InvariantCulture)))
            await console.RunAsync(int.Parse(people, CultureInfo.InvariantCulture), int.Parse(events, CultureInfo.InvariantCulture));
        break;
    case ["log", var writers, var seconds, var folder]:
        await LogBenchmark.RunAsync(int.Parse(writers, CultureInfo.InvariantCulture), int.Parse(seconds, CultureInfo.InvariantCulture), folder);
        break;
    case ["webhook", var events, var batchSize, var folder]:
        await DeliveryBenchmark.RunAsync(int.Parse(events, CultureInfo.InvariantCulture), int.Parse(batchSize, CultureInfo.InvariantCulture), folder);
        break;
    case ["functions", var events, var batchSize, var script]:
        await FunctionBenchmark.RunAsync(int.Parse(events, CultureInfo.InvariantCulture), int.Parse(batchSize, CultureInfo.InvariantCulture), script);
        break;
    case ["actions", var events]:
        await ActionsBenchmark.RunAsync(int.Parse(events, CultureInfo.InvariantCulture));
        break;
    case ["scan" or "scan-actions", var events, var folder]:
        await ScanBenchmark.RunAsync(int.Parse(events, CultureInfo.InvariantCulture), withActions: args[0] == "scan-actions", folder);
        break;
    case ["languages", var seconds]:
        await LanguagesBenchmark.RunAsync(TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture)));
        break;
    default:
        Console.Error.WriteLine("""
            Usage: river EVENTS PEOPLE SKEW FOLDER        the river in process; SKEW 0 is uniform, 0.99 zipf
                   river-lake EVENTS PEOPLE SKEW FOLDER   the same while the lake loads
                   audiences EVENTS PEOPLE SKEW PACE FOLDER  the river with 200 audiences and 50 computed traits, PACE ms of log time an event
                   audiences-exits PEOPLE MINUTES FOLDER  exits by time, all of them within so many minutes
                   audiences-latency RATE SECONDS FOLDER  from an event to its Audience Entered at a webhook on this machine
                   audiences-lake EVENTS PEOPLE FOLDER    previews, and a new audience until it has its past
                   console SERVER TOKEN PID PEOPLE EVENTS pages of a full workspace, a fast tail, and what open consoles cost
                   log WRITERS SECONDS FOLDER             durable appends
                   webhook EVENTS BATCH FOLDER            from the event log to a receiver on this machine
                   functions EVENTS BATCH SCRIPT          through one insert function; SCRIPT is worker.cjs
                   actions EVENTS                         through one worker of Segment's destinations
                   scan EVENTS FOLDER                     from the event log to a destination whose filter drops everything
                   scan-actions EVENTS FOLDER             the same, with three triggers that match nothing
                   languages SECONDS                      triggers, filters and mappings, each that long, and the npm packages
            """);
        return 2;
}

return 0;
