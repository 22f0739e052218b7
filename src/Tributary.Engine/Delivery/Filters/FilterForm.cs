using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Delivery.Filters;

/// <summary>
/// Filters as resources have them: actions as <c>{"type":"SAMPLE","percent":0.1,"path":"userId"}</c>, <c>{"type":"DROP"}</c>, and
/// <c>{"type":"DROP_PROPERTIES","fields":{"context":["ip"]}}</c> or <c>ALLOW_PROPERTIES</c>. Rules: spec/connections.md §5.4.
/// </summary>
internal static class FilterForm
{
    private const int FieldsMax = 200;
    private const int NameLengthMax = 500;

    /// <summary>What is wrong with a filter; empty when it can be used.</summary>
    public static IReadOnlyList<WorkspaceFault> Check(DestinationFilter filter)
    {
        var faults = new List<WorkspaceFault>();
        if (FilterStatement.Compile(filter.If).Fault is { } fault) faults.Add(new("if", $"if: {fault}"));
        if (filter.Actions.Count == 0) faults.Add(new("actions", "actions must have at least one."));
        faults.AddRange(Read(filter.Actions).Faults);
        return faults;
    }

    /// <summary>All filters of a destination, compiled. One that cannot be read keeps everything away, so that nothing leaves because of a mistake.</summary>
    public static CompiledFilters Compile(IEnumerable<DestinationFilter> filters) =>
        CompiledFilters.Compile(filters.Select(filter => Read(filter.Actions) is { Faults: [] } read
            ? new FilterDefinition(filter.If, read.Actions)
            : new FilterDefinition("all", [new FilterAction(FilterActionKind.Drop)]))).Filters;

    private static (ImmutableArray<FilterAction> Actions, IReadOnlyList<WorkspaceFault> Faults) Read(JsonArray list)
    {
        var input = JsonInput.Of(new JsonObject { ["actions"] = list.DeepClone() });
        ImmutableArray<FilterAction> actions = [.. input.Objects("actions", FieldsMax).Select(Read).OfType<FilterAction>()];
        return (actions, input.Faults);
    }

    private static FilterAction? Read(JsonInput action)
    {
        switch (action.Text("type", 50, required: true))
        {
            case "SAMPLE":
                action.Allow("type", "percent", "path");
                return new FilterAction(FilterActionKind.Sample) { Percent = Share(action), Path = action.Text("path", NameLengthMax) };
            case "DROP":
                return new FilterAction(FilterActionKind.Drop);
            case "DROP_PROPERTIES":
                return new FilterAction(FilterActionKind.DropProperties) { Fields = Fields(action) };
            case "ALLOW_PROPERTIES":
                return new FilterAction(FilterActionKind.AllowProperties) { Fields = Fields(action) };
            case null:
                return null;
            default:
                action.Fault("type", "type must be SAMPLE, DROP, DROP_PROPERTIES or ALLOW_PROPERTIES.");
                return null;
        }
    }

    private static double Share(JsonInput action)
    {
        var share = action.Whole()["percent"] is JsonValue value && double.TryParse(value.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : -1;
        if (share is >= 0 and <= 1) return share;
        action.Fault("percent", "percent must be a number from 0 to 1.");
        return 0;
    }

    private static ImmutableDictionary<string, ImmutableArray<string>> Fields(JsonInput action)
    {
        if (action.Nested("fields") is not { } fields)
        {
            action.Fault("fields", "fields is required: names by the path of the object that has them; the empty path is the message.");
            return ImmutableDictionary<string, ImmutableArray<string>>.Empty;
        }

        return fields.Whole().Select(pair => pair.Key).Take(FieldsMax).ToImmutableDictionary(path => path, path => fields.Texts(path, FieldsMax, NameLengthMax), StringComparer.Ordinal);
    }
}
