using System.Text.Json.Nodes;

namespace Tributary.Engine.Workspace;

/// <summary>
/// How a destination is delivered to, from its setting <see cref="Key"/>: <c>{"concurrency":5,"rate":100,"timeoutMs":5000,"retryHours":24,"ordered":false}</c>. What is
/// null is left to the options of Delivery.
/// </summary>
/// <param name="Concurrency">Requests at the same time.</param>
/// <param name="Rate">Most requests a second.</param>
/// <param name="TimeoutMs">Longest time of one attempt.</param>
/// <param name="RetryHours">For how long after the first attempt an event is tried again; 0 tries once.</param>
/// <param name="Ordered">False when events of one profile may overtake each other.</param>
internal sealed record DestinationSync(int? Concurrency, double? Rate, int? TimeoutMs, double? RetryHours, bool? Ordered)
{
    /// <summary>The setting that is the engine's and not the destination's.</summary>
    public const string Key = "sync";

    /// <summary>The setting with the consent categories that a destination is mapped to, spec/connections.md §5.5.</summary>
    public const string ConsentKey = "consentCategories";

    private const int RetryHoursMax = 168;

    public static DestinationSync Default { get; } = new(null, null, null, null, null);

    /// <summary>What a destination's settings say. What was stored is valid, or older than the rules; then the default counts.</summary>
    public static DestinationSync Of(JsonObject settings)
    {
        if (settings[Key] is not JsonObject sync) return Default;
        var (read, faults) = Read(sync);
        return faults.Count == 0 ? read : Default;
    }

    /// <summary>What is wrong with the engine's part of a destination's settings.</summary>
    public static IEnumerable<WorkspaceFault> Check(JsonObject settings)
    {
        if (settings[Key] is { } sync)
        {
            if (sync is not JsonObject given) yield return new($"settings.{Key}", $"settings.{Key} must be an object.");
            else foreach (var fault in Read(given).Faults) yield return new($"settings.{Key}.{fault.Field}", $"settings.{Key}.{fault.Message}");
        }

        if (settings[ConsentKey] is { } consent
            && !(consent is JsonArray { Count: <= 100 } list && list.All(each => each is JsonValue value && value.TryGetValue<string>(out var text) && text.Length is > 0 and <= 200)))
            yield return new($"settings.{ConsentKey}", $"settings.{ConsentKey} must be a list of at most 100 names of categories.");
    }

    /// <summary>The settings that are the destination's own.</summary>
    public static JsonObject Without(JsonObject settings)
    {
        if (!settings.ContainsKey(Key) && !settings.ContainsKey(ConsentKey)) return settings;
        var own = settings.DeepClone().AsObject();
        own.Remove(Key);
        own.Remove(ConsentKey);
        return own;
    }

    private static (DestinationSync Sync, IReadOnlyList<WorkspaceFault> Faults) Read(JsonObject sync)
    {
        var input = JsonInput.Of(sync);
        input.Allow("concurrency", "rate", "timeoutMs", "retryHours", "ordered");
        var read = new DestinationSync(
            input.Whole("concurrency", 1, 1_000), Number(input, sync, "rate", 0.01, 100_000), input.Whole("timeoutMs", 10, 600_000),
            Number(input, sync, "retryHours", 0, RetryHoursMax), input.Flag("ordered"));
        return (read, input.Faults);
    }

    private static double? Number(JsonInput input, JsonObject sync, string name, double min, double max)
    {
        if (sync[name] is not { } node) return null;
        // A number that was parsed answers to both, one that was made in code only to its own type.
        var number = node is JsonValue value && (value.TryGetValue<double>(out var real) || (value.TryGetValue<int>(out var whole) && (real = whole) == whole)) ? real : double.NaN;
        if (number >= min && number <= max) return number;
        input.Fault(name, FormattableString.Invariant($"{name} must be a number from {min} to {max}."));
        return null;
    }
}
