using Tributary.Engine.Lake.Evaluating;
using Tributary.Engine.Traits.Folding;
using Xunit;

namespace Tributary.Engine.Tests.Audiences;

/// <summary>The lake says of everybody what the evaluator of the river says, for every word of the language.</summary>
public sealed class DefinitionSqlTests(Neighbourhood neighbourhood) : IClassFixture<Neighbourhood>
{
    public static TheoryData<string> OfUsers =>
    [
        // Traits and comparers.
        "trait('plan') = 'abc'", "trait('plan') = 2", "trait('plan') = '2'", "trait('plan') = true", "trait('plan') != 'abc'", "NOT trait('plan') = 'abc'", "trait('plan').exists()", "trait('plan').absent()",
        "trait('age') > 1", "trait('age') >= 2", "trait('age') < 2.5", "trait('age') <= '2'", "trait('age') > 'abc'", "trait('plan').contains('b')", "trait('plan').contains('2', 'x')", "trait('plan').omits('b')",
        "trait('plan').starts_with('ab')", "trait('plan').ends_with('c', 'f')", "trait('plan').one_of('abc', 2, true)", "trait('plan').none_of('abc', '2')", "trait('since').before_date(2026-02-01)",
        "trait('since').after_date(2026-02-10T07:00:00Z)", "trait('since').within_last(2 days)", "trait('since').before_last(10 days)", "trait('since').within_next(30 days)", "trait('since').after_next(1 day)",
        "trait('address.city') = 'abc'", "trait('address').contains('city')", "trait('tags.$') = 'abc'", "trait('tags.$') > 1", "trait('it\\'s').exists()", "trait('nobody has it').omits('x')",
        "trait('plan') = trait('age')", "trait('plan').one_of(trait('age'), trait('since'), 'abc')", "trait('plan').contains(trait('nobody has it'))", "trait('plan') != trait('nobody has it')", "trait('plan') = 2026-01-20",
        "trait('tags.$').none_of(trait('tags.$'))", "event('Bought').where(property('items.$.n').none_of(property('items.$.n'))).count() = 0", "trait('plan').omits(trait('tags.$'))",
        "trait('plan') = ''", "trait('tags') = '[1,2]'",
        // Audiences and computed traits.
        "trait('vip') = true", "trait('vip') = false", "trait('vip').exists()", "trait('vip') = 'true'", "trait('spent') > 100", "trait('spent').absent()", "trait('big') = true", "trait('big') != true",
        "trait('busiest').exists()", "trait('spent') > trait('age')", "trait('vip.x').absent()",
        // What a trait is for those of whom nothing is kept.
        "trait('orders') = 0", "trait('orders') < 2", "trait('orders').absent()", "trait('orders.x').absent()", "trait('orders')", "trait('logins') = 0", "trait('logins').absent()", "trait('logins')", "trait('copied') = 0",
        "trait('copied').absent()", "event('Bought').where(trait('orders') > trait('logins')).count()",
        // Events and their values.
        "event('Bought').count() >= 2", "event('Bought').count() = 0", "event('Bought').count() != 1", "event('Bought').count() < 3", "event('Nothing').count() = 0", "event('It\\'s \"odd\"').count() > 0",
        "event('Bought').count() = '2'", "event('Bought').count().one_of(1, 2)", "event('Bought').count() = trait('age')", "event('Bought').count() = event('Added').count()", "event('Bought').count().exists()",
        "event('Bought').where(property('sku') = 'abc').count() >= 1", "event('Bought').where(property('sku') = 'abcdef' OR property('price') > 2).count() >= 1", "event('Bought').where(NOT property('sku').exists()).count() > 0",
        "event('Bought').where(property('a.b') = 'abc').count() >= 1", "event('Bought').where(property('items.$.n') > 3).count() >= 1", "event('Bought').where(property('items.$.s') = 'b' AND property('items.$.n') = 1).count() >= 1",
        "event('Bought').where(property('items.$') = 2).count() > 0", "event('Bought').where(context('page.path') = 'abc').count() >= 1", "event('Bought').where(context('ip').exists()).count() >= 2",
        "event('Bought').where(property('price') = property('sku')).count() >= 1", "event('Bought').where(property('sku') = trait('plan')).count() >= 1", "event('Bought').where(property('when').within_last(5 days)).count() > 0",
        "event('Page Viewed').where(property('page_name') = 'Home').count() >= 1", "event('Screen Viewed').where(property('screen_name') = 'Main').count() >= 1", "event('Screen Viewed').where(property('page_name').exists()).count() > 0",
        "event('Bought').sources({exclude: ['website']}).count() >= 1", "event('Seen').sources({exclude: 'helpdesk'}).count() >= 1",
        // Windows and sessions.
        "event('Bought').within(2 days).count() >= 1", "event('Bought').within(2 days).count()", "event('Bought').between(1 hour, 2 days).count()", "event('Bought').between(2 days, 71 hours).count()",
        "event('Added').where(event('Bought').within(parent: 1 day).count() = 2).count()", "event('Added').where(event('Bought').between(parent: 1 hour, 24 hours).count() = 2).count()", "event('Bought').between(1 hour, 30 days).count() >= 1", "event('Seen').expires_after(30 minutes).count() >= 1",
        "event('Seen').expires_after(30 minutes).count() = 4", "event('Seen').where(property('n') < 50).expires_after(30 minutes).count() >= 3", "event('Seen').expires_after(30 minutes).where(property('n') > 10).count() = 3",
        "event('Seen').expires_after(30 minutes).sources({exclude: ['website']}).count() = 0", "event('Seen').within(1 hour).expires_after(30 minutes).count() = 3", "event('Bought').expires_after(2 days).sum(property('n')) > 2",
        // Funnels.
        "event('Added').where(event('Bought').within(parent: 7 days).count() = 0).count() >= 1", "event('Added').where(event('Bought').within(parent: 3 days).count() >= 1).count() >= 1",
        "event('Added').where(event('Bought').between(parent: 1 hour, 20 days).where(property('n') = property(parent: 'n')).count() >= 1).count() >= 1",
        "event('Added').within(30 days).where(event('Bought').within(parent: 30 days).where(event('Seen').within(parent: 30 days).count() >= 1).count() >= 1).count() >= 1",
        "event('Added').where(event('Bought').within(parent: 20 days).sum(property('n')) > property('n')).count() >= 1", "event('Added').where(event('Bought').last(property('n')) = property('n')).count() >= 1",
        "event('Page Viewed').where(event('Bought').within(parent: 30 days).where(property(parent: 'page_name') = 'Home').count() >= 1).count() >= 1",
        "event('Added').where(event('Seen').expires_after(2 hours).count() > 1).count() >= 1", "event('Added').where(event('Bought').unique(property('sku')).count() > 1 AND trait('vip') = true).count() >= 1",
        // How near the two events of a pair must be, and what of the inner event does not depend on the outer one.
        "event('Added').where(event('Bought').between(parent: 1 day, 1 day).count() = 0).count() >= 1", "event('Added').where(event('Bought').between(parent: 2 hours, 3 hours).count() >= 1).count()",
        "event('Added').where(event('Bought').within(parent: 1 hour).count() >= 1).count()", "event('Added').where(event('Bought').where(property('n') > 1).count() >= 2 AND property('n') > 0).count() >= 1",
        "event('Added').where(event('Bought').within(parent: 9 days).where(event('Seen').count() > 2).count() > 0).count()", "event('Added').where(event('Seen').expires_after(2 hours).within(parent: 30 days).count() > 0).count() >= 1",
        "event('Added').where(event('Bought').sources({exclude: ['helpdesk']}).where(property('n') > 0).within(parent: 3 days).between(parent: 1 minute, 2 days).count() >= 1).count()",
        // Reducers, compared.
        "event('Bought').sum(property('price')) > 3", "event('Bought').avg(property('price')) <= 2.5", "event('Bought').max(property('price')) >= 1000", "event('Bought').min(property('price')) < 0",
        "event('Bought').first(property('sku')) = 'abc'", "event('Bought').last(property('sku')).exists()", "event('Bought').mode(property('n'), 2) = 1", "event('Bought').unique(property('sku')).count() >= 3",
        "event('Bought').max(property('when') as string).contains('2026')", "event('Bought').last(property('when')).within_last(9 days)",
        // Put together.
        "trait('plan').exists() AND (event('Bought').count() >= 2 OR NOT (trait('vip') = true OR event('Seen').within(1 day).count() = 0))",
        // Values.
        "trait('plan')", "trait('tags.$')", "event('Bought').count()", "event('Bought').sum(property('price'))", "event('Bought').sum(property('items.$'))", "event('Bought').avg(property('price'))", "event('Bought').avg(property('items.$.n'))",
        "event('Bought').max(property('price'))", "event('Bought').min(property('price'))", "event('Bought').max(property('sku') as string)", "event('Bought').min(property('sku') as string)", "event('Bought').max(property('items.$'))",
        "event('Bought').mode(property('sku'), 1)", "event('Bought').mode(property('n'), 2)", "event('Bought').mode(property('n') as number, 1)", "event('Bought').mode(property('items.$'), 1)", "event('Bought').mode(property('items.$') as array, 1)",
        "event('Bought').first(property('sku'))", "event('Bought').last(property('sku'))", "event('Bought').first(property('items.$'))", "event('Bought').last(property('items.$'))", "event('Bought').unique(property('sku'))",
        "event('Bought').unique(property('items.$'))", "event('Bought').unique(property('sku')).count()", "event('Bought').within(9 days).unique(property('price'))", "event('Bought').within(9 days).first(property('price'))",
        "event('Seen').expires_after(30 minutes).max(property('n'))", "event('Bought').within(30 days).mode(property('n'), 1)", "event('Bought').where(trait('plan').exists()).avg(property('n'))",
        "event('Added').where(event('Bought').within(parent: 9 days).count() > 0).last(property('sku'))", "event('Page Viewed').last(property('page_name'))", "event('Bought').first(context('page'))",
    ];

