using System.Collections.Immutable;
using Tributary.Engine.Delivery.Fql;

namespace Tributary.Engine.Delivery.Filters;

/// <summary>
/// All filters of a destination, ready to run: first samples, then drops, then members that are dropped, then those that are allowed, whatever the order in
/// which they were written. Statements are asked about the event as it came. A statement that fails drops the event. Immutable.
/// </summary>
public sealed class CompiledFilters
{
    private readonly ImmutableArray<Rule> _rules;

    private CompiledFilters(ImmutableArray<Rule> rules) => _rules = rules;

    /// <summary>No filters: every event is kept as it is.</summary>
    public static CompiledFilters None { get; } = new([]);

    /// <summary>Reads the filters of a destination.</summary>
    /// <returns>
    /// The filters, and one fault for each statement that cannot be read, with the index of its filter. Such a filter drops every event, so that nothing
    /// leaves because of a spelling mistake.
    /// </returns>
    public static (CompiledFilters Filters, ImmutableArray<(int Index, FqlFault Fault)> Faults) Compile(IEnumerable<FilterDefinition> definitions)
    {
        var rules = ImmutableArray.CreateBuilder<Rule>();
        var faults = ImmutableArray.CreateBuilder<(int, FqlFault)>();
        foreach (var (index, definition) in definitions.Index())
        {
            var (statement, fault) = FilterStatement.Compile(definition.If);
            if (fault is not null) faults.Add((index, fault));
            rules.Add(new Rule(
                statement,
                fault?.ToString(),
                [.. definition.Actions.Where(action => action.Kind == FilterActionKind.Sample).Select(action => new SampleShare(action.Percent, action.Path))],
                definition.Actions.Any(action => action.Kind == FilterActionKind.Drop),
                Selections(definition, FilterActionKind.DropProperties),
                Selections(definition, FilterActionKind.AllowProperties)));
        }

        return (new CompiledFilters(rules.ToImmutable()), faults.ToImmutable());
    }

    /// <summary>Filters an event.</summary>
    public FilterOutcome Apply(ReadOnlyMemory<byte> message)
    {
        if (_rules.IsEmpty) return FilterOutcome.Kept(message);
        return EventDocument.Read(message) is { } document ? Apply(document) : FilterOutcome.Dropped($"The event is not valid JSON or deeper than {EventDocument.DepthMax} levels.");
    }

    /// <summary>Filters an event that is already read. The document stays as it is, also when the event is rewritten.</summary>
    /// <param name="message">The event.</param>
    /// <param name="isDecided">That it is kept was decided before: only members are taken away. A statement that fails drops it even so.</param>
    public FilterOutcome Apply(EventDocument message, bool isDecided = false)
    {
        var matching = new List<Rule>(_rules.Length);
        foreach (var rule in _rules)
        {
            if (rule.Statement is not { } statement) return FilterOutcome.Dropped(rule.Fault);
            var (matches, fault) = statement.Ask(message);
            if (matches is null) return FilterOutcome.Dropped(fault);
            if (matches.Value) matching.Add(rule);
        }

        foreach (var rule in matching)
        {
            if (isDecided) break;
            if (rule.IsDrop || !rule.Samples.All(sample => sample.Keeps(message))) return FilterOutcome.Dropped();
        }

        var kept = message;
        foreach (var selection in matching.SelectMany(rule => rule.Dropped).Concat(matching.SelectMany(rule => rule.Allowed)))
        {
            var selected = selection.Apply(kept);
            if (selected.Equals(kept.Json)) continue;
            kept = EventDocument.Read(selected)!;
        }

        return FilterOutcome.Kept(kept.Json);
    }

    private static ImmutableArray<MemberSelection> Selections(FilterDefinition definition, FilterActionKind kind) =>
        [.. definition.Actions.Where(action => action.Kind == kind).Select(MemberSelection.Of)];

    private sealed record Rule(
        FilterStatement? Statement, string? Fault, ImmutableArray<SampleShare> Samples, bool IsDrop, ImmutableArray<MemberSelection> Dropped, ImmutableArray<MemberSelection> Allowed);
}
