using System.Text;
using Tributary.Engine.Identity;
using Tributary.Engine.Lake.SqlTraits;
using Tributary.Engine.Processing;
using Tributary.Engine.Workspace;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Lake.SqlTraits;

/// <summary>What a run of a SQL trait sends, to whom, and what it does not.</summary>
public sealed class SqlTraitRunTests
{
    private const string All = "SELECT user_id, plan, seats FROM shop.t";

    [Fact]
    public async Task Only_rows_that_changed_are_sent_and_rows_that_vanish_become_null()
    {
        using var world = new SqlTraitWorld();
        world.River.Identify(user: "ada", traits: """{"name":"Ada"}""");
        var trait = world.Define(All);
        world.Table("INSERT INTO shop.t VALUES ('ada', 'pro', 3), ('bob', 'free', 1), ('zoë', NULL, 7)");

        var first = await world.RunAsync(trait);
        Assert.Equal((SqlTraitRunStatus.Succeeded, 3, 3, 0, 0), (first.Status, first.Rows, first.Changed, first.Unchanged, first.Gone));
        Assert.Equal("""{"name":"Ada","plan":"pro","seats":3}""", world.River.Traits("user_id:ada"));
        Assert.Equal("""{"plan":"free","seats":1}""", world.River.Traits("user_id:bob"));
        Assert.Equal("""{"seats":7}""", world.River.Traits("user_id:zoë"));

        var second = await world.RunAsync(trait);
        Assert.Equal((3, 0, 3, 0), (second.Rows, second.Changed, second.Unchanged, second.Gone));
        Assert.Equal(3, world.Sent().Count);

        world.Table("UPDATE shop.t SET seats = 4 WHERE user_id = 'ada'; DELETE FROM shop.t WHERE user_id = 'bob'; INSERT INTO shop.t VALUES ('aaa', 'new', 1)");
        var third = await world.RunAsync(trait);
        Assert.Equal((3, 2, 1, 1), (third.Rows, third.Changed, third.Unchanged, third.Gone));
        Assert.Equal("""{"name":"Ada","plan":"pro","seats":4}""", world.River.Traits("user_id:ada"));
        Assert.Equal("{}", world.River.Traits("user_id:bob"));
        Assert.Equal(6, world.Sent().Count);
        Assert.Equal((0, 6), (world.River.Counts(SqlTraitWorld.Engage).Duplicate, world.River.Counts(SqlTraitWorld.Engage).Accepted));

        world.Table("INSERT INTO shop.t VALUES ('bob', 'free', 1)");
        Assert.Equal((1, 3), ((await world.RunAsync(trait)).Changed, world.Book.Runs(world.Space, trait).First().Unchanged));
        Assert.Equal("""{"plan":"free","seats":1}""", world.River.Traits("user_id:bob"));
    }

    [Fact]
    public async Task An_event_says_which_SQL_trait_it_is_of_and_goes_to_no_destination()
    {
        using var world = new SqlTraitWorld();
        world.Table("INSERT INTO shop.t VALUES ('ada', 'pro', 3)");
        await world.RunAsync(world.Define(All));

        var sent = Assert.Single(world.Sent());
        Assert.Equal("""{"id":"sql_1","name":"sql_1","run":1,"space_id":"spa_default"}""", sent["context"]!["sql_trait"]!.ToJsonString());
        Assert.Equal("""{"All":false,"Personas":true}""", sent["integrations"]!.ToJsonString());
        Assert.Equal("2026-01-01T12:00:01.000Z", (string?)sent["timestamp"]);
        Assert.StartsWith("personas_", (string?)sent["messageId"], StringComparison.Ordinal);
        Assert.Equal("server", (string?)sent["channel"]);
    }