    public static TheoryData<string> OfAccounts =>
    [
        "trait('plan').exists()", "trait('seats') > 3", "trait('big') = true", "trait('vip') = true", "trait('spent').absent()", "trait('busiest').exists()",
        "event('Bought').count() >= 3", "event('Bought').count() = 0", "NOT event('Bought').count() = 0", "ANY event('Bought').count() >= 3", "ALL event('Bought').count() >= 1", "ALL NOT event('Bought').count() = 0", "ANY (trait('plan') = 'abc')",
        "ALL trait('plan').exists()", "ANY trait('orders') = 0", "ALL trait('logins') < 2", "ANY trait('logins').absent()", "trait('orders').absent()", "ANY trait('vip') = true", "ALL trait('vip') = false", "ANY trait('big') = true", "ANY (trait('plan').exists() AND event('Seen').count() >= 2)", "trait('seats') > 1 AND ANY trait('age') > 1",
        "event('Bought').where(property('sku') = trait('plan')).count() >= 1", "ANY event('Bought').where(property('sku') = trait('plan')).count() >= 1", "event('Bought').count() = trait('seats')",
        "event('Added').where(event('Bought').within(parent: 9 days).count() >= 1).count() >= 1", "event('Seen').expires_after(30 minutes).count() >= 1", "NOT ANY event('Bought').within(3 days).count() >= 1",
        "trait('plan')", "event('Bought').count()", "event('Bought').sum(property('price'))", "event('Bought').unique(property('n'))", "event('Bought').mode(property('n'), 3)", "event('Bought').first(property('sku'))",
        "event('Bought').within(9 days).count()", "event('Added').where(event('Bought').within(parent: 9 days).count() >= 1).count()", "event('Seen').expires_after(30 minutes).count()", "event('Bought').where(trait('seats') > 2).count()",
    ];

