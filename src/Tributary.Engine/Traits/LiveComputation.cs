using Tributary.Engine.Traits.Folding;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Traits;

/// <summary>An audience or computed trait as it is kept up to date, in one <see cref="ComputationSet"/>.</summary>
internal sealed class LiveComputation(Computation computation, CompiledDefinition? answering, CompiledDefinition? filling)
{
    public Computation Computation { get; } = computation;

    /// <summary>The definition that answers; null before the first one is complete, and while it is disabled.</summary>
    public CompiledDefinition? Answering { get; } = answering;

    /// <summary>A newer definition whose state is not complete yet; null when there is none.</summary>
    public CompiledDefinition? Filling { get; } = filling;

    /// <summary>Its place among <see cref="ComputationSet.All"/>, which is behind everything that it reads; -1 while it does not answer.</summary>
    public int Place { get; private set; } = -1;

    /// <summary>Takes its place in the set that it is made for.</summary>
    public void PutAt(int place)
    {
        Invariant.Holds(Place < 0);
        Place = place;
    }

    /// <summary>What it is for a profile without events and traits, as JSON: a profile that nothing was computed for has this. Null for no value.</summary>
    public byte[]? ForNothing { get; set; }

    /// <summary>Whether a profile without events and traits is in.</summary>
    public bool HoldsForNothing => Computation.IsAudience && ForNothing is [(byte)'t', ..];

    public override string ToString() => Computation.Key;
}
