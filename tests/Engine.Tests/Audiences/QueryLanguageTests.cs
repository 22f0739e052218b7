using CsCheck;
using Tributary.Engine.Traits.Language;
using Xunit;

namespace Tributary.Engine.Tests.Audiences;

/// <summary>The grammar of the query language, what it refuses and how it says so, and that what is printed reads back as the same.</summary>
public sealed class QueryLanguageTests
{
    [Theory]
    [InlineData("event('Shoes Bought').where( property('price') >= 100 ).within(7 days).count() >= 1", "event('Shoes Bought').where(property('price') >= 100).within(7 days).count() >= 1")]
    [InlineData(
        "event('Shoes Bought').where( property('price') >= trait('avg_spend') AND event('Shoes Returned').within(parent: 5 days).count() >= 1 ).within(30 days).count() >= 1",
        "event('Shoes Bought').where(property('price') >= trait('avg_spend') AND event('Shoes Returned').within(parent: 5 days).count() >= 1).within(30 days).count() >= 1")]
    [InlineData(
        "NOT ( event('Shoes Bought').count() >= 1 AND trait('total_spend') > 200 )",
        "NOT (event('Shoes Bought').count() >= 1 AND trait('total_spend') > 200)")]
    [InlineData(
        "event('PA').where( NOT (event('OC').within(parent: 1 days).count() >= 1) ).count() >= 1",
        "event('PA').where(NOT event('OC').within(parent: 1 days).count() >= 1).count() >= 1")]
    [InlineData("trait('plan') != 'pro'", "trait('plan') != 'pro'")]
    [InlineData("NOT (trait('plan') = 'pro')", "NOT trait('plan') = 'pro'")]
    [InlineData("trait('plan').absent()", "trait('plan').absent()")]
    [InlineData("trait('x') != 'v' OR trait('x').absent()", "trait('x') != 'v' OR trait('x').absent()")]
    [InlineData("trait('tags').contains('red','blue')", "trait('tags').contains('red', 'blue')")]
    [InlineData("trait('VIP') = 'true'", "trait('VIP') = 'true'")]
    [InlineData("trait('big_spenders') = true", "trait('big_spenders') = true")]
    [InlineData("event('X').sources({exclude: 'src1'}).count() > 0", "event('X').sources({exclude: 'src1'}).count() > 0")]
    [InlineData("event('X').sources({exclude: 'src1', 'src2'}).count() > 0", "event('X').sources({exclude: 'src1', 'src2'}).count() > 0")]
    [InlineData("event('X').sources({exclude: ['src1', 'src2']}).count() > 0", "event('X').sources({exclude: 'src1', 'src2'}).count() > 0")]
    [InlineData("event('X').between(7 days, 10 days).count() = 0", "event('X').between(7 days, 10 days).count() = 0")]
    [InlineData("event('P').where(event('X').between(parent: 1 hour, 2 hours).count() = 0).count() > 0", null)]
    public void Documented_audiences_are_read(string query, string? printed) => Reads(query, printed, DefinitionScope.Users, DefinitionKind.Audience);

    [Theory]
    [InlineData("event('X').within(30 days).avg(property('spend'))")]
    [InlineData("event('X').within(30 days).first(property('spend'))")]
    [InlineData("event('X').within(30 days).last(property('spend'))")]
    [InlineData("event('X').within(30 days).mode(property('spend'), 2)")]
    [InlineData("event('X').within(30 days).min(property('spend'))")]
    [InlineData("event('X').count()")]
    [InlineData("event('X').sum(property('p'))")]
    [InlineData("event('X').max(property('p') as string)")]
    [InlineData("event('X').min(property('p') as number)")]
    [InlineData("event('X').mode(property('p.$.q') as array, 3)")]
    [InlineData("event('X').unique(property('p'))")]
    [InlineData("event('X').unique(context('page.path')).count()")]
    [InlineData("event('X').expires_after(30 minutes).count()")]
    [InlineData("event('X').expires_after(1800 seconds).count()")]
    [InlineData("trait('plan')")]
    public void Documented_traits_are_read(string query) => Reads(query, query, DefinitionScope.Users, DefinitionKind.Trait);

