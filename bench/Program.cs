using System.Globalization;
using Tributary.Benchmarks;

// One class a question. Usage: river EVENTS PEOPLE SKEW FOLDER
switch (args)
{
    case ["river", var events, var people, var skew, var folder]:
        await RiverBenchmark.RunAsync(
            long.Parse(events, CultureInfo.InvariantCulture), int.Parse(people, CultureInfo.InvariantCulture), double.Parse(skew, CultureInfo.InvariantCulture), folder);
        break;
    default:
        Console.Error.WriteLine("Usage: river EVENTS PEOPLE SKEW FOLDER");
        return 2;
}

return 0;
