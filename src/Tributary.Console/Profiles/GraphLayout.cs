using System.Globalization;

namespace Tributary.Console.Profiles;

/// <summary>Where an identifier stands in the picture.</summary>
/// <param name="Index">Which identifier, in the order they were given.</param>
/// <param name="X">The left edge.</param>
/// <param name="Y">The upper edge.</param>
/// <param name="Column">Steps from the middle; negative to the left.</param>
internal readonly record struct PlacedNode(int Index, double X, double Y, int Column);

/// <summary>How a link is drawn.</summary>
/// <param name="A">The index of the older identifier.</param>
/// <param name="B">The index of the other.</param>
/// <param name="Path">The curve, as SVG writes it.</param>
/// <param name="X">Where its label stands.</param>
/// <param name="Y">Where its label stands.</param>
/// <param name="IsBranch">It holds the tree together; others only confirm it.</param>
internal readonly record struct PlacedLink(int A, int B, string Path, double X, double Y, bool IsBranch);

/// <summary>
/// Places identifiers and links so that nothing covers anything: the best connected identifier in the middle, the others by their distance from it in columns to both
/// sides. The same graph always gives the same picture.
/// </summary>
internal sealed class GraphLayout
{
    public const int NodeWidth = 190;
    public const int NodeHeight = 46;
    public const int RowHeight = 62;
    public const int ColumnWidth = 286;
    private const int Margin = 14;

    private readonly IReadOnlyList<(int A, int B)> _links;
    private readonly List<int>[] _neighbours;
    private readonly List<int>[] _children;
    private readonly int[] _parent;
    private readonly (double Row, int Column)[] _place;

    private GraphLayout(int nodes, IReadOnlyList<(int A, int B)> links)
    {
        _links = links;
        _neighbours = [.. Enumerable.Range(0, nodes).Select(_ => new List<int>())];
        _children = [.. Enumerable.Range(0, nodes).Select(_ => new List<int>())];
        _parent = [.. Enumerable.Repeat(-1, nodes)];
        _place = new (double, int)[nodes];
        foreach (var (a, b) in links)
        {
            _neighbours[a].Add(b);
            _neighbours[b].Add(a);
        }
    }

    /// <summary>The identifiers in their order.</summary>
    public IReadOnlyList<PlacedNode> Nodes { get; private set; } = [];

    /// <summary>The links in their order.</summary>
    public IReadOnlyList<PlacedLink> Links { get; private set; } = [];

    public double Width { get; private set; }

    public double Height { get; private set; }

    /// <summary>Lays a graph out.</summary>
    /// <param name="nodes">How many identifiers, the oldest first.</param>
    /// <param name="links">Pairs of their indexes.</param>
    public static GraphLayout Of(int nodes, IReadOnlyList<(int A, int B)> links)
    {
        var layout = new GraphLayout(nodes, links);
        if (nodes > 0) layout.Place();
        return layout;
    }

    private void Place()
    {
        var root = Enumerable.Range(0, _neighbours.Length).MaxBy(index => _neighbours[index].Count);
        Grow(root);
        // Nothing should be apart; what is, is shown beside the middle rather than nowhere.
        foreach (var lost in Enumerable.Range(0, _parent.Length).Where(index => index != root && _parent[index] < 0))
        {
            _parent[lost] = root;
            _children[root].Add(lost);
        }

        double left = 0, right = 0;
        foreach (var child in _children[root])
        {
            if (left < right) left = PlaceBranch(child, -1, left);
            else right = PlaceBranch(child, 1, right);
        }

        var rows = Math.Max(1, Math.Max(left, right));
        foreach (var index in Enumerable.Range(0, _place.Length).Where(index => index != root))
            _place[index].Row += (rows - (_place[index].Column < 0 ? left : right)) / 2;
        _place[root] = ((rows - 1) / 2, 0);
        Draw(rows);
    }

    // Breadth first, so that everything is as near to the middle as it can be.
    private void Grow(int root)
    {
        var queue = new Queue<int>([root]);
        var seen = new HashSet<int> { root };
        while (queue.TryDequeue(out var at))
        {
            foreach (var next in _neighbours[at].Order())
            {
                if (!seen.Add(next)) continue;
                _parent[next] = at;
                _children[at].Add(next);
                queue.Enqueue(next);
            }
        }
    }

    // Each end of a branch takes a row; what leads to several stands between them. Answers the next free row.
    private double PlaceBranch(int index, int column, double row)
    {
        if (_children[index].Count == 0)
        {
            _place[index] = (row, column);
            return row + 1;
        }

        var next = row;
        foreach (var child in _children[index]) next = PlaceBranch(child, column + Math.Sign(column), next);
        _place[index] = ((row + next - 1) / 2, column);
        return next;
    }

    private void Draw(double rows)
    {
        var first = _place.Min(place => place.Column);
        Nodes = [.. _place.Select((place, index) => new PlacedNode(index, Margin + ((place.Column - first) * ColumnWidth), Margin + (place.Row * RowHeight), place.Column))];
        Width = (2 * Margin) + ((_place.Max(place => place.Column) - first) * ColumnWidth) + NodeWidth;
        Height = (2 * Margin) + ((rows - 1) * RowHeight) + NodeHeight;
        Links = [.. _links.Select(Curve)];
        // Links that go below the middle need room there.
        Height = Math.Max(Height, Links.Select(link => link.Y + Margin).DefaultIfEmpty().Max());
    }

    private PlacedLink Curve((int A, int B) link)
    {
        var (a, b) = (Nodes[link.A], Nodes[link.B]);
        var isBranch = _parent[link.A] == link.B || _parent[link.B] == link.A;
        var (from, to) = a.X <= b.X ? (a, b) : (b, a);
        double y1 = from.Y + (NodeHeight / 2.0), y2 = to.Y + (NodeHeight / 2.0);
        if (from.X == to.X)
        {
            // Around the outer side of a column, farther the longer it is.
            var isLeft = from.Column < 0;
            var x = isLeft ? from.X : from.X + NodeWidth;
            var bow = Math.Min(70, 18 + (Math.Abs(y2 - y1) / 5)) * (isLeft ? -1 : 1);
            return new PlacedLink(link.A, link.B, Text($"M{x} {y1}C{x + bow} {y1} {x + bow} {y2} {x} {y2}"), x + (bow * 0.75), (y1 + y2) / 2, isBranch);
        }

        double x1 = from.X + NodeWidth, x2 = to.X;
        if (!isBranch && to.Column - from.Column > 1)
        {
            // Past what stands between, below it.
            var below = Math.Max(y1, y2) + NodeHeight;
            return new PlacedLink(link.A, link.B, Text($"M{x1} {y1}C{x1 + 90} {below} {x2 - 90} {below} {x2} {y2}"), (x1 + x2) / 2, (y1 + y2 + (6 * below)) / 8, isBranch);
        }

        var half = (x2 - x1) / 2;
        return new PlacedLink(link.A, link.B, Text($"M{x1} {y1}C{x1 + half} {y1} {x2 - half} {y2} {x2} {y2}"), (x1 + x2) / 2, (y1 + y2) / 2, isBranch);
    }

    private static string Text(FormattableString path) => path.ToString(CultureInfo.InvariantCulture);
}
