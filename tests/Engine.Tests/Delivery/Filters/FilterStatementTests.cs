using System.Text;
using CsCheck;
using Tributary.Engine.Delivery.Filters;
using Tributary.Engine.Delivery.Fql;
using Xunit;

namespace Tributary.Engine.Tests.Delivery.Filters;

public sealed class FilterStatementTests
{
    private const string Message = """
        {"type":"track","event":"Order Completed","userId":null,"properties":{"price":12.5,"name":"Grüße","product 1":{"price":3},"tags":["a","b"],"a.b":1,"flag":true,
        "camel":"my Event-name","a":"1","a":"2","o":{}},"context":{"ip":"1.2.3.4"}}
        """;

    [Theory]
    [InlineData("type = \"track\"", true)]
    [InlineData("type='track'and event!='x'", true)]
    [InlineData("type = 'identify' or type = 'track' and properties.price > 12", true)]
    [InlineData("(type = 'identify' or type = 'track') and properties.price > 13", false)]
    [InlineData("!(type = 'identify')", true)]
    [InlineData("!contains(event, 'Order')", false)]
    [InlineData("!!(type = 'track')", true)]
    [InlineData("((((type = 'track'))))", true)]
    [InlineData("properties.product\\ 1.price >= 3", true)]
    [InlineData("properties.a\\.b = 1", true)]
    [InlineData("properties.a = '2'", true)]
    [InlineData("properties.a = 2", false)]
    [InlineData("missing = null", true)]
    [InlineData("missing.deeper.still != null", false)]
    [InlineData("userId = null", true)]
    [InlineData("missing", false)]
    [InlineData("properties.flag", true)]
    [InlineData("properties.price < 'x'", false)]
    [InlineData("missing < 1", false)]
    [InlineData("type in ['track', 'page']", true)]
    [InlineData("'b' in properties.tags", true)]
    [InlineData("type in missing", false)]
    [InlineData("properties.tags = ['a', 'b']", true)]
    [InlineData("properties.tags = ['b', 'a']", false)]
    [InlineData("properties.price in [12.5, +1, -2]", true)]
    [InlineData("length(properties.name) = 7", true)]
    [InlineData("length(properties.tags) = 2", true)]
    [InlineData("length(missing) = 0", true)]
    [InlineData("lowercase(properties.name) = 'grüße'", true)]
    [InlineData("uppercase(properties.name) = 'GRÜSSE'", true)]
    [InlineData("lowercase(missing) = null", true)]
    [InlineData("snakecase(properties.camel) = 'my_event_name'", true)]
    [InlineData("kebabcase(properties.camel) = 'my-event-name'", true)]
    [InlineData("titlecase(properties.camel) = 'My Event Name'", true)]
    [InlineData("typeof(type) = 'string' and typeof(properties.price) = 'number' and typeof(properties.tags) = 'list'", true)]
    [InlineData("typeof(properties.flag) = 'bool' and typeof(missing) = 'null'", true)]
    [InlineData("string(properties.price) = '12.5' and number('3') = 3 and bool('true')", true)]
    [InlineData("match(event, 'Order*')", true)]
    [InlineData("match(event, 'order*')", false)]
    [InlineData("match(event, 'Order')", false)]
    [InlineData("match(event, '?rder [A-D]omplete[^x]')", true)]
    [InlineData("match('a*cd', 'a\\*cd')", true)]
    [InlineData("match('abcd', 'a\\*cd')", false)]
    [InlineData("match('😀', '?')", true)]
    [InlineData("match(missing, '*') or contains(missing, 'x')", false)]
    [InlineData("match(event, '*****************************************x')", false)]
    [InlineData("false and length(properties.o) = 1", false)]
    [InlineData("'it\\'s' = \"it's\"", true)]
    [InlineData("and\\x = null", true)]
    public void A_statement_means_what_is_documented(string fql, bool expected)
    {
        var (statement, fault) = FilterStatement.Compile(fql);
        Assert.Null(fault);
        Assert.Equal((expected, null), statement!.Ask(Read(Message)));
        var (again, lost) = FilterStatement.Compile(statement.ToFql());
        Assert.Null(lost);
        Assert.Equal(expected, again!.Ask(Read(Message)).Matches);
        Assert.Equal(statement.ToFql(), FilterStatement.Compile(statement.ToJson()).Statement!.ToFql());
    }

