using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Ingest;

/// <summary>What is known of a request besides its body: the same for all its messages.</summary>
internal readonly record struct Arrival
{
    /// <summary>Where it comes from.</summary>
    public required Source Source { get; init; }

    /// <summary>The key that named the source, in UTF-8; at most 256 bytes without quotes or control characters.</summary>
    public required ReadOnlyMemory<byte> WriteKey { get; init; }

    /// <summary>When it was received: milliseconds since 1970, one value per request.</summary>
    public required long ReceivedAt { get; init; }

    /// <summary>The type that the route names; default when each message names its own.</summary>
    public EventType RouteType { get; init; }

    /// <summary>The person's address in text when it may be added to <c>context.ip</c>: IPv4 only; empty otherwise.</summary>
    public ReadOnlyMemory<byte> PeerAddress { get; init; }

    /// <summary>
    /// Rows of an import may be known by an identifier among their traits alone; elsewhere <c>userId</c> or <c>anonymousId</c> is required.
    /// </summary>
    public bool TraitsIdentify { get; init; }

    /// <summary>Objects are taken as well, see <see cref="EventType.Set"/>.</summary>
    public bool TakesObjects { get; init; }

    /// <summary>
    /// The message id of messages that bring none; empty to draw a random one. Imports derive it from the content, so that a second run
    /// repeats it.
    /// </summary>
    public ReadOnlyMemory<byte> FallbackMessageId { get; init; }
}

/// <summary>What became of a request's messages.</summary>
/// <param name="Accepted">Written as events.</param>
/// <param name="Discarded">Written as discards.</param>
internal readonly record struct Tally(int Accepted, int Discarded)
{
    public int All => Accepted + Discarded;

    public static Tally operator +(Tally left, Tally right) => new(left.Accepted + right.Accepted, left.Discarded + right.Discarded);
}
