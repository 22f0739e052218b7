using Tributary.Engine.Workspace;
using Xunit;

namespace Tributary.Engine.Tests.Workspace;

public sealed class LiveWorkspaceTests
{
    [Fact]
    public async Task The_first_start_makes_a_space_a_token_and_a_source()
    {
        var fixture = new WorkspaceFixture();

        var first = await WorkspaceSetup.PrepareAsync(fixture.Live, null, CancellationToken.None);

        var now = fixture.Live.Current;
        Assert.NotNull(first);
        Assert.Equal(1, now.Revision);
        Assert.Equal("default", Assert.Single(now.Spaces).Slug);
        Assert.StartsWith("spa_", now.Spaces[0].Id, StringComparison.Ordinal);
        Assert.Equal(first.WriteKey, Assert.Single(Assert.Single(now.Sources).WriteKeys));
        Assert.Equal(32, first.WriteKey.Length);
        Assert.Equal("owner", WorkspaceSecrets.Find(now, first.Token)?.Name);
        Assert.DoesNotContain(first.Token, WorkspaceFixture.Bytes(now), StringComparison.Ordinal);
        Assert.Null(await WorkspaceSetup.PrepareAsync(fixture.Live, null, CancellationToken.None));
    }

    [Fact]
    public async Task A_changed_token_of_the_environment_replaces_the_old_one()
    {
        var fixture = new WorkspaceFixture();
        await WorkspaceSetup.PrepareAsync(fixture.Live, "the first token", CancellationToken.None);
        fixture.Crash();

        await WorkspaceSetup.PrepareAsync(fixture.Live, "the second token", CancellationToken.None);
        await WorkspaceSetup.PrepareAsync(fixture.Live, "the second token", CancellationToken.None);

        Assert.Equal(2, fixture.Live.Current.Revision);
        Assert.Null(WorkspaceSecrets.Find(fixture.Live.Current, "the first token"));
        Assert.NotNull(WorkspaceSecrets.Find(fixture.Live.Current, "the second token"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_crash_loses_no_acknowledged_change(bool committedBetween)
    {
        var fixture = await WorkspaceFixture.StartedAsync();
        await fixture.CreateSourceAsync("shop");
        if (committedBetween) fixture.Commit();
        await fixture.CreateSourceAsync("crm");
        await fixture.DeleteSourceAsync("shop");
        var before = WorkspaceFixture.Bytes(fixture.Live.Current);
        var revision = fixture.Live.Current.Revision;

        fixture.Crash();

        Assert.Equal(before, WorkspaceFixture.Bytes(fixture.Live.Current));
        Assert.Equal(revision, fixture.Live.Current.Revision);
        Assert.Null((await fixture.CreateSourceAsync("help-desk")).Refusal);
    }

    [Fact]
    public async Task Numbers_count_up_and_are_never_given_twice()
    {
        var fixture = await WorkspaceFixture.StartedAsync();
        await fixture.CreateSourceAsync("second");
        await fixture.CreateSourceAsync("third");
        await fixture.DeleteSourceAsync("third");
        fixture.Commit();
        fixture.Crash();

        await fixture.CreateSourceAsync("fourth");

        Assert.Equal([1u, 2u, 4u], fixture.Live.Current.Sources.Select(source => source.Number));
    }

    [Theory]
    [InlineData("shop", "shop")]
    [InlineData("my-shop", "my_shop")]
    [InlineData("myShop", "my-shop")]
    public async Task Two_sources_cannot_share_a_slug_or_a_schema(string first, string second)
    {
        var fixture = await WorkspaceFixture.StartedAsync();
        await fixture.CreateSourceAsync(first);

        var refused = (await fixture.CreateSourceAsync(second)).Refusal;

        Assert.Equal(RefusalReason.Conflict, refused?.Reason);
        Assert.Equal("slug", refused?.Faults[0].Field);
    }

    [Fact]
    public async Task A_source_cannot_take_a_schema_of_the_lake()
    {
        var fixture = await WorkspaceFixture.StartedAsync();

        Assert.Equal("slug", (await fixture.CreateSourceAsync("Profiles")).Refusal?.Faults[0].Field);
    }

    [Fact]
    public async Task Two_sources_cannot_share_a_write_key()
    {
        var fixture = await WorkspaceFixture.StartedAsync();
        await fixture.CreateSourceAsync("shop", "http-api", "a-key-of-the-shop");

        Assert.Equal("writeKeys", (await fixture.CreateSourceAsync("crm", "http-api", "a-key-of-the-shop")).Refusal?.Faults[0].Field);
        Assert.Equal("shop", fixture.Live.Current.FindByWriteKey("a-key-of-the-shop")?.Slug);
    }

    [Fact]
    public async Task The_last_token_of_an_administrator_stays()
    {
        var fixture = await WorkspaceFixture.StartedAsync();
        var owner = Assert.Single(fixture.Live.Current.Tokens);

        var changed = await fixture.Live.ChangeAsync("test", _ => ResourceKind.Delete(ResourceKind.Token, owner.Id), CancellationToken.None);

        Assert.Equal(RefusalReason.Conflict, changed.Refusal?.Reason);
        Assert.Single(fixture.Live.Current.Tokens);
    }

    [Fact]
    public async Task A_refused_or_failed_change_leaves_no_trace()
    {
        var fixture = await WorkspaceFixture.StartedAsync();
        var (before, end) = (fixture.Live.Current, fixture.Log.End);

        fixture.Log.IsBusy = true;
        Assert.Equal(RefusalReason.Busy, (await fixture.CreateSourceAsync("busy")).Refusal?.Reason);
        fixture.Log.IsBusy = false;
        fixture.Log.IsBroken = true;
        await Assert.ThrowsAsync<IOException>(() => fixture.CreateSourceAsync("broken"));
        fixture.Log.IsBroken = false;
        await fixture.CreateSourceAsync("bad slug!");

        Assert.Same(before, fixture.Live.Current);
        Assert.Equal(end, fixture.Log.End);
    }

    [Fact]
    public async Task A_change_that_changes_nothing_is_no_revision()
    {
        var fixture = await WorkspaceFixture.StartedAsync();
        var source = fixture.Live.Current.Sources[0];

        var changed = await fixture.Live.ChangeAsync("test", _ => ResourceKind.Put(source), CancellationToken.None);

        Assert.Null(changed.Refusal);
        Assert.Equal(1, changed.Snapshot.Revision);
    }

    [Fact]
    public async Task The_audit_log_forgets_the_oldest_revisions()
    {
        var fixture = await WorkspaceFixture.StartedAsync();
        var source = fixture.Live.Current.Sources[0];
        for (var at = 0; at < AuditEntry.KeptMax + 5; at++)
        {
            var enabled = at % 2 == 1;
            await fixture.Live.ChangeAsync("test", _ => ResourceKind.Put(source with { Enabled = enabled }), CancellationToken.None);
        }

        Assert.Equal(AuditEntry.KeptMax, fixture.Live.Current.Audit.Count());
        Assert.Equal(fixture.Live.Current.Revision, fixture.Live.Current.Audit.First().Revision);
    }

    [Fact]
    public async Task Changes_at_the_same_time_all_happen()
    {
        var fixture = await WorkspaceFixture.StartedAsync();

        await Task.WhenAll(Enumerable.Range(0, 50).Select(at => Task.Run(() => fixture.CreateSourceAsync($"source-{at}"))));

        Assert.Equal(51, fixture.Live.Current.Sources.Select(source => source.Number).Distinct().Count());
        Assert.Equal(51, fixture.Live.Current.Revision);
    }

    [Fact]
    public async Task Whoever_waits_for_a_revision_is_woken()
    {
        var fixture = await WorkspaceFixture.StartedAsync();
        var waiting = fixture.Live.WaitAsync(1, CancellationToken.None).AsTask();
        Assert.False(waiting.IsCompleted);

        await fixture.CreateSourceAsync("shop");

        await waiting.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void A_gap_between_store_and_log_is_refused()
    {
        var fixture = new WorkspaceFixture();
        var revision = new WorkspaceRevision(3, "test", 0, []);
        var records = new Tributary.Engine.Log.LogRecords();
        Tributary.Engine.Log.ReceivedRecord.AddJson(records, Tributary.Engine.Log.ReceivedKind.Revision, 0, WorkspaceRevisionJson.Write(revision));
        fixture.Log.AppendAsync(records).AsTask().Wait();

        Assert.Throws<InvalidDataException>(fixture.Crash);
    }
}