    [Fact]
    public async Task Rows_without_an_id_twice_with_one_or_too_large_are_counted_and_not_gone()
    {
        using var world = new SqlTraitWorld();
        var trait = world.Define(All);
        world.Table("INSERT INTO shop.t VALUES ('ada', 'pro', 3), ('bob', 'free', 1), ('eve', 'free', 1)");
        await world.RunAsync(trait);

        world.Table("""
            DELETE FROM shop.t; INSERT INTO shop.t VALUES
            (NULL, 'x', 1), ('', 'x', 2), ('  ', 'x', 3), ('ada', 'a', 1), ('ada', 'b', 2), ('bob', repeat('x', 16384), 1), ('eve', 'pro', 5), (repeat('i', 513), 'x', 1)
            """);
        var run = await world.RunAsync(trait);
        Assert.Equal((3, 2, 1, 1), (run.NullIds, run.DuplicateIds, run.LargeRecords, run.LongIds));
        Assert.Equal((8, 1, 0, 0), (run.Rows, run.Changed, run.Unchanged, run.Gone));
        Assert.Equal(run.Rows, run.Changed + run.Unchanged + run.NullIds + run.DuplicateIds + run.LargeRecords + run.LongIds);
        Assert.Equal("""{"plan":"pro","seats":3}""", world.River.Traits("user_id:ada"));
        Assert.Equal("""{"plan":"free","seats":1}""", world.River.Traits("user_id:bob"));
        Assert.Equal("""{"plan":"pro","seats":5}""", world.River.Traits("user_id:eve"));

        var edge = SqlTraitRow.BytesMax - "bob".Length - """{"plan":"","seats":1}""".Length - 1;
        world.Table($"DELETE FROM shop.t; INSERT INTO shop.t VALUES ('bob', repeat('x', {edge}), 1)");
        Assert.Equal(1, (await world.RunAsync(trait)).Changed);
    }

    [Fact]
    public async Task Numbers_texts_and_booleans_are_traits_of_people_by_email_of_devices_and_of_accounts()
    {
        using var world = new SqlTraitWorld();
        var byEmail = world.Define("SELECT 'ada@example.com' AS email, 1.5::DOUBLE AS ratio, 12.50::DECIMAL(9,2) AS price, 170141183460469231731687303715884105727::HUGEINT AS big, true AS vip, 'inf'::DOUBLE AS nothing");
        await world.RunAsync(byEmail);
        Assert.Equal("""{"big":170141183460469231731687303715884105727,"email":"ada@example.com","price":12.50,"ratio":1.5,"vip":true}""", world.River.Traits("email:ada@example.com"));

        await world.RunAsync(world.Define("SELECT 'a1' AS anonymous_id, 'blue' AS colour", "sql_2"));
        Assert.Equal("""{"colour":"blue"}""", world.River.Traits("anonymous_id:a1"));

        var accounts = world.Define("SELECT 42 AS GROUP_ID, 7 AS seats", "sql_3");
        await world.RunAsync(accounts);
        Assert.Equal("""{"seats":7}""", world.River.Traits("group_id:42", ProfileCollection.Accounts));
        Assert.Equal("group", (string?)world.Sent()[^1]["type"]);
        Assert.Empty(world.River.Violations());

        world.Define("SELECT 'x' AS email, 1 AS ratio WHERE false");
        await world.RunAsync(world.Workspace.FindSqlTrait("sql_1")!);
        Assert.Equal("""{"email":"ada@example.com"}""", world.River.Traits("email:ada@example.com"));
    }

    [Fact]
    public async Task Another_id_column_makes_all_rows_of_the_old_one_vanish()
    {
        using var world = new SqlTraitWorld();
        world.Table("INSERT INTO shop.t VALUES ('ada', 'pro', 3)");
        await world.RunAsync(world.Define(All));
        var run = await world.RunAsync(world.Define("SELECT user_id AS anonymous_id, plan FROM shop.t"));
        Assert.Equal((1, 1), (run.Changed, run.Gone));
        Assert.Equal("{}", world.River.Traits("user_id:ada"));
        Assert.Equal("""{"plan":"pro"}""", world.River.Traits("anonymous_id:ada"));
    }