    [Theory]
    [InlineData("ALL ( event('X').count() >= 1 )", "ALL event('X').count() >= 1")]
    [InlineData("ALL NOT event('X').count() >= 1", "ALL NOT event('X').count() >= 1")]
    [InlineData("ANY event('X').count() >= 1", "ANY event('X').count() >= 1")]
    [InlineData("NOT ANY (event('X').count() >= 1 OR trait('a') = 1)", "NOT ANY (event('X').count() >= 1 OR trait('a') = 1)")]
    [InlineData("NOT NOT ALL NOT trait('a') = 1 AND trait('plan') = 'pro'", "NOT NOT ALL NOT trait('a') = 1 AND trait('plan') = 'pro'")]
    public void Documented_audiences_of_accounts_are_read(string query, string printed) => Reads(query, printed, DefinitionScope.Accounts, DefinitionKind.Audience);

    [Theory]
    [InlineData("trait('a') == 1", "trait('a') = 1")]
    [InlineData("trait('a').equals(1)", "trait('a') = 1")]
    [InlineData("trait('a').differs('b')", "trait('a') != 'b'")]
    [InlineData("trait('a').greater_than(1.50)", "trait('a') > 1.5")]
    [InlineData("trait('a').at_least(-1)", "trait('a') >= -1")]
    [InlineData("trait('a').less_than(1e3)", "trait('a') < 1000")]
    [InlineData("trait('a').at_most(1.5e-5)", "trait('a') <= 1.5E-05")]
    [InlineData("trait('a')<=1", "trait('a') <= 1")]
    [InlineData("trait('a').exists()", "trait('a').exists()")]
    [InlineData("trait('a').omits('x')", "trait('a').omits('x')")]
    [InlineData("trait('a').starts_with('x')", "trait('a').starts_with('x')")]
    [InlineData("trait('a').ends_with('x')", "trait('a').ends_with('x')")]
    [InlineData("trait('a').one_of('x', 1, true)", "trait('a').one_of('x', 1, true)")]
    [InlineData("trait('a').one_of(['x', 'y'])", "trait('a').one_of('x', 'y')")]
    [InlineData("trait('a').none_of('x','y')", "trait('a').none_of('x', 'y')")]
    [InlineData("trait('a').before_date(2020-02-29)", "trait('a').before_date(2020-02-29)")]
    [InlineData("trait('a').after_date(2020-02-29T23:59:59.5+02:00)", "trait('a').after_date(2020-02-29T23:59:59.5+02:00)")]
    [InlineData("trait('a').within_last(7 days)", "trait('a').within_last(7 days)")]
    [InlineData("trait('a').within_next(1 day)", "trait('a').within_next(1 days)")]
    [InlineData("trait('a').before_last(12hours)", "trait('a').before_last(12 hours)")]
    [InlineData("trait('a').after_next(90 minutes)", "trait('a').after_next(90 minutes)")]
    [InlineData("trait('a') = literal('x')", "trait('a') = 'x'")]
    [InlineData("trait('a') = literal(false)", "trait('a') = false")]
    [InlineData("trait('a') > trait('b')", "trait('a') > trait('b')")]
    [InlineData("trait('a') = 'it\\'s'", "trait('a') = 'it\\'s'")]
    [InlineData("trait('a') = ''", "trait('a') = ''")]
    [InlineData("\n\ttrait ( 'a' )\r\n= 1 ", "trait('a') = 1")]
    [InlineData("event('X').where(event('Y').within('parent:' 1 hour).count() > 0).count() > 0", "event('X').where(event('Y').within(parent: 1 hours).count() > 0).count() > 0")]
    [InlineData("event('X').where(event('Y').where(property('sku') = property(parent: 'sku')).count() > 0).count() > 0", null)]
    [InlineData("event('X').where(event('Y').where(property('sku') = property('parent:' 'sku')).count() > 0).count() > 0", null)]
    [InlineData("event('X').where(property('parent:') = 1).count() > 0", "event('X').where(property('parent:') = 1).count() > 0")]
    public void Every_spelling_is_read(string query, string? printed) => Reads(query, printed, DefinitionScope.Users, DefinitionKind.Audience);

