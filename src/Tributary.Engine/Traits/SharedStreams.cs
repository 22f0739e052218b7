using System.Text.Json;
using System.Text.Json.Serialization;
using Tributary.Engine.Traits.Folding;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Traits;

/// <summary>A stream whose state is kept once, whichever definitions read it.</summary>
/// <param name="Signature">What it keeps of which events; see <see cref="StreamPlan.Signature"/>.</param>
/// <param name="Number">Names its state in fragments; never used again.</param>
/// <param name="Computation">The computation whose definition asked for it first, and gathers its past.</param>
/// <param name="Version">The version of that definition.</param>
/// <param name="IsComplete">Its past is there.</param>
internal sealed record SharedStream(string Signature, uint Number, uint Computation, uint Version, bool IsComplete);

/// <summary>
/// The streams of a space that definitions read. Two definitions that keep the same of the same events share one state, so that what an event costs and a profile
/// weighs grows with what is different, and a new definition over known streams answers at once. Immutable.
/// </summary>
internal sealed record SharedStreams
{
    public static SharedStreams None { get; } = new();

    /// <summary>The highest number ever given.</summary>
    public uint Last { get; init; }

    public IReadOnlyList<SharedStream> Streams { get; init; } = [];

    [JsonIgnore]
    public bool IsEmpty => Last == 0;

    public SharedStream? Find(string signature)
    {
        foreach (var stream in Streams)
            if (stream.Signature == signature) return stream;
        return null;
    }

    /// <summary>With the streams of a definition; those that are new are its own to fill.</summary>
    /// <param name="definition">The definition.</param>
    /// <param name="isComplete">There is no past to gather.</param>
    public SharedStreams With(CompiledDefinition definition, bool isComplete)
    {
        var (last, streams) = (Last, Streams.ToList());
        foreach (var plan in definition.Streams)
            if (!streams.Exists(stream => stream.Signature == plan.Signature))
                streams.Add(new SharedStream(plan.Signature, ++last, definition.Computation, definition.Version, isComplete));
        return new SharedStreams { Last = last, Streams = streams };
    }

    /// <summary>Without those that no definition reads any more.</summary>
    public SharedStreams Only(IReadOnlySet<string> signatures) =>
        Streams.All(stream => signatures.Contains(stream.Signature)) ? this : this with { Streams = [.. Streams.Where(stream => signatures.Contains(stream.Signature))] };

    /// <summary>With the past of the streams that a definition filled.</summary>
    public SharedStreams Completed(uint computation, uint version) =>
        this with { Streams = [.. Streams.Select(stream => stream.Computation == computation && stream.Version == version ? stream with { IsComplete = true } : stream)] };

    /// <summary>With streams begun anew for another definition, because whoever filled them is gone.</summary>
    public SharedStreams Restarted(IReadOnlySet<string> signatures, uint computation, uint version)
    {
        var last = Last;
        var streams = Streams.Select(stream => signatures.Contains(stream.Signature) ? stream with { Number = ++last, Computation = computation, Version = version } : stream).ToList();
        return new SharedStreams { Last = last, Streams = streams };
    }

    /// <summary>Whether every stream of a definition has its past.</summary>
    public bool AreComplete(CompiledDefinition definition) => definition.Streams.All(plan => Find(plan.Signature) is { IsComplete: true });

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, WorkspaceSnapshot.Json);

    public static SharedStreams Parse(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize<SharedStreams>(json, WorkspaceSnapshot.Json) ?? throw new InvalidDataException("The streams of a space are null.");
}