    [Fact]
    public async Task What_a_query_no_longer_returns_stays_and_so_does_all_of_one_that_is_deleted()
    {
        using var world = new SqlTraitWorld();
        world.Table("INSERT INTO shop.t VALUES ('ada', 'pro', 3)");
        await world.RunAsync(world.Define(All));
        var run = await world.RunAsync(world.Define("SELECT user_id, seats FROM shop.t"));
        Assert.Equal((1, 0), (run.Changed, run.Gone));
        Assert.Equal("""{"plan":"pro","seats":3}""", world.River.Traits("user_id:ada"));

        var trait = world.Workspace.FindSqlTrait("sql_1")!;
        var space = world.Space;
        world.Delete(trait);
        Assert.True(world.Book.Forget(world.Workspace));
        Assert.False(world.Book.Forget(world.Workspace));
        Assert.Empty(world.Book.Known(space, trait));
        Assert.Empty(world.Book.Runs(space, trait));
        Assert.Equal("""{"plan":"pro","seats":3}""", world.River.Traits("user_id:ada"));
    }

    [Theory]
    [InlineData("SELECT 1 AS plan", "must return a column user_id, email or anonymous_id")]
    [InlineData("SELECT 'a' AS user_id, 'b' AS anonymous_id, 1 AS x", "returns user_id and anonymous_id")]
    [InlineData("SELECT 'a' AS user_id, 'b' AS email, 1 AS x", "exactly one id")]
    [InlineData("SELECT 'a' AS user_id", "at least one column that becomes a trait")]
    [InlineData("SELECT 'a' AS user_id, now() AS seen", "seen is TIMESTAMP")]
    [InlineData("SELECT 'a' AS user_id, [1, 2] AS list", "list is")]
    [InlineData("SELECT 1.5 AS user_id, 1 AS x", "must be text or a whole number")]
    [InlineData("SELECT 'a' AS user_id, 1 AS c1,2 AS c2,3 AS c3,4 AS c4,5 AS c5,6 AS c6,7 AS c7,8 AS c8,9 AS c9,10 AS c10,11 AS c11,12 AS c12,13 AS c13,14 AS c14,15 AS c15,16 AS c16,17 AS c17,18 AS c18,19 AS c19,20 AS c20,21 AS c21,22 AS c22,23 AS c23,24 AS c24,25 AS c25", "at most 25")]
    [InlineData("SELECT 'a' AS user_id, 1 AS x; DROP TABLE shop.t", "Only one statement")]
    [InlineData("DROP TABLE shop.t", "can only be read")]
    [InlineData("SELECT * FROM shop.missing", "does not exist")]
    [InlineData("SELECT user_id, error('no luck') AS x FROM (VALUES ('a')) AS v(user_id)", "no luck")]
    public async Task A_query_that_breaks_a_rule_fails_its_run_and_sends_nothing(string query, string because)
    {
        using var world = new SqlTraitWorld();
        var run = await world.RunAsync(world.Define(query));
        Assert.Equal(SqlTraitRunStatus.Failed, run.Status);
        Assert.Contains(because, run.Error, StringComparison.Ordinal);
        Assert.NotNull(run.FinishedAt);
        Assert.Empty(world.Sent());
    }