    [Theory]
    [MemberData(nameof(OfUsers))]
    public Task Of_people_both_say_the_same(string query) => AgreeAsync(query, DefinitionScopeName.Users);

    [Theory]
    [MemberData(nameof(OfAccounts))]
    public Task Of_accounts_both_say_the_same(string query) => AgreeAsync(query, DefinitionScopeName.Accounts);

    [Fact]
    public void The_past_is_rich_enough_to_tell_definitions_apart()
    {
        var all = OfUsers.Select(row => (Query: row.Data, Scope: DefinitionScopeName.Users)).Concat(OfAccounts.Select(row => (Query: row.Data, Scope: DefinitionScopeName.Accounts))).ToList();
        var told = all.Where(each => neighbourhood.ByFolding(Neighbourhood.Parse(each.Query, each.Scope)).Select(answer => answer[32..]).Distinct().Count() > 1).ToList();

        Assert.True(told.Count >= all.Count * 8 / 10, $"Everybody is answered the same by {string.Join("\n", all.Except(told))}");
    }

    [Fact]
    public async Task What_stands_in_a_query_is_never_read_as_SQL()
    {
        foreach (var text in new[] { "'; DROP TABLE x; --", "\\'", "\"", "\0", "\u001e", "\u001f", "a\0'b", "$1", "{0}", "%", "😀" })
        {
            var quoted = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal);
            await AgreeAsync($"event('{quoted}').count() = 0", DefinitionScopeName.Users);
            await AgreeAsync($"trait('plan') != '{quoted}' OR trait('{quoted}').absent()", DefinitionScopeName.Users);
            await AgreeAsync($"event('Bought').where(property('sku') = '{quoted}' OR property('{quoted}').exists()).sources({{exclude: '{quoted}'}}).count() = 0", DefinitionScopeName.Users);
        }
    }

    [Fact]
    public async Task A_person_who_lacks_the_identifier_does_not_count()
    {
        var definition = Neighbourhood.Parse("event('Bought').count() >= 0", DefinitionScopeName.Users);
        var all = await neighbourhood.Evaluator.AnswersAsync(definition, neighbourhood.Question, TestContext.Current.CancellationToken);
        var known = await neighbourhood.Evaluator.AnswersAsync(definition, neighbourhood.Question with { FilterByExternalIds = ["user_id"] }, TestContext.Current.CancellationToken);

        Assert.All(all.Answers.Values, answer => Assert.True(answer is [(byte)'t', ..]));
        Assert.Equal(all.Answers.Count, known.Answers.Count);
        Assert.Equal(29, known.Answers.Values.Count(answer => answer is [(byte)'t', ..]));
    }

    [Fact]
    public async Task A_preview_counts_and_names_some()
    {
        using var preview = new AudiencePreview(neighbourhood.Evaluator, neighbourhood.World.River.Store, TimeProvider.System);
        var space = neighbourhood.World.Workspace.FindSpace("default")!;
        var definition = Neighbourhood.Parse("event('Bought').count() >= 1", DefinitionScopeName.Users);
        var answer = await preview.RunAsync(definition, neighbourhood.World.Workspace, space, [], TestContext.Current.CancellationToken);
        var expected = neighbourhood.ByFolding(definition).Where(said => said.EndsWith("=true", StringComparison.Ordinal)).Select(said => said.Split('=')[0]).ToList();

        Assert.Null(answer.Error);
        Assert.Equal(expected.Count, answer.Preview!.Count);
        Assert.Equal(expected, answer.Preview.Sample.Select(id => id.ToString()));
        var cancelled = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => preview.RunAsync(definition, neighbourhood.World.Workspace, space, [], cancelled));
    }

    [Fact]
    public async Task Of_those_that_are_asked_instead_of_all_it_says_what_it_says_of_them_among_all()
    {
        var asked = 0;
        foreach (var (query, scope) in OfUsers.Select(row => (row.Data, DefinitionScopeName.Users)).Concat(OfAccounts.Select(row => (row.Data, DefinitionScopeName.Accounts))).Where((_, at) => at % 6 == 0))
        {
            var definition = Neighbourhood.Parse(query, scope);
            var all = (await neighbourhood.Evaluator.AnswersAsync(definition, neighbourhood.Question, TestContext.Current.CancellationToken)).Answers;
            var some = (await neighbourhood.Evaluator.AnswersAsync(definition, neighbourhood.Question with { OneOf = 3 }, TestContext.Current.CancellationToken)).Answers;

            Assert.InRange(some.Count, 1, all.Count - 1);
            Assert.All(some, answer => Assert.Equal(all[answer.Key], answer.Value));
            asked++;
        }

        Assert.InRange(asked, 20, 100);
    }

    [Fact]
    public async Task An_estimate_names_its_margin_and_is_not_made_where_counting_is_as_fast()
    {
        var space = neighbourhood.World.Workspace.FindSpace("default")!;
        var definition = Neighbourhood.Parse("event('Bought').count() >= 1", DefinitionScopeName.Users);
        using var small = new AudiencePreview(neighbourhood.Evaluator, neighbourhood.World.River.Store, TimeProvider.System);
        Assert.Null(await small.EstimateAsync(definition, neighbourhood.World.Workspace, space, [], TestContext.Current.CancellationToken));

        var exact = (await small.RunAsync(definition, neighbourhood.World.Workspace, space, [], TestContext.Current.CancellationToken)).Preview!;
        Assert.Equal(0, exact.Margin);
        var events = await neighbourhood.Evaluator.EventsAsync(TestContext.Current.CancellationToken);
        using var large = new AudiencePreview(neighbourhood.Evaluator, neighbourhood.World.River.Store, TimeProvider.System) { EventsAtOnce = events / 2 };
        var about = (await large.EstimateAsync(definition, neighbourhood.World.Workspace, space, [], TestContext.Current.CancellationToken))!.Value.Preview!;
        Assert.InRange(about.Margin, 1, 100);
        Assert.InRange(exact.Count, about.Count - about.Margin, about.Count + about.Margin);
        Assert.Subset(exact.Sample.ToHashSet(), about.Sample.ToHashSet());
    }

    [Fact]
    public async Task The_river_and_the_lake_are_found_to_agree()
    {
        var world = neighbourhood.World;
        var verifier = new AudienceVerifier(neighbourhood.Evaluator, world.River.Store, TimeProvider.System);
        foreach (var computation in world.Workspace.Computations)
        {
            var verified = await verifier.VerifyAsync(computation, world.Workspace, TestContext.Current.CancellationToken);

            Assert.Null(verified.Refusal);
            Assert.Empty(verified.Differences);
            Assert.Equal(world.River.Decided.End, verified.Position);
            Assert.InRange(verified.Profiles, 4, 70);
        }
    }

    private async Task AgreeAsync(string query, DefinitionScopeName scope)
    {
        var definition = Neighbourhood.Parse(query, scope);
        Assert.Equal(neighbourhood.ByFolding(definition), await neighbourhood.ByLakeAsync(definition, TestContext.Current.CancellationToken));
    }
}

