using Tributary.Console.Profiles;
using Xunit;

namespace Tributary.Console.Tests.Pages;

/// <summary>The picture of a graph covers nothing with anything, whatever the graph.</summary>
public sealed class GraphLayoutTests
{
    [Fact]
    public void Nothing_and_one_identifier_are_pictures_too()
    {
        Assert.Empty(GraphLayout.Of(0, []).Nodes);
        var one = GraphLayout.Of(1, []);
        Assert.Equal(0, Assert.Single(one.Nodes).Column);
        Assert.True(one.Width >= GraphLayout.NodeWidth && one.Height >= GraphLayout.NodeHeight);
    }

    [Fact]
    public void The_best_connected_stands_in_the_middle_with_others_on_both_sides()
    {
        var layout = GraphLayout.Of(4, [(0, 2), (1, 2), (2, 3)]);

        Assert.Equal(0, layout.Nodes[2].Column);
        Assert.Equal([-1, 1, 1], layout.Nodes.Where(node => node.Index != 2).Select(node => node.Column).Order());
        Assert.All(layout.Links, link => Assert.True(link.IsBranch));
    }

    [Fact]
    public void A_link_that_only_confirms_is_no_branch()
    {
        var layout = GraphLayout.Of(3, [(0, 1), (0, 2), (1, 2)]);

        Assert.Equal([true, true, false], layout.Links.Select(link => link.IsBranch));
    }

    [Fact]
    public void No_two_identifiers_overlap_and_all_are_inside_for_a_thousand_random_graphs()
    {
        for (var seed = 0; seed < 1_000; seed++)
        {
            var random = new Random(seed);
            var count = random.Next(1, 40);
            var links = new HashSet<(int, int)>();
            for (var index = 1; index < count; index++) links.Add((random.Next(index), index));
            for (var more = random.Next(count); more > 0 && count > 1; more--)
            {
                var (a, b) = (random.Next(count), random.Next(count));
                if (a != b) links.Add((Math.Min(a, b), Math.Max(a, b)));
            }

            var layout = GraphLayout.Of(count, [.. links]);
            for (var i = 0; i < count; i++)
            {
                var node = layout.Nodes[i];
                Assert.InRange(node.X, 0, layout.Width - GraphLayout.NodeWidth);
                Assert.InRange(node.Y, 0, layout.Height - GraphLayout.NodeHeight);
                for (var j = i + 1; j < count; j++)
                {
                    var other = layout.Nodes[j];
                    var apart = Math.Abs(node.X - other.X) >= GraphLayout.NodeWidth || Math.Abs(node.Y - other.Y) >= GraphLayout.NodeHeight;
                    Assert.True(apart, $"{i} and {j} overlap with seed {seed}.");
                }
            }

            Assert.Equal(links.Count, layout.Links.Count);
        }
    }

    [Fact]
    public void The_same_graph_gives_the_same_picture()
    {
        (int, int)[] links = [(0, 1), (0, 2), (2, 3), (1, 3), (3, 4)];

        Assert.Equal(GraphLayout.Of(5, links).Links, GraphLayout.Of(5, links).Links);
    }
}
