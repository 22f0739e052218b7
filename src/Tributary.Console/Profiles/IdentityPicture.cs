using System.Globalization;
using Tributary.Engine.Identity;

namespace Tributary.Console.Profiles;

/// <summary>The graph of a profile, as it is drawn: its oldest identifiers and the links among them.</summary>
internal sealed class IdentityPicture
{
    /// <summary>Most identifiers that are drawn; the list has all.</summary>
    public const int NodesMax = 80;

    private IdentityPicture(List<Node> nodes, List<Link> links, GraphLayout layout) => (Nodes, Links, Layout) = (nodes, links, layout);

    public IReadOnlyList<Node> Nodes { get; }

    public IReadOnlyList<Link> Links { get; }

    public GraphLayout Layout { get; }

    /// <summary>Draws a profile.</summary>
    public static IdentityPicture Of(Profile profile)
    {
        var nodes = profile.Nodes.Take(NodesMax).ToList();
        var indexes = nodes.Select((node, index) => (node, index)).ToDictionary(pair => pair.node, pair => pair.index);
        var links = profile.Links.Where(link => indexes.ContainsKey(link.A) && indexes.ContainsKey(link.B)).ToList();
        return new IdentityPicture(nodes, links, GraphLayout.Of(nodes.Count, [.. links.Select(link => (indexes[link.A], indexes[link.B]))]));
    }

    /// <summary>What names a node in an address.</summary>
    public static string KeyOf(Node node) => node.Number.ToString("x", CultureInfo.InvariantCulture);

    /// <summary>What names a link in an address.</summary>
    public static string KeyOf(Link link) => $"{KeyOf(link.A)}-{KeyOf(link.B)}";

    /// <summary>The colour of a type of identifier.</summary>
    public static string ColorOf(string type) => $"var(--series-{1 + SlotOf(type)})";

    /// <summary>The shape of a type of identifier, in a square of sixteen: never the colour alone.</summary>
    public static string ShapeOf(string type) => SlotOf(type) switch
    {
        0 => "M8 1A7 7 0 1 1 8 15A7 7 0 1 1 8 1Z",
        1 => "M2 2H14V14H2Z",
        2 => "M8 1L15 14H1Z",
        3 => "M8 .5L15.5 8L8 15.5L.5 8Z",
        4 => "M8 1L15 6.2L12.4 14.5H3.6L1 6.2Z",
        5 => "M4.5 1.5H11.5L15 8L11.5 14.5H4.5L1 8Z",
        6 => "M6 1H10V6H15V10H10V15H6V10H1V6H6Z",
        _ => "M1 2H15L8 15Z",
    };

    /// <summary>The identifiers that fall to the younger side when a link is cut; only that end of it when they stay joined by other links.</summary>
    public static IReadOnlySet<Node> SideOf(Profile profile, Link cut)
    {
        var side = new HashSet<Node> { cut.B };
        var queue = new Queue<Node>([cut.B]);
        while (queue.TryDequeue(out var at))
        {
            foreach (var link in profile.Links.Where(link => link != cut && (link.A == at || link.B == at)))
            {
                var next = link.A == at ? link.B : link.A;
                if (side.Add(next)) queue.Enqueue(next);
            }
        }

        return side.Contains(cut.A) ? new HashSet<Node> { cut.B } : side;
    }

    private static int SlotOf(string type) => type switch
    {
        "user_id" or "group_id" => 0,
        "email" => 1,
        "anonymous_id" => 2,
        "phone" => 3,
        _ when type.StartsWith("ios.", StringComparison.Ordinal) => 4,
        _ when type.StartsWith("android.", StringComparison.Ordinal) => 5,
        "ga_client_id" => 6,
        _ => 7,
    };
}
