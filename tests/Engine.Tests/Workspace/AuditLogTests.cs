using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tributary.Engine.Workspace;
using Xunit;

namespace Tributary.Engine.Tests.Workspace;

/// <summary>What the audit log holds of values, and what it never does.</summary>
public sealed class AuditLogTests
{
    private const string Mask = SecretBox.Mask;

    [Fact]
    public async Task It_tells_who_changed_which_field_from_what_to_what()
    {
        var fixture = await WorkspaceFixture.StartedAsync();
        var source = fixture.Live.Current.Sources[0];
        var changed = source with { Name = "Shop", Enabled = false, Settings = new JsonObject { ["rateLimit"] = 5 }, Labels = [new("team", "growth")] };

        var item = Assert.Single((await PutAsync(fixture, ResourceKind.Put(changed), "ada")).Items);

        Assert.Equal(("ada", 2), (fixture.Live.Current.Audit.First().Author, fixture.Live.Current.Audit.First().Revision));
        Assert.Equal(("Modified", 0), (item.Action, item.Omitted));
        Assert.Equal(["enabled", "labels", "name", "settings"], item.Fields.Order());
        Assert.Equal(
            ["enabled: true → false", """labels: [] → [{"key":"team","value":"growth"}]""", """name: "First source" → "Shop" """.Trim(), "settings.rateLimit: null → 5"],
            Lines(item).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_element_of_a_list_is_named_by_what_tells_it_from_others()
    {
        var fixture = await WorkspaceFixture.StartedAsync();
        var space = fixture.Live.Current.Spaces[0];
        var rules = space.Identity.Identifiers;
        var swapped = rules.SetItem(0, rules[1] with { Priority = 1, Limit = 3 }).SetItem(1, rules[0] with { Priority = 2 });

        var item = Assert.Single((await PutAsync(fixture, ResourceKind.Put(space with { Identity = space.Identity with { Identifiers = swapped } }))).Items);

        Assert.Equal(
            ["identity.identifiers[email].limit: 5 → 3", "identity.identifiers[email].priority: 2 → 1", "identity.identifiers[user_id].priority: 1 → 2"],
            Lines(item).Where(line => !line.StartsWith("identity.identifiers:", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        var order = Assert.Single(item.Changes, change => change.Field == "identity.identifiers");
        Assert.Equal(["email", "user_id"], order.After!.AsArray().Take(2).Select(type => (string)type!));
    }

    [Fact]
    public async Task What_is_created_has_no_values_before_and_what_is_deleted_none_after()
    {
        var fixture = await WorkspaceFixture.StartedAsync();
        var created = Assert.Single((await PutAsync(fixture, ResourceKind.Put(new Token { Id = "t", Name = "CI", Hash = WorkspaceSecrets.HashOf("trb_x"), Scopes = ["admin"] }))).Items);
        var deleted = Assert.Single((await PutAsync(fixture, ResourceKind.Delete(ResourceKind.Token, "t"))).Items);

        Assert.Equal(["name: null → \"CI\"", $"hash: null → \"{Mask}\"", "scopes: null → [\"admin\"]"], Lines(created));
        Assert.Equal(["name: \"CI\" → null", $"hash: \"{Mask}\" → null", "scopes: [\"admin\"] → null"], Lines(deleted));
    }

    [Fact]
    public async Task No_secret_enters_it_whatever_it_is_called()
    {
        var fixture = await WorkspaceFixture.StartedAsync();
        using var box = SecretBox.Open(Convert.ToBase64String(new byte[32]), "");
        var register = new MemberRegister(fixture.Live, TimeProvider.System);
        var (owner, _) = await register.SetUpAsync("grace@example.com", "Grace", "a sentence is fine", CancellationToken.None);
        var (code, _) = await register.InviteAsync(owner!, "eve@example.com", "Eve", MemberRole.Editor, false, CancellationToken.None);
        var (eve, _) = await register.AcceptAsync(code!, "another sentence", CancellationToken.None);
        await fixture.CreateSourceAsync("shop", "http-api", "the-write-key-of-the-shop");
        var source = fixture.Live.Current.Sources[1];
        await PutAsync(fixture, ResourceKind.Put(source with
        {
            WriteKeys = source.WriteKeys.Add("a-second-write-key"),
            Settings = new JsonObject { ["clientSecret"] = "plain-secret-1", ["label"] = "k8s9d7f6g5h4j3k2l1m0" },
        }));
        var settings = box.Seal(
            new JsonObject { ["url"] = "https://ada:plain-secret-2@example.com/hook?key=plain-secret-3", ["password"] = "plain-secret-4", ["dsn"] = "Host=db;Password=plain-secret-5;Database=x" },
            name => name == "password", []);
        var destination = new Destination { Id = "d", Number = WorkspaceNumbers.Next(fixture.Live.Current, ResourceKind.Destination), Name = "Hook", MetadataId = "webhook", SourceId = source.Id, Settings = settings };
        await PutAsync(fixture, ResourceKind.Put(destination));
        await PutAsync(fixture, ResourceKind.Put(new Subscription
        {
            Id = "s",
            Number = WorkspaceNumbers.Next(fixture.Live.Current, ResourceKind.Subscription),
            DestinationId = "d",
            Name = "Track",
            Action = "track",
            Trigger = "type = \"track\"",
            Settings = new JsonObject { ["headers"] = new JsonArray(new JsonObject { ["key"] = "Authorization", ["value"] = "plain-secret-6" }), ["note"] = "Bearer plain-secret-7" },
        }));
        await PutAsync(fixture, ResourceKind.Put(new Function { Id = "f", ResourceType = Function.InsertType, DisplayName = "Mine", Code = "const key = 'plain-secret-8'\n" }));

        var log = JsonSerializer.Serialize(fixture.Live.Current.Audit, WorkspaceSnapshot.Json);

        var secrets = fixture.Live.Current.Tokens.Select(token => token.Hash)
            .Concat([owner!.PasswordHash!, eve!.PasswordHash!, owner.Stamp, eve.Stamp, code!, WorkspaceSecrets.HashOf(code!), "a sentence", "another sentence", "the-write-key", "a-second-write-key", "k8s9d7f6", "$sealed"])
            .Concat(fixture.Live.Current.Sources.SelectMany(each => each.WriteKeys))
            .Append("plain-secret");
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, log, StringComparison.Ordinal));
        Assert.Contains("29 characters in 2 lines", log, StringComparison.Ordinal);
        Assert.Contains($"https://{Mask}@example.com/hook?{Mask}", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_setting_that_becomes_a_secret_was_one_before()
    {
        var fixture = await WorkspaceFixture.StartedAsync();
        using var box = SecretBox.Open(Convert.ToBase64String(new byte[32]), "");
        var source = fixture.Live.Current.Sources[0] with { Settings = new JsonObject { ["region"] = "eu-west" } };
        await PutAsync(fixture, ResourceKind.Put(source));

        var item = Assert.Single((await PutAsync(fixture, ResourceKind.Put(source with { Settings = box.Seal(source.Settings, _ => true, []) }))).Items);

        Assert.Equal([$"settings.region: \"{Mask}\" → \"{Mask}\""], Lines(item));
    }

    [Fact]
    public async Task What_is_long_is_cut_and_a_large_revision_keeps_the_first_values_only()
    {
        var fixture = await WorkspaceFixture.StartedAsync();
        var queries = Enumerable.Range(0, 200).Select(at => ResourceKind.Put(new SavedQuery { Id = $"q{at:D3}", Name = $"Query {at}", Sql = "SELECT 1 " + new string('x', 10_000) }));

        await fixture.Live.ChangeAsync("test", _ => WorkspaceEdit.Of(queries), CancellationToken.None);

        var entry = fixture.Live.Current.Audit.First();
        Assert.Equal(200, entry.Items.Length);
        var sql = Assert.Single(entry.Items[0].Changes, change => change.Field == "sql");
        Assert.Equal(AuditValues.ValueCharactersMax + 1, ((string)sql.After!).Length);
        Assert.EndsWith("…", (string)sql.After!, StringComparison.Ordinal);
        Assert.Equal(0, entry.Items[0].Omitted);
        Assert.Equal(2, entry.Items[199].Omitted);
        Assert.True(JsonSerializer.Serialize(entry.Items.Select(item => item.Changes), WorkspaceSnapshot.Json).Length < 3 * AuditValues.EntryCharactersMax);
    }

    [Fact]
    public async Task It_is_the_same_after_a_crash_and_reads_entries_of_before_there_were_values()
    {
        var fixture = await WorkspaceFixture.StartedAsync();
        var old = JsonNode.Parse("""{"revision":1,"author":"ada","at":5,"items":[{"kind":"source","id":"s","name":"Shop","action":"Modified","fields":["name"]}]}""")!.AsObject();
        await PutAsync(fixture, ResourceKind.Put(fixture.Live.Current.Sources[0] with { Name = "Shop" }));
        var before = WorkspaceFixture.Bytes(fixture.Live.Current);

        fixture.Crash();

        Assert.Equal(before, WorkspaceFixture.Bytes(fixture.Live.Current));
        var snapshot = WorkspaceSnapshot.Of(1, [new(ResourceKind.Audit, AuditEntry.IdOf(1), old)]);
        var item = Assert.Single(Assert.Single(snapshot.Audit).Items);
        Assert.Equal(["name"], item.Fields);
        Assert.Empty(item.Changes);
    }

    private static async Task<AuditEntry> PutAsync(WorkspaceFixture fixture, ResourceChange change, string author = "test")
    {
        var changed = await fixture.Live.ChangeAsync(author, _ => change, CancellationToken.None);
        Assert.Null(changed.Refusal);
        return changed.Snapshot.Audit.First();
    }

    private static ImmutableArray<string> Lines(AuditItem item) => [.. item.Changes.Select(change => $"{change.Field}: {Text(change.Before)} → {Text(change.After)}")];

    private static string Text(JsonNode? node) => node?.ToJsonString(WorkspaceSnapshot.Json) ?? "null";
}
