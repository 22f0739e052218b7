using System.Collections.Immutable;
using System.Text;
using Tributary.Engine.Delivery.Filters;
using Xunit;

namespace Tributary.Engine.Tests.Delivery.Filters;

public sealed class CompiledFiltersTests
{
    private const string Message =
        """{"type":"track","messageId":"m1","userId":"u1","properties":{"products":[{"id":1,"secret":1.50},{"id":2,"secret":{"a":"\u0041"}},3],"a":1,"b":2},"context":{"ip":"1.2.3.4","page":{"url":"x"}}}""";

    [Fact]
    public void Nothing_to_do_gives_the_same_memory()
    {
        ReadOnlyMemory<byte> message = Encoding.UTF8.GetBytes(Message);
        var filters = Compile(("type = 'page'", Drop), ("all", Select(FilterActionKind.DropProperties, ("context", ["missing"]), ("nowhere.at.all", ["x"]))));
        Assert.Equal(message, filters.Apply(message).Message);
        Assert.Equal(message, CompiledFilters.None.Apply(message).Message);
    }

    [Fact]
    public void Members_are_dropped_from_every_element_and_the_rest_stays_byte_for_byte() => Assert.Equal(
        """{"type":"track","messageId":"m1","properties":{"products":[{"id":1},{"id":2},3],"b":2},"context":{"page":{"url":"x"}}}""",
        Apply(Compile(("all", Select(FilterActionKind.DropProperties, ("", ["userId"]), ("context", ["ip"]), ("properties", ["a"]), ("properties.products", ["secret"]))))));

    [Fact]
    public void Allowed_members_are_all_that_stays_of_their_object() => Assert.Equal(
        """{"type":"track","messageId":"m1","userId":"u1","properties":{"products":[{"id":1},{"id":2},3]},"context":{"ip":"1.2.3.4","page":{"url":"x"}}}""",
        Apply(Compile(("all", Select(FilterActionKind.AllowProperties, ("properties", ["products"]), ("properties.products", ["id"]))))));

    [Fact]
    public void Members_are_dropped_before_others_are_allowed_whatever_the_order() => Assert.Equal(
        """{"properties":{"b":2}}""",
        Apply(Compile(
            ("all", Select(FilterActionKind.AllowProperties, ("", ["properties"]), ("properties", ["a", "b"]))),
            ("type = 'track'", Select(FilterActionKind.DropProperties, ("properties", ["a"]))))));

    [Fact]
    public void A_statement_is_asked_about_the_event_as_it_came()
    {
        var filters = Compile(("all", Select(FilterActionKind.DropProperties, ("", ["userId"]))), ("userId = 'u1'", Drop));
        Assert.False(filters.Apply(Encoding.UTF8.GetBytes(Message)).IsKept);
    }

    [Fact]
    public void A_statement_that_cannot_be_read_drops_everything_and_is_told()
    {
        var (filters, faults) = CompiledFilters.Compile([new FilterDefinition("all", [Drop]), new FilterDefinition("type ==", [Sample(1)])]);
        Assert.Equal(1, Assert.Single(faults).Index);
        Assert.NotNull(CompiledFilters.Compile([new FilterDefinition("type ==", [Sample(1)])]).Filters.Apply(Encoding.UTF8.GetBytes(Message)).Fault);
        Assert.False(filters.Apply("not json"u8.ToArray()).IsKept);
    }

    [Theory]
    [InlineData("\"u1\"")]
    [InlineData("12.50")]
    [InlineData("null")]
    [InlineData("{\"b\":1,\"1\":2}")]
    public void A_sample_by_a_path_decides_the_same_for_equal_values(string value)
    {
        var filters = Compile(("all", Sample(0.5, "userId")));
        var decisions = Enumerable.Range(0, 20).Select(at => filters.Apply(Encoding.UTF8.GetBytes($"{{\"messageId\":\"{at}\",\"userId\":{value}}}")).IsKept).Distinct();
        Assert.Single(decisions);
    }

    [Fact]
    public void A_sample_keeps_its_share()
    {
        foreach (var path in (ReadOnlySpan<string?>)[null, "userId", "missing"])
        {
            var filters = Compile(("all", Sample(0.3, path)));
            var kept = Enumerable.Range(0, 4_000).Count(at => filters.Apply(Encoding.UTF8.GetBytes($"{{\"messageId\":\"{at}\",\"userId\":\"u{at}\"}}")).IsKept);
            Assert.InRange(kept, 1_050, 1_350);
        }

        Assert.False(Compile(("all", Sample(0))).Apply(Encoding.UTF8.GetBytes(Message)).IsKept);
        Assert.True(Compile(("all", Sample(1))).Apply(Encoding.UTF8.GetBytes(Message)).IsKept);
    }

    // The first eight bytes of the MD5 of "u1" with its quotes, as a share of 2^64; the browser's script decides by the same number.
    [Fact]
    public void A_sample_is_cut_where_the_browser_cuts_it()
    {
        var share = System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(Convert.FromHexString(Md5OfQuotedU1)) / Math.Pow(2, 64);
        Assert.True(Compile(("all", Sample(share + 1e-9, "userId"))).Apply(Encoding.UTF8.GetBytes(Message)).IsKept);
        Assert.False(Compile(("all", Sample(share - 1e-9, "userId"))).Apply(Encoding.UTF8.GetBytes(Message)).IsKept);
    }

    private const string Md5OfQuotedU1 = "019f91633326aa16";

    private static FilterAction Drop { get; } = new(FilterActionKind.Drop);

    private static FilterAction Sample(double percent, string? path = null) => new(FilterActionKind.Sample) { Percent = percent, Path = path };

    private static FilterAction Select(FilterActionKind kind, params (string Path, string[] Names)[] fields) =>
        new(kind) { Fields = fields.ToImmutableDictionary(field => field.Path, field => field.Names.ToImmutableArray()) };

    private static CompiledFilters Compile(params (string If, FilterAction Action)[] filters)
    {
        var (compiled, faults) = CompiledFilters.Compile(filters.Select(filter => new FilterDefinition(filter.If, [filter.Action])));
        Assert.Empty(faults);
        return compiled;
    }

    private static string Apply(CompiledFilters filters)
    {
        var outcome = filters.Apply(Encoding.UTF8.GetBytes(Message));
        Assert.True(outcome.IsKept, outcome.ToString());
        return Encoding.UTF8.GetString(outcome.Message.Span);
    }
}