    [Fact]
    public void And_binds_tighter_than_or()
    {
        Assert.Equal(Audience("trait('a') = 1 OR (trait('b') = 1 AND trait('c') = 1)"), Audience("trait('a') = 1 OR trait('b') = 1 AND trait('c') = 1"));
        Assert.NotEqual(Audience("(trait('a') = 1 OR trait('b') = 1) AND trait('c') = 1"), Audience("trait('a') = 1 OR trait('b') = 1 AND trait('c') = 1"));
        Assert.Equal("(trait('a') = 1 OR trait('b') = 1) AND trait('c') = 1", Audience("(((trait('a') = 1 OR trait('b') = 1)) AND trait('c') = 1)").ToString());
    }

    [Fact]
    public void Not_is_said_of_the_comparison_that_follows() =>
        Assert.Equal(Audience("(NOT trait('a') = 1) AND trait('b') = 1"), Audience("NOT trait('a') = 1 AND trait('b') = 1"));

    [Theory]
    [InlineData(@"trait('a.b')", "a", "b")]
    [InlineData(@"trait('a\.b')", "a.b")]
    [InlineData(@"trait('a\\.b')", "a.b")]
    [InlineData(@"trait('a\\\.b')", "a.b")]
    [InlineData(@"trait('a\\\\.b')", "a.b")]
    [InlineData(@"trait('a\\\\\\\\.b.c')", "a.b", "c")]
    [InlineData(@"trait('a\b')", @"a\b")]
    [InlineData(@"trait('items.$.sku')", "items", "$", "sku")]
    public void A_dot_of_a_name_has_any_run_of_backslashes(string query, params string[] steps)
    {
        var definition = Parse(query, DefinitionScope.Users, null);
        Assert.Equal(steps, Assert.IsType<TraitScalar>(definition.Value).Path.Steps);
        Assert.Equal(definition, Parse(definition.ToString(), DefinitionScope.Users, null));
    }

    [Theory]
    [InlineData("trai('x') = 1", 0, 4, "trait")]
    [InlineData("trait('a') = 1 and trait('b') = 1", 15, 3, "AND")]
    [InlineData("trait('a') = 1 Or trait('b') = 1", 15, 2, "OR")]
    [InlineData("event('X').with_in(7 days).count() > 0", 11, 7, "within")]
    [InlineData("event('X').wher(property('a') = 1).count() > 0", 11, 4, "where")]
    [InlineData("trait('a').contain('x')", 11, 7, "contains")]
    [InlineData("event('X').within(7 dayss).count() > 0", 20, 5, "days")]
    [InlineData("trait(\"a\") = 1", 6, 1, "'…'")]
    [InlineData("trait('a') = 1 && trait('b') = 1", 15, 1, "AND")]
    [InlineData("trait('a') = True", 13, 4, "true")]
    [InlineData("!trait('a') = 1", 0, 1, "NOT")]
    [InlineData("trait('a) = 1", 6, 7, "'…'")]
    public void What_is_almost_right_is_suggested(string query, int position, int length, string suggestion)
    {
        var fault = Fault(query);
        Assert.Equal((position, length, suggestion), (fault.Position, fault.Length, fault.Suggestion));
    }

