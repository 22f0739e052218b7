using System.Text;
using CsCheck;
using DuckDB.NET.Data;
using DuckDB.NET.Native;
using Tributary.Engine.Lake;
using Tributary.Engine.Lake.Evaluating;
using Tributary.Engine.Tests.TestKit;
using Tributary.Engine.Traits.Folding;
using Tributary.Engine.Traits.Language;
using Xunit;

namespace Tributary.Engine.Tests.Lake;

/// <summary>The functions that the lake asks back, called as any query may call them.</summary>
public sealed class ValueFunctionsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly LakeDatabase _database;
    private readonly DuckDBConnection _connection;

    public ValueFunctionsTests()
    {
        _database = LakeDatabase.Open(_folder.Path, new LakeOptions());
        _connection = _database.Connect();
    }

    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("trib_value('{\"a\":{\"b\":2.50}}', 'a' || chr(30) || 'b')", "n2.5")]
    [InlineData("trib_value('{\"a\":[1,\"x\",true,null]}', 'a' || chr(30) || '$')", "n1\u001etx\u001eb1")]
    [InlineData("trib_value('{\"a\":\"twelve chars\"}', 'a')", "ttwelve chars")]
    [InlineData("trib_value('{\"a\":1', 'a')", null)]
    [InlineData("trib_value('{\"b\":1', 'a')", null)]
    [InlineData("trib_value('no json', 'a')", null)]
    [InlineData("trib_value('', 'a')", null)]
    [InlineData("trib_value(NULL, 'a')", null)]
    [InlineData("trib_value('{\"a\":1}', NULL)", null)]
    [InlineData("trib_value('{\"a\":\"\\ud800\"}', 'a')", null)]
    [InlineData("trib_value(repeat('[', 500), 'a')", null)]
    [InlineData("trib_trait('pro', true, '')", "tpro")]
    [InlineData("trib_trait('12', false, '')", "n12")]
    [InlineData("trib_trait('12', NULL, '')", "n12")]
    [InlineData("trib_trait('12 apples', NULL, '')", "t12 apples")]
    [InlineData("trib_trait('pro', true, 'a')", null)]
    [InlineData("trib_trait(NULL, true, '')", null)]
    [InlineData("trib_text('a' || chr(0) || 'b')", "ta\u001fcb")]
    [InlineData("trib_typed('tabc', 2)", "tabc")]
    [InlineData("trib_typed('t12', 1)", "n12")]
    [InlineData("trib_typed('tabc', 1)", null)]
    [InlineData("trib_typed('b1', 77)", null)]
    [InlineData("trib_typed('b1', -1)", null)]
    [InlineData("trib_last('n1' || chr(30) || 'n2')", "n2")]
    [InlineData("trib_last('?')", null)]
    [InlineData("trib_taken('n1' || chr(30) || 'tx')", "t[1,\"x\"]")]
    [InlineData("trib_order('ta')", "0061 3")]
    [InlineData("trib_total(1500000000000, 2, false)", "n1.5")]
    [InlineData("trib_total(1500000000000, 2, true)", "n0.75")]
    [InlineData("trib_total(1500000000000, 0, true)", null)]
    [InlineData("trib_total(-170141183460469231731687303715884105728, 1, false)", "n-1.7014118346046923E+26")]
    public void A_text_comes_of_it(string call, string? expected) => Assert.Equal(expected, One(call));

    [Theory]
    [InlineData("trib_holds(0, 'n1', 'n1')", true)]
    [InlineData("trib_holds(0, 'n1', 't1' || chr(30) || 'n2')", true)]
    [InlineData("trib_holds(0, 'n1', '')", false)]
    [InlineData("trib_holds(2, NULL, NULL)", true)]
    [InlineData("trib_holds(9, NULL, NULL)", true)]
    [InlineData("trib_holds(109, NULL, NULL)", true)]
    [InlineData("trib_holds(NULL, 'n1', 'n1')", false)]
    [InlineData("trib_holds(16, 'n1', 'n1')", false)]
    [InlineData("trib_holds(-1, 'n1', 'n1')", false)]
    [InlineData("trib_holds(2147483647, 'n1', 'n1')", false)]
    [InlineData("trib_holds(-2147483648, 'n1', 'n1')", false)]
    [InlineData("trib_meets(5, '{\"a\":3}', 'a', 'n3')", true)]
    [InlineData("trib_meets(5, '{\"a\":2}', 'a', 'n3')", false)]
    [InlineData("trib_meets(2, NULL, 'a', NULL)", true)]
    [InlineData("trib_meets(5, 'no json', 'a', 'n3')", false)]
    [InlineData("trib_meets(5, '{\"a\":3}', NULL, 'n3')", false)]
    [InlineData("trib_dated(16, 't2026-01-02', 1000, 1767312000000)", true)]
    [InlineData("trib_dated(0, 't2026-01-02', 1000, 1767312000000)", false)]
    [InlineData("trib_dated(16, NULL, 1000, 1767312000000)", false)]
    [InlineData("trib_dated(16, 't2026-01-02', NULL, 1767312000000)", false)]
    public void It_holds_or_not(string call, bool expected) => Assert.Equal(expected, One(call));

    [Theory]
    [InlineData("trib_number('t2.5')", 2.5)]
    [InlineData("trib_number('tx')", null)]
    [InlineData("trib_number(NULL)", null)]
    public void A_number_comes_of_it(string call, object? expected) => Assert.Equal(expected, One(call));

    [Theory]
    [InlineData("trib_part('n2.5')::VARCHAR", "2500000000000")]
    [InlineData("trib_part('n-0.1')::VARCHAR", "-100000000000")]
    [InlineData("trib_part('n1e16')::VARCHAR", null)]
    [InlineData("trib_part(NULL)::VARCHAR", null)]
    [InlineData("trib_space('use_')", null)]
    [InlineData("trib_space('use_000000000000000000000000000')", 0)]
    [InlineData("trib_space(NULL)", null)]
    public void A_part_of_a_sum_and_a_space_come_of_it(string call, object? expected) => Assert.Equal(expected, One(call));

    [Fact]
    public void Each_of_many_rows_gets_its_own()
    {
        // More than one portion of rows, short and long texts, and nulls among them.
        var rows = LakeDatabase.Read(_connection, """
            SELECT i, trib_value(CASE WHEN i % 7 = 0 THEN NULL ELSE '{"a":"' || repeat('x', i % 40) || '"}' END, 'a'),
                trib_holds(0, CASE WHEN i % 5 = 0 THEN NULL ELSE 'n' || (i % 3) END, 'n1'), trib_part('n' || i)::VARCHAR
            FROM range(10000) AS r(i) ORDER BY i
            """);

        Assert.Equal(10_000, rows.Count);
        for (var i = 0; i < rows.Count; i++)
        {
            Assert.Equal(i % 7 == 0 ? null : "t" + new string('x', i % 40), rows[i][1]);
            Assert.Equal(i % 5 != 0 && i % 3 == 1, rows[i][2]);
            Assert.Equal(i == 0 ? "0" : $"{i}000000000000", rows[i][3]);
        }
    }

    [Fact]
    public void Paths_and_operands_may_differ_from_row_to_row()
    {
        var rows = LakeDatabase.Read(_connection, """SELECT trib_value('{"a0":0,"a1":1,"a2":2}', 'a' || (i % 4)), trib_meets(0, '{"a":1}', 'a', 'n' || (i % 2)) FROM range(40) AS r(i) ORDER BY i""");

        for (var i = 0; i < rows.Count; i++)
        {
            Assert.Equal(i % 4 == 3 ? null : $"n{i % 4}", rows[i][0]);
            Assert.Equal(i % 2 == 1, rows[i][1]);
        }
    }

    [Fact]
    public void A_value_that_is_written_reads_back() => Gen.OneOf(
            Gen.Bool.Select(QueryValue.Of), Gen.Double.Select(QueryValue.Of), Gen.String.Select(QueryValue.Of), Gen.OneOf(Gen.Const("\u001e"), Gen.Const("\u001f"), Gen.Const("\0"), Gen.Const("a\u001fb\u001ec\0"), Gen.Const("😀")).Select(QueryValue.Of),
            Gen.Select(Gen.Long[-62_135_596_800_000, 253_402_300_799_999], Gen.String, QueryValue.OfInstant))
        .List[0, 4].Sample(all =>
        {
            // What stands for half a character is none in UTF-8.
            var values = all.Where(value => !value.IsNothing).Select(value => value.Kind == QueryValueKind.Text ? QueryValue.Of(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(value.Text))) : value)
                .Where(value => value.Kind != QueryValueKind.Instant || Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(value.Text)) == value.Text).ToList();
            var written = EncodedValues.Write(Values.Of(values));
            var read = EncodedValues.Read(Encoding.UTF8.GetBytes(written ?? ""));

            Assert.Equal(values.Count, read.Count);
            for (var i = 0; i < values.Count; i++) Assert.Equal(values[i], read[i]);
        });

    [Fact]
    public void A_function_that_throws_fails_the_query_and_nothing_else()
    {
        SqlFunction.Register(_connection, [new SqlFunction("trib_broken", DuckDBType.BigInt, [DuckDBType.BigInt], (_, _) => throw new InvalidOperationException("It is broken."))]);

        var failure = Assert.Throws<DuckDBException>(() => One("trib_broken(1)"));

        Assert.Contains("It is broken.", failure.Message, StringComparison.Ordinal);
        Assert.Equal("ta", One("trib_text('a')"));
    }

    private object? One(string call) => Assert.Single(LakeDatabase.Read(_connection, $"SELECT {call}"))[0];
}
