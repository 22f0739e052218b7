using Tributary.Console.Audiences;
using Tributary.Engine.Workspace;
using Xunit;

namespace Tributary.Console.Tests.Pages;

/// <summary>The rows of the builder and the text are one query.</summary>
public sealed class QueryRowsTests
{
    public static TheoryData<string, string> Queries =>
    [
        .. AudienceBoard.Ready.Where(ready => ready.Kind == Computation.Audience).Select(ready => new TheoryDataRow<string, string>(ready.Query, ready.Type)),
        new("event('Order Completed').where(property('total') >= 50 AND property('coupon').exists()).within(30 days).count() >= 2 AND NOT trait('plan').one_of('free', 'trial')", "USERS"),
        new("trait('a') = '2' OR trait('a') = 2 OR trait('b') = true OR trait('b') = 'true' OR trait('c') = 'it\\'s \\\\ here'", "USERS"),
        new("(trait('a') = 'x' OR event('Left').count() = 0) AND (trait('b').starts_with('y') OR (trait('c').absent() AND trait('d').none_of('1', 2)))", "USERS"),
        new("NOT (trait('a') = 'x' AND trait('b') = 'y')", "USERS"),
        new("trait('a').one_of('with, comma', 'other')", "USERS"),
        new("event('Seen').within(2 hours).where(property('x') = 1).count() > 0", "USERS"),
        new("trait('joined').before_date('2026-01-01') OR event('Seen').last(property('price')) > trait('limit')", "USERS"),
        new("ANY event('Signed In').within(7 days).count() >= 3 AND trait('seats') > 5", "ACCOUNTS"),
    ];

    [Theory]
    [MemberData(nameof(Queries))]
    public void Rows_of_a_query_say_the_same_query(string query, string type)
    {
        var canonical = AudienceBoard.Check(query, Computation.Audience, type);
        Assert.Null(canonical.Error);
        var rows = QueryRows.Of(query, type)!;
        var said = AudienceBoard.Check(QueryRows.Query(rows), Computation.Audience, type);
        Assert.Equal(canonical.Canonical, said.Canonical);
    }

    [Fact]
    public void What_a_form_can_show_is_no_text()
    {
        var rows = QueryRows.Of("event('Order Completed').where(property('total') >= 50).within(30 days).count() >= 2 AND NOT trait('plan') = 'free'", "USERS")!;
        var (order, plan) = ((QueryRow)rows.Items[0], (QueryRow)rows.Items[1]);
        Assert.Equal((RowKind.Event, "Order Completed", ">=", "2", "30", "days"), (order.Kind, order.Name, order.Comparer, order.Value, order.Within, order.Unit));
        Assert.Equal(("total", ">=", "50"), (order.Where[0].Path, order.Where[0].Comparer, order.Where[0].Value));
        Assert.Equal((RowKind.Trait, true, "plan", "=", "free"), (plan.Kind, plan.IsNot, plan.Name, plan.Comparer, plan.Value));
    }
}
