using Tributary.Engine.Traits.Folding;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Traits;

/// <summary>An audience or computed trait as it is kept up to date.</summary>
internal sealed class LiveComputation(Computation computation, CompiledDefinition? answering, CompiledDefinition? filling)
{
    public Computation Computation { get; } = computation;

    /// <summary>The definition that answers; null before the first one is complete, and while it is disabled.</summary>
    public CompiledDefinition? Answering { get; } = answering;

    /// <summary>A newer definition whose state is not complete yet; null when there is none.</summary>
    public CompiledDefinition? Filling { get; } = filling;

    /// <summary>Its place in the order of computing: behind everything that it reads.</summary>
    public int Rank { get; set; }

    /// <summary>What it is for a profile without events and traits, as JSON: a profile that nothing was computed for has this. Null for no value.</summary>
    public byte[]? ForNothing { get; set; }

    /// <summary>Whether a profile without events and traits is in.</summary>
    public bool HoldsForNothing => Computation.IsAudience && ForNothing is [(byte)'t', ..];

    public override string ToString() => Computation.Key;
}