    [Fact]
    public async Task An_id_that_the_space_does_not_know_and_a_name_that_is_computed_are_refused()
    {
        using var world = new SqlTraitWorld();
        var settings = IdentitySettings.Default with { Identifiers = [.. IdentitySettings.Default.Identifiers.Where(rule => rule.Type != "email")] };
        world.River.Identity(settings);
        Assert.Contains("no identifier email", (await world.RunAsync(world.Define("SELECT 'a@b.c' AS email, 1 AS x"))).Error, StringComparison.Ordinal);

        var computed = new Computation { Id = "tra_1", Number = 1, Version = 1, SpaceId = "spa_default", Kind = Computation.Trait, Key = "x", Name = "x", Type = "USERS", Query = "event('a').count()" };
        world.River.Revise(ResourceKind.Put(computed));
        Assert.Contains("x is the key", (await world.RunAsync(world.Define("SELECT 'a' AS user_id, 1 AS x"))).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_failing_query_sent_before_stays_as_it_was()
    {
        using var world = new SqlTraitWorld();
        world.Table("INSERT INTO shop.t VALUES ('ada', 'pro', 3)");
        await world.RunAsync(world.Define(All));
        world.Table("ALTER TABLE shop.t RENAME TO gone");
        var trait = world.Workspace.FindSqlTrait("sql_1")!;
        Assert.Equal("invalid", (await world.RunAsync(trait)).ErrorType);
        world.Table("ALTER TABLE shop.gone RENAME TO t");
        Assert.Equal((1, 0), ((await world.RunAsync(trait)).Unchanged, world.Book.Runs(world.Space, trait).First().Gone));
        Assert.Equal("""{"plan":"pro","seats":3}""", world.River.Traits("user_id:ada"));
    }

    [Fact]
    public async Task A_log_that_takes_nothing_fails_the_run_and_what_was_noted_is_sent_by_the_next()
    {
        using var world = new SqlTraitWorld();
        world.Table("INSERT INTO shop.t SELECT 'u' || i, 'pro', i FROM range(1200) AS r(i)");
        var trait = world.Define(All);
        world.Crash.IsLogBroken = true;
        Assert.Equal("log", (await world.RunAsync(trait)).ErrorType);
        Assert.Empty(world.Sent());

        world.Crash.IsLogBroken = false;
        world.Restart();
        var run = await world.RunAsync(trait);
        Assert.Equal((700, 500), (run.Changed, run.Unchanged));
        Assert.Equal(1_200, world.Sent().Select(sent => (string?)sent["userId"]).Distinct().Count());
        Assert.Equal(1_200, world.Sent().Count);
    }

    [Fact]
    public async Task A_crash_at_any_point_loses_nothing_and_sends_nothing_twice()
    {
        using var world = new SqlTraitWorld();
        var trait = world.Define(All);
        for (var (step, crashed) = (1, true); crashed; step++)
        {
            // Two batches of other rows: new values for the ids that stay, one new id, one that vanishes.
            world.Table($"DELETE FROM shop.t; INSERT INTO shop.t SELECT 'u' || i, 'plan {step}', i FROM range({step}, {step} + 700) AS r(i)");
            var before = world.Sent().Count;
            world.Crash.At(step);
            crashed = false;
            try
            {
                await world.RunAsync(trait, world.Crash.Token);
            }
            catch (OperationCanceledException)
            {
                crashed = true;
            }

            world.Crash.Never();
            world.Restart();
            if (crashed) Assert.Equal(SqlTraitRunStatus.Succeeded, (await world.RunAsync(trait)).Status);
            var sent = world.Sent().Skip(before).Select(each => (string)each["userId"]!).ToList();
            Assert.Equal(700 + (step > 1 ? 1 : 0), sent.Count);
            Assert.Equal(sent.Count, sent.Distinct().Count());
            Assert.Equal(700, world.River.Profiles().Count(profile => Plan(profile) == $"\"plan {step}\""));
            Assert.Equal(step - 1, world.River.Profiles().Count(profile => Plan(profile) is null));
            Assert.True(step < 100);
        }

        Assert.True(world.River.Counts(SqlTraitWorld.Engage).Duplicate > 0);
        Assert.Contains(world.Book.Runs(world.Space, trait), run => run.Status == SqlTraitRunStatus.Interrupted);
    }

    [Fact]
    public async Task A_run_is_the_same_in_a_replay()
    {
        using var world = new SqlTraitWorld();
        world.Table("INSERT INTO shop.t VALUES ('ada', 'pro', 3)");
        await world.RunAsync(world.Define(All));
        await world.RunAsync(world.Define("SELECT 'acme' AS group_id, 3 AS seats", "sql_2"));
        Assert.Null(new ReplayVerification(world.River.Received, world.River.Decided, world.River.Store, world.River.Options, world.Clock).Run(null, TestContext.Current.CancellationToken));
    }

    private static string? Plan(Profile profile) => Engine.Profiles.ProfileView.Traits(profile).TryGetValue("plan", out var plan) ? Encoding.UTF8.GetString(plan.Json!) : null;
}