/// <summary>What the comparison of the river and the lake says when they do not agree, or cannot be compared.</summary>
public sealed class AudienceVerifierTests : IDisposable
{
    private readonly Lake.PastWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task A_row_too_few_in_the_lake_is_a_difference()
    {
        _world.Track("u1", "Bought").Track("u1", "Bought").Track("u2", "Bought").Track("u2", "Bought").Track("u3", "Bought").Settle();
        var audience = _world.Define("buyers", "event('Bought').count() >= 2");
        await _world.GatherAsync();
        var verifier = new AudienceVerifier(new LakeEvaluator(_world.Database, TimeProvider.System), _world.River.Store, TimeProvider.System);
        Assert.Equal(0, (await verifier.VerifyAsync(audience, _world.Workspace, TestContext.Current.CancellationToken)).Count);
        using (var connection = _world.Database.Connect()) Engine.Lake.LakeDatabase.Execute(connection, "DELETE FROM _tributary.history WHERE seq = (SELECT max(seq) FROM _tributary.history WHERE value = 'u2')");

        var verified = await verifier.VerifyAsync(audience, _world.Workspace, TestContext.Current.CancellationToken);
        Assert.Equal((3, 1), (verified.Profiles, verified.Count));
        Assert.Equal(new AudienceDifference(_world.River.Find("user_id:u2")!.Id, "true", "false", false), Assert.Single(verified.Differences));
    }

