using System.Collections.Immutable;

namespace Tributary.Engine.Delivery.Filters;

/// <summary>What a destination filter does with the events that its statement matches.</summary>
public enum FilterActionKind
{
    /// <summary>Keeps a share of the events.</summary>
    Sample,

    /// <summary>Keeps none.</summary>
    Drop,

    /// <summary>Takes members away.</summary>
    DropProperties,

    /// <summary>Takes all members away but some.</summary>
    AllowProperties,
}

/// <summary>One action of a destination filter.</summary>
public sealed record FilterAction(FilterActionKind Kind)
{
    /// <summary>The share that <see cref="FilterActionKind.Sample"/> keeps: 0 none, 1 all.</summary>
    public double Percent { get; init; }

    /// <summary>The dotted path whose value decides what is sampled, so that all events of one person share a fate. Null: the messageId decides.</summary>
    public string? Path { get; init; }

    /// <summary>Names of members by the dotted path of the object that has them; the empty path is the message. On the way, lists mean each of their elements.</summary>
    public ImmutableDictionary<string, ImmutableArray<string>> Fields { get; init; } = ImmutableDictionary<string, ImmutableArray<string>>.Empty;
}

/// <summary>A destination filter as somebody wrote it.</summary>
/// <param name="If">Its statement, or <c>all</c>.</param>
/// <param name="Actions">In any order.</param>
public sealed record FilterDefinition(string If, ImmutableArray<FilterAction> Actions);