    [Theory]
    [InlineData("", 0, "trait('…')")]
    [InlineData("trait('a')", 10, "=")]
    [InlineData("trait('a') = ", 13, "a number")]
    [InlineData("trait('a') = 1 trait('b') = 1", 15, "AND")]
    [InlineData("trait('a') = 1 = 2", 15, "AND")]
    [InlineData("(trait('a') = 1", 15, ")")]
    [InlineData("event('X') >= 1", 11, ".count()")]
    [InlineData("event('X').max(property('p') as array) > 0", 32, "string")]
    [InlineData("event('X').sum(trait('p')) > 0", 15, "property('…')")]
    [InlineData("event('X').mode(property('p')) > 0", 29, ",")]
    [InlineData("event('X').mode(property('p'), 0) > 0", 31, "a whole number")]
    [InlineData("event('X').within(1.5 days).count() > 0", 18, "a whole number")]
    [InlineData("event('X').within(days).count() > 0", 18, "a whole number")]
    [InlineData("event('X').sources('a').count() > 0", 19, "{")]
    [InlineData("event('X').where(context('traits.plan') = 'a').count() > 0", 25, "trait('…')")]
    [InlineData("entity('orders').count() > 0", 0, "event")]
    public void What_could_stand_there_is_told(string query, int position, string expected)
    {
        var fault = Fault(query);
        Assert.Equal(position, fault.Position);
        Assert.Contains(expected, fault.Expected);
        Assert.Contains($"At character {position + 1}: ", fault.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("trait('a') = 2020-13-01", "is no date")]
    [InlineData("trait('a') = 2020-01-01T10:00:00", "is no date")]
    [InlineData("trait('a') = 1e999", "is no number")]
    [InlineData("trait('') = 1", "A name has")]
    [InlineData("trait('a..b') = 1", "A name has")]
    [InlineData("event('').count() = 1", "name of an event")]
    [InlineData("property('a') = 1", "read from events")]
    [InlineData("event('X').where(property(parent: 'a') = 1).count() > 0", "parent: needs")]
    [InlineData("event('X').within(parent: 1 day).count() > 0", "parent: needs")]
    [InlineData("event('X').between(parent: 1 day, 2 days).count() > 0", "parent: needs")]
    [InlineData("event('X').where(event('Y').sum(property(parent: 'a')) > 0).count() > 0", "own events")]
    [InlineData("event('X').between(10 days, 7 days).count() > 0", "nearer time first")]
    [InlineData("event('X').within(1097 days).count() > 0", "at most 1096 days")]
    [InlineData("trait('a').within_last(30000 hours)", "at most 1096 days")]
    [InlineData("event('X').expires_after(29 minutes).count() > 0", "30 minutes to 90 days")]
    [InlineData("event('X').expires_after(91 days).count() > 0", "30 minutes to 90 days")]
    [InlineData("event('A').where(event('B').where(event('C').where(event('D').count() > 0).count() > 0).count() > 0).count() > 0", "more than 3 deep")]
    [InlineData("ANY trait('a') = 1", "ACCOUNTS")]
    [InlineData("event('X').where(ALL trait('a') = 1).count() > 0", "ACCOUNTS")]
    [InlineData("event('X').unique(property('a')) = 1", "list of values")]
    [InlineData("event('X').unique(property('a')).exists()", "list of values")]
    [InlineData("trait('a') = event('X').unique(property('a'))", "list of values")]
    public void What_breaks_a_rule_is_refused(string query, string message) => Assert.Contains(message, Fault(query).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("ANY ALL trait('a') = 1", "within each other")]
    [InlineData("event('X').where(ALL trait('a') = 1).count() > 0", "inside where")]
    public void Quantifiers_stand_at_the_top(string query, string message) => Assert.Contains(message, Fault(query, DefinitionScope.Accounts).Message, StringComparison.Ordinal);

    [Fact]
    public void There_is_a_most_of_everything()
    {
        Assert.Null(FaultOf(string.Join(" OR ", Enumerable.Repeat("trait('a') = 1", 50))));
        Assert.Contains("primary expressions", Fault(string.Join(" OR ", Enumerable.Repeat("trait('a') = 1", 51))).Message, StringComparison.Ordinal);
        Assert.Contains("primary expressions", Fault(string.Join(" OR ", Enumerable.Repeat("trait('a') = trait('b')", 26))).Message, StringComparison.Ordinal);
        Assert.Null(FaultOf(string.Concat(Enumerable.Repeat("NOT ", 49)) + "trait('a') = 1"));
        Assert.Contains("50 deep", Fault(string.Concat(Enumerable.Repeat("NOT ", 50)) + "trait('a') = 1").Message, StringComparison.Ordinal);
        Assert.Contains("50 deep", Fault(new string('(', 5_000) + "trait('a') = 1").Message, StringComparison.Ordinal);
        Assert.Contains("constants", Fault($"trait('a').one_of({string.Join(',', Enumerable.Repeat("1", 1_001))})").Message, StringComparison.Ordinal);
        Assert.Contains("constant text", Fault($"trait('a') = '{new string('x', 1_001)}'").Message, StringComparison.Ordinal);
        Assert.Contains("20000", Fault(new string(' ', 20_001)).Message, StringComparison.Ordinal);
        Assert.Null(FaultOf("event('X').where(event('Y').where(event('Z').count() > 0).count() > 0).within(1096 days).count() > 0"));
        Assert.Null(FaultOf("event('X').expires_after(90 days).count() > 0"));
    }

    // Each of these backslashes is written with another one in front of it.
    [Fact]
    public void What_is_read_can_be_printed_and_read_again()
    {
        var query = string.Join(" OR ", Enumerable.Repeat($"trait('a').one_of('{string.Concat(Enumerable.Repeat("\\x", 450))}')", 20));
        Assert.InRange(query.Length, 15_000, QueryParser.LengthMax);
        Assert.Contains("20000", Fault(query).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kind_that_is_asked_for_must_be_given()
    {
        Assert.Contains("not a comparison", Fault("trait('a') = 1", kind: DefinitionKind.Trait).Message, StringComparison.Ordinal);
        Assert.Contains("cannot begin", Fault("NOT trait('a') = 1", kind: DefinitionKind.Trait).Message, StringComparison.Ordinal);
        Assert.Equal(10, Fault("trait('a')", kind: DefinitionKind.Audience).Position);
        Assert.Equal(DefinitionKind.Trait, Parse("event('X').count()", DefinitionScope.Users, null).Kind);
        Assert.Equal(DefinitionKind.Audience, Parse("event('X').count() > 0", DefinitionScope.Users, null).Kind);
    }

    [Fact]
    public void What_is_printed_reads_back_as_the_same()
    {
        foreach (var scope in Enum.GetValues<DefinitionScope>())
        {
            new Generated(scope, ["aud_1", "tra_1"], IsWild: true).Definition.Sample(definition =>
            {
                var read = Parse(definition.ToString(), scope, definition.Kind);
                Assert.Equal(definition, read);
                Assert.Equal(definition.ToString(), read.ToString());
            }, iter: 3_000);
        }
    }

    [Fact]
    public void No_text_upsets_the_parser() =>
        Gen.Int[0, Scraps.Length - 1].Select(index => Scraps[index]).List[0, 12].Select(parts => string.Concat(parts)).Sample(query =>
        {
            foreach (var scope in Enum.GetValues<DefinitionScope>())
            {
                if (!QueryParser.TryParse(query, scope, null, out var definition, out var fault))
                    Assert.InRange(fault.Position + fault.Length, 0, query.Length);
                else Assert.Equal(definition, Parse(definition.ToString(), scope, definition.Kind));
            }
        }, iter: 20_000);

    private static readonly string[] Scraps =
    [
        "trait('a')", "event('X')", ".count()", " = ", "1", "'b'", " AND ", " OR ", "NOT ", "ANY ", "(", ")", ".where(", "property('p')", ".within(", "1 days", "parent: ", ")", ".", ",", "'", "\\", "{",
        "}", "[", "]", ".unique(property('p'))", ".contains(", "2020-01-01", "-", "entity", "trait", "\ud83d", ".mode(property('p'), 2)", " as string", "=", "!", "é",
    ];

    private static void Reads(string query, string? printed, DefinitionScope scope, DefinitionKind kind)
    {
        var definition = Parse(query, scope, kind);
        if (printed is not null) Assert.Equal(printed, definition.ToString());
        Assert.Equal(definition, Parse(definition.ToString(), scope, kind));
    }

    private static Definition Audience(string query) => Parse(query, DefinitionScope.Users, DefinitionKind.Audience);

    private static Definition Parse(string query, DefinitionScope scope, DefinitionKind? kind)
    {
        Assert.True(QueryParser.TryParse(query, scope, kind, out var definition, out var fault), $"{query}: {fault}");
        return definition;
    }

    private static QueryFault Fault(string query, DefinitionScope scope = DefinitionScope.Users, DefinitionKind kind = DefinitionKind.Audience)
    {
        var fault = FaultOf(query, scope, kind);
        Assert.NotNull(fault);
        return fault;
    }

    private static QueryFault? FaultOf(string query, DefinitionScope scope = DefinitionScope.Users, DefinitionKind kind = DefinitionKind.Audience) =>
        QueryParser.TryParse(query, scope, kind, out _, out var fault) ? null : fault;
}