    [Fact]
    public async Task What_two_become_is_known_to_the_lake_although_the_event_that_joins_them_came_late()
    {
        var buyers = _world.Define("buyers", "event('Bought').within(1 day).count() >= 1");
        var copy = _world.Define("copy", "trait('buyers') = true");
        await _world.GatherAsync();
        var river = _world.River.At(1);
        river.Track(user: "u1").Send(Model.EventType.Track, "\"event\":\"Bought\",\"anonymousId\":\"a1\"", timestamp: river.Now);
        river.At(1.9).Send(Model.EventType.Track, "\"event\":\"Bought\",\"userId\":\"u1\"", timestamp: river.Now);
        var before = river.Now;
        river.At(2.1).Track(user: "u1", anonymous: "a1", timestamp: before);
        _world.Settle();
        Assert.Equal(["true"], _world.Rows("SELECT value FROM lake.profiles.user_traits WHERE name = 'buyers'").Select(row => row[0]));

        var verifier = new AudienceVerifier(new LakeEvaluator(_world.Database, TimeProvider.System), river.Store, TimeProvider.System);
        foreach (var computation in new[] { buyers, copy }) Assert.Empty((await verifier.VerifyAsync(computation, _world.Workspace, TestContext.Current.CancellationToken)).Differences);
    }

