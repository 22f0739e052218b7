using System.Text;
using Tributary.Model;

namespace Tributary.Engine.Identity;

/// <summary>
/// A connected component of the graph: identifiers, the links that join them, and what was folded from their events. One value in the store.
/// Mutable and owned by the processing thread.
/// </summary>
internal sealed class Profile(ProfileId id, ushort space, ProfileCollection collection, long createdAt)
{
    /// <summary>The id of the oldest part; others that were merged in resolve to it.</summary>
    public ProfileId Id { get; set; } = id;

    public ushort Space { get; } = space;

    public ProfileCollection Collection { get; } = collection;

    /// <summary>Log time of the record that made it; milliseconds since 1970.</summary>
    public long CreatedAt { get; set; } = createdAt;

    /// <summary>The identifiers, oldest first.</summary>
    public List<Node> Nodes { get; } = [];

    /// <summary>The evidence. Each pair stands once.</summary>
    public List<Link> Links { get; } = [];

    /// <summary>What definitions have come to, by the number of the computation; null while none has come to anything.</summary>
    public ResultTable? Results { get; set; }

    /// <summary>What is remembered of costly conditions; null when nothing is, and after anything but one more event.</summary>
    public Dictionary<UInt128, Remembered>? Remembered { get; set; }

    /// <summary>The time of the timer that is set for the profile: the earliest at which a result may change by itself; <see cref="long.MaxValue"/> for none.</summary>
    public long TimerAt { get; set; } = long.MaxValue;

    /// <summary>Set when the state differs from the store.</summary>
    public bool IsDirty { get; set; }

    /// <summary>Set when used since the cache last looked.</summary>
    public bool WasUsed { get; set; }

    /// <summary>Bytes of the encoded form when last read or written; what the cache counts.</summary>
    public int EncodedSize { get; set; }

    /// <summary>How many profiles were merged into this one.</summary>
    public int MergeCount
    {
        get
        {
            var first = Nodes[0].Part;
            var isSingle = true;
            foreach (var node in Nodes) isSingle &= node.Part == first;
            return isSingle ? 0 : Nodes.Select(node => node.Part).Distinct().Count() - 1;
        }
    }

    public Node? Find(ReadOnlySpan<byte> key)
    {
        foreach (var node in Nodes)
            if (node.Key.AsSpan().SequenceEqual(key)) return node;
        return null;
    }

    /// <summary>Adds evidence that two identifiers belong together, or strengthens what is there.</summary>
    public void Join(Node a, Node b, LinkEvidence evidence)
    {
        if (a.Number > b.Number) (a, b) = (b, a);
        foreach (var link in Links)
        {
            if (link.A != a || link.B != b) continue;
            link.Strengthen(evidence);
            return;
        }

        Links.Add(new Link(a, b, evidence));
    }

    public override string ToString() => $"{Id} {{{string.Join(", ", Nodes)}}}";
}

/// <summary>An identifier in the graph, and the fragment folded from the events that it was the strongest identifier of.</summary>
internal sealed class Node(ulong number, string type, byte[] key, ProfileId part, long createdAt, uint source, string firstMessageId)
{
    /// <summary>Unique in the log's life; derived from the record that mapped the identifier. Names the fragment in the timeline.</summary>
    public ulong Number { get; } = number;

    /// <summary>The identifier's type; one string per type and process.</summary>
    public string Type { get; } = type;

    /// <summary>See <see cref="IdentifierKey"/>.</summary>
    public byte[] Key { get; } = key;

    /// <summary>The profile that the identifier was mapped to first. A split takes ids from here.</summary>
    public ProfileId Part { get; set; } = part;

    /// <summary>Log time of the mapping, milliseconds since 1970; limits with windows count by it.</summary>
    public long CreatedAt { get; } = createdAt;

    public uint Source { get; } = source;

    public string FirstMessageId { get; } = firstMessageId;

    public Fragment Fragment { get; } = new();

    /// <summary>Keys of identifiers that must never be on one profile with this one; null when there are none, as almost always.</summary>
    public List<byte[]>? Vetoes { get; set; }

    public Identifier Identifier => IdentifierKey.Read(Key);

    public string Value => Encoding.UTF8.GetString(IdentifierKey.ValueOf(Key));

    public override string ToString() => $"{Type}:{Value}";
}

/// <summary>Evidence that two identifiers belong together. <see cref="A"/> is the older.</summary>
internal sealed class Link(Node a, Node b, LinkEvidence evidence)
{
    public Node A { get; } = a;

    public Node B { get; } = b;

    /// <summary>The earliest event that carried both, by event time; independent of the order of arrival.</summary>
    public LinkEvidence Evidence { get; private set; } = evidence;

    /// <summary>How many events carried both.</summary>
    public long Count { get; private set; } = 1;

    public void Strengthen(LinkEvidence evidence)
    {
        Count++;
        if (evidence.CompareTo(Evidence) < 0) Evidence = evidence;
    }

    public static Link Restore(Node a, Node b, LinkEvidence evidence, long count) => new(a, b, evidence) { Count = count };

    public override string ToString() => $"{A} – {B} by {Evidence.MessageId}";
}

/// <summary>The event, or the command, that carried two identifiers.</summary>
/// <param name="Timestamp">Event time; milliseconds since 1970.</param>
/// <param name="MessageId">The event's message id; of a command its id.</param>
/// <param name="Offset">Where it lies in the received log.</param>
/// <param name="Source">The source's number; 0 for a command.</param>
/// <param name="Type">The event's type; 0 for a command.</param>
internal readonly record struct LinkEvidence(long Timestamp, string MessageId, LogOffset Offset, uint Source, EventType Type) : IComparable<LinkEvidence>
{
    public int CompareTo(LinkEvidence other)
    {
        var order = Timestamp.CompareTo(other.Timestamp);
        return order != 0 ? order : string.CompareOrdinal(MessageId, other.MessageId);
    }
}