    [Theory]
    [InlineData("length(properties.o) = 1")]
    [InlineData("properties.price")]
    [InlineData("contains(properties.price, '1')")]
    [InlineData("contains(event, 1)")]
    [InlineData("type in 'track'")]
    [InlineData("number('x') = 1")]
    [InlineData("match(event, properties.broken) or match(event, string('['))")]
    public void A_statement_that_fails_says_so_and_drops_the_event(string fql)
    {
        var (matches, fault) = FilterStatement.Compile(fql).Statement!.Ask(Read(Message));
        Assert.Null(matches);
        Assert.NotEmpty(fault!);
        var filters = CompiledFilters.Compile([new FilterDefinition(fql, [new FilterAction(FilterActionKind.DropProperties)])]).Filters;
        Assert.False(filters.Apply(Encoding.UTF8.GetBytes(Message)).IsKept);
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("type =", 6)]
    [InlineData("type = 'x", 7)]
    [InlineData("type = 'x' and", 14)]
    [InlineData("(type = 'x'", 11)]
    [InlineData("type = 'x')", 10)]
    [InlineData("a = b = c", 6)]
    [InlineData("lenght(a) = 1", 0)]
    [InlineData("contains(a)", 0)]
    [InlineData("a = 1.2.3", 4)]
    [InlineData("a = 1.", 4)]
    [InlineData("a = [1, ]", 8)]
    [InlineData("match(a, '[x')", 0)]
    [InlineData("a..b = 1", 2)]
    [InlineData("a = é", 4)]
    [InlineData("a \\", 2)]
    public void A_fault_says_where(string fql, int position)
    {
        var (statement, fault) = FilterStatement.Compile(fql);
        Assert.Null(statement);
        Assert.Equal(position, fault!.Position);
        Assert.EndsWith(".", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Size_and_depth_are_bounded()
    {
        Assert.Null(FilterStatement.Compile($"a = '{new string('x', FilterStatement.BytesMax)}'").Statement);
        Assert.Null(FilterStatement.Compile($"{new string('(', 2_000)}a = 1{new string(')', 2_000)}").Statement);
        Assert.Null(FilterStatement.Compile(new string('!', 4_000) + "a").Statement);
        Assert.Null(FilterStatement.Compile($"a = {new string('[', 2_000)}{new string(']', 2_000)}").Statement);
        Assert.NotNull(FilterStatement.Compile(string.Join(" or ", Enumerable.Repeat("a = 1", 500))).Statement);
    }

    [Fact]
    public void Whatever_is_written_reads_back_as_the_same_statement()
    {
        var name = Gen.String[Gen.Char["abcAND_-. é\\019"], 1, 6];
        var operand = Gen.OneOf<FilterExpression>(
            name.Array[1, 3].Select(names => (FilterExpression)new FilterPath([.. names])),
            Gen.String[Gen.Char["ab\"'\\n*é\n"], 0, 6].Select(text => (FilterExpression)new FilterLiteral(text)),
            Gen.Double[-1e30, 1e30].Select(number => (FilterExpression)new FilterLiteral(number)),
            Gen.Const((FilterExpression)new FilterLiteral(null)),
            Gen.Bool.Select(flag => (FilterExpression)new FilterLiteral(flag)));
        var call = Gen.Select(Gen.Enum<FilterFunction>(), operand, operand)
            .Where((function, _, _) => function != FilterFunction.Match)
            .Select((function, one, other) => (FilterExpression)new FilterCall(function, function.ArgumentCount() == 2 ? [one, other] : [one]));
        var comparison = Gen.Select(OneOf("=", "!=", "<", "<=", ">", ">=", "in"), Gen.OneOf(operand, call), Gen.OneOf(operand, operand.Array[0, 3].Select(elements => (FilterExpression)new FilterList([.. elements]))))
            .Select((sign, left, right) => (FilterExpression)new FilterComparison(sign, left, right));
        var inner = Gen.OneOf(comparison, call, comparison.Select(operand => (FilterExpression)new FilterNot(operand)));
        var statement = Gen.Select(Gen.Bool, inner.Array[2, 4], inner).Select((isAnd, operands, last) =>
            (FilterExpression)new FilterJunction(!isAnd, [new FilterJunction(isAnd, [.. operands]), new FilterNot(last)]));
        statement.Sample(expression =>
        {
            var text = FilterText.Write(expression);
            var (read, fault) = FilterParser.Parse(text);
            Assert.True(read is not null, $"{text}: {fault}");
            Assert.Equal(text, FilterText.Write(read));
        });
    }

    [Fact]
    public void No_text_makes_it_throw()
    {
        var message = Read(Message);
        OneOf("type", "=", "!=", "!", "(", ")", "[", "]", ",", "'", "\"", "\\", "and", "or", "in", "null", "match", "contains", "length", "'x*'", "1", "-", ".", " ", "é", "\ud83d", "properties.tags")
            .Array[0, 12].Select(words => string.Concat(words)).Sample(
                text =>
                {
                    var (statement, fault) = FilterStatement.Compile(text);
                    Assert.True(statement is null != fault is null);
                    statement?.Ask(message);
                },
                iter: 20_000);
    }

    private static Gen<string> OneOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(at => texts[at]);

    private static EventDocument Read(string json) => EventDocument.Read(Encoding.UTF8.GetBytes(json))!;
}
