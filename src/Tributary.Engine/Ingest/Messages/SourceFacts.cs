using System.Runtime.CompilerServices;
using System.Text;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Ingest;

/// <summary>
/// What Ingest asks of a source for every message, worked out once: the source's own properties search the catalogue and its settings each
/// time.
/// </summary>
internal sealed class SourceFacts
{
    // A source belongs to one snapshot of the workspace; its facts go with it.
    private static readonly ConditionalWeakTable<Source, SourceFacts> Known = [];

    private SourceFacts(Source source)
    {
        IsClientSide = source.IsClientSide;
        RateLimit = source.RateLimit;
        Identity = Encoding.UTF8.GetBytes($",\"projectId\":\"{source.Id}\"");
        Channel = Encoding.UTF8.GetBytes($"\"{source.Channel}\"");
    }

    /// <summary>It runs on the person's device, so the peer's address is the person's.</summary>
    public bool IsClientSide { get; }

    /// <summary>Most events a second; null when there is no limit.</summary>
    public int? RateLimit { get; }

    /// <summary>The member <c>projectId</c> with a comma before it. Ids are ours: no character in them needs an escape.</summary>
    public byte[] Identity { get; }

    /// <summary>The channel in quotes.</summary>
    public byte[] Channel { get; }

    public static SourceFacts Of(Source source) => Known.GetValue(source, static source => new SourceFacts(source));
}
