namespace Tributary.Engine.Delivery.Fql;

/// <summary>
/// When a subscription runs: FQL as action subscriptions have it, with the exact meaning that Segment's <c>destination-subscriptions</c> gives it. Rules:
/// spec/actions-and-functions.md §4.1. Immutable; one trigger may be asked by many threads, each with a document of its own.
/// </summary>
public sealed class Trigger
{
    private readonly TriggerTest _test;

    private Trigger(TriggerGroup tree) => (Tree, _test) = (tree, TriggerTest.Of(tree));

    /// <summary>Longest text that is read, in UTF-16 characters.</summary>
    public const int LengthMax = 1 << 20;

    /// <summary>What the text says.</summary>
    public TriggerGroup Tree { get; }

    /// <summary>Reads a trigger.</summary>
    /// <returns>The trigger, or why and where the text is none.</returns>
    public static (Trigger? Trigger, FqlFault? Fault) Compile(string fql)
    {
        if (fql.Length > LengthMax) return (null, new FqlFault($"A trigger has at most {LengthMax} characters.", LengthMax));
        var (tree, fault) = TriggerParser.Parse(fql);
        return tree is null ? (null, fault) : (new Trigger(tree), null);
    }

    /// <summary>Reads the JSON form of a trigger, as UTF-8.</summary>
    public static (Trigger? Trigger, FqlFault? Fault) CompileTree(ReadOnlyMemory<byte> json)
    {
        var (tree, fault) = EventDocument.Read(json) is { } document ? TriggerJson.Read(document.Root) : (null, new FqlFault("The syntax tree is not valid JSON.", null));
        return tree is null ? (null, fault) : (new Trigger(tree), null);
    }

    /// <summary>Whether the trigger matches an event. Never throws; what the original throws at matches nothing.</summary>
    public bool Matches(EventDocument message) => !message.Root.IsNullish && _test.Ask(message) == TriggerVerdict.Yes;

    /// <summary>The JSON form, as UTF-8.</summary>
    public ReadOnlyMemory<byte> ToJson() => TriggerJson.Write(Tree);

    /// <summary>The text of the trigger, written anew from what it means.</summary>
    /// <returns>The text, or a fault: a tree from JSON may hold what no text says.</returns>
    public (string? Fql, FqlFault? Fault) ToFql() => TriggerText.Write(Tree);
}