    [Fact]
    public async Task Who_has_more_events_than_are_kept_differs_for_that_reason()
    {
        const int Many = RowsFold.RowsMax * 6 / 5;
        var buyers = _world.Define("buyers", $"event('Bought').within(30 days).count() > {Many}");
        var ofAccounts = _world.Define("with_buyers", $"ANY event('Bought').within(30 days).count() > {Many}", type: "ACCOUNTS");
        await _world.GatherAsync();
        _world.River.Group("u1", "g1").Group("u2", "g2");
        for (var i = 0; i <= Many; i++) _world.Track("u1", "Bought");
        _world.River.At(1).At(2);
        _world.Settle();
        var verifier = new AudienceVerifier(new LakeEvaluator(_world.Database, TimeProvider.System), _world.River.Store, TimeProvider.System);
        foreach (var (computation, profile) in new[] { (buyers, _world.River.Find("user_id:u1")!), (ofAccounts, _world.River.Find("group_id:g1", Model.ProfileCollection.Accounts)!) })
        {
            var verified = await verifier.VerifyAsync(computation, _world.Workspace, TestContext.Current.CancellationToken);

            Assert.Equal((0, 1), (verified.Count, verified.OverLimit));
            Assert.Equal(new AudienceDifference(profile.Id, "false", "true", true), Assert.Single(verified.Differences));
        }
    }

    [Fact]
    public async Task What_does_not_answer_yet_is_not_compared()
    {
        _world.Track("u1", "Bought").Settle();
        var audience = _world.Define("buyers", "event('Bought').count() >= 2");
        var verifier = new AudienceVerifier(new LakeEvaluator(_world.Database, TimeProvider.System), _world.River.Store, TimeProvider.System);

        Assert.Contains("answers yet", (await verifier.VerifyAsync(audience, _world.Workspace, TestContext.Current.CancellationToken)).Refusal, StringComparison.Ordinal);
    }
}
