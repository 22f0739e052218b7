namespace Tributary.Engine.Traits.Language;

/// <summary>What a definition reads.</summary>
internal static class DefinitionReferences
{
    /// <summary>The keys of traits and audiences that a definition reads, in order, each once.</summary>
    public static List<string> Traits(Definition definition) => Traits(seen => Walk(definition, seen));

    /// <summary>The same of a condition.</summary>
    public static List<string> Traits(Condition condition) => Traits(seen => Walk(condition, seen));

    /// <summary>The names of events that a definition reads, in order, each once.</summary>
    public static List<string> Events(Definition definition)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        Walk(definition, scalar =>
        {
            if (scalar is Reduction reduction) names.Add(reduction.Stream.Event);
        });
        return [.. names];
    }

    /// <summary>
    /// The chain of keys by which a definition would read itself, beginning and ending with its own key; null when it does not.
    /// </summary>
    /// <param name="key">The key of the definition in question.</param>
    /// <param name="reads">What the definition of a key reads; empty for a key that none has.</param>
    public static List<string>? FindCycle(string key, Func<string, IEnumerable<string>> reads)
    {
        var chain = new List<string> { key };
        var done = new HashSet<string>(StringComparer.Ordinal);
        return Search(key) ? chain : null;

        bool Search(string at)
        {
            foreach (var next in reads(at))
            {
                chain.Add(next);
                if (next == key || (done.Add(next) && Search(next))) return true;
                chain.RemoveAt(chain.Count - 1);
            }

            return false;
        }
    }

    /// <summary>Calls back with every value that a definition reads, outer ones first.</summary>
    public static void Walk(Definition definition, Action<Scalar> seen)
    {
        if (definition.Condition is { } condition) Walk(condition, seen);
        else Walk(definition.Value!, seen);
    }

    private static List<string> Traits(Action<Action<Scalar>> walk)
    {
        var keys = new SortedSet<string>(StringComparer.Ordinal);
        walk(scalar =>
        {
            if (scalar is TraitScalar trait) keys.Add(trait.Path.Steps[0]);
        });
        return [.. keys];
    }

    private static void Walk(Condition condition, Action<Scalar> seen)
    {
        switch (condition)
        {
            case AllOf all:
                foreach (var part in all.Parts) Walk(part, seen);
                break;
            case OneOf one:
                foreach (var part in one.Parts) Walk(part, seen);
                break;
            case Not not:
                Walk(not.Inner, seen);
                break;
            case Quantified quantified:
                Walk(quantified.Inner, seen);
                break;
            case Comparison comparison:
                Walk(comparison.Left, seen);
                foreach (var operand in comparison.Operands)
                    if (operand is Reference reference) Walk(reference.Value, seen);
                break;
        }
    }

    private static void Walk(Scalar scalar, Action<Scalar> seen)
    {
        seen(scalar);
        if (scalar is not Reduction reduction) return;
        if (reduction.Of is { } of) seen(of);
        foreach (var filter in reduction.Stream.Filters)
            if (filter is WhereFilter where) Walk(where.Condition, seen);
    }
}
