using System.Text;
using System.Text.Json;
using Tributary.Engine.Lake.Evaluating;
using Tributary.Engine.Log;
using Tributary.Engine.Profiles;
using Tributary.Engine.Storage;
using Tributary.Engine.Tests.Lake;
using Tributary.Engine.Workspace;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Audiences;

/// <summary>
/// What clients send under the key of an audience or computed trait: the key is the computation's while that exists, for the Profile API, for readers of the event
/// log, for the lake and for other definitions alike.
/// </summary>
public sealed class SentUnderKeyTests : IDisposable
{
    private readonly PastWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task What_is_sent_does_not_show_while_the_computation_exists_and_shows_again_when_it_is_deleted()
    {
        _world.River.Identify(user: "u1", traits: """{"plan":"pro"}""").Identify(user: "u2", traits: """{"plan":"pro","city":"Oslo"}""");
        Assert.Equal("""plan="pro" """.Trim(), Of("u1"));
        _world.Define("pro", "trait('plan') = 'pro'");
        await _world.GatherAsync();
        Assert.Equal("""plan="pro" pro=true""", Of("u1"));

        _world.Define("plan", "event('Bought').count() >= 1");
        _world.Track("u1", "Bought");
        await _world.GatherAsync();
        Assert.Equal("plan=true pro=false", Of("u1"));
        Assert.Equal("""city="Oslo" pro=false""", Of("u2"));

        _world.River.Identify(user: "u1", traits: """{"plan":"pro","city":"Rome"}""").Identify(user: "u2", traits: """{"plan":"free"}""").Identify(user: "u3", traits: """{"plan":"free"}""");
        _world.Track("u4", "Bought");
        Assert.Equal("""city="Rome" plan=true pro=false""", Of("u1"));
        Assert.Equal("""city="Oslo" pro=false""", Of("u2"));
        Assert.Equal("", Of("u3"));
        await AgreeAsync();

        _world.Define("pro", "trait('city').exists()");
        await _world.GatherAsync();
        _world.Define("plan", "event('Bought').count() >= 1", plan => plan with { Deleted = true, Enabled = false });
        await _world.GatherAsync();
        Assert.Equal("""city="Rome" plan="pro" pro=true""", Of("u1"));
        Assert.Equal("""city="Oslo" plan="free" pro=true""", Of("u2"));
        Assert.Equal("""plan="free" """.Trim(), Of("u3"));
        // What it said last stays where nothing was sent.
        Assert.Equal("plan=true", Of("u4"));

        _world.Define("said", "trait('plan')", kind: Computation.Trait);
        await _world.GatherAsync();
        _world.River.Identify(user: "u1", traits: """{"plan":null}""").Identify(user: "u4", traits: """{"plan":"new"}""");
        Assert.Equal("""city="Rome" pro=true""", Of("u1"));
        Assert.Equal("""plan="new" said="new" """.Trim(), Of("u4"));
        await AgreeAsync();
    }

    [Fact]
    public async Task What_a_deleted_audience_said_last_is_read_like_a_trait_that_was_sent()
    {
        _world.Define("buyers", "event('Bought').count() >= 1");
        await _world.GatherAsync();
        _world.Track("u1", "Bought").Track("u2", "Seen");
        _world.Define("buyers", "event('Bought').count() >= 1", buyers => buyers with { Deleted = true, Enabled = false });
        var copy = _world.Define("copy", "trait('buyers') = true");
        await _world.GatherAsync();

        Assert.Equal("u1", _world.Members(copy.Number));
        await AgreeAsync();
    }

    [Fact]
    public async Task A_computation_that_hid_nothing_is_deleted_without_touching_anybody()
    {
        var buyers = _world.Define("buyers", "event('Bought').count() >= 1");
        await _world.GatherAsync();
        _world.Track("u1", "Bought");

        _world.Define("buyers", "event('Bought').count() >= 1", its => its with { Deleted = true, Enabled = false });

        Assert.False(_world.River.Store.Contains(Table.Computations, StateKeys.Computation(1, buyers.Number)));
    }

    [Fact]
    public async Task A_merge_and_a_split_do_not_bring_it_back()
    {
        _world.Define("vip", "event('Bought').count() >= 2");
        await _world.GatherAsync();
        _world.River.Identify(user: "u1", traits: """{"vip":"yes"}""").Identify(anonymous: "a1", traits: """{"vip":"no","plan":"pro"}""");
        _world.Track("u1", "Bought");
        _world.River.Identify(user: "u1", anonymous: "a1");
        Assert.Equal("""plan="pro" """.Trim(), Of("u1"));
        _world.Track("u1", "Bought");
        Assert.Equal("""plan="pro" vip=true""", Of("u1"));

        _world.River.Split("user_id:u1", "anonymous_id:a1");

        Assert.Equal("vip=true", Of("u1"));
        await AgreeAsync();
    }

    [Fact]
    public async Task The_key_is_taken_for_accounts_too()
    {
        _world.Define("vip", "event('Bought').count() >= 2");
        _world.Define("big", "trait('vip') = true", type: "ACCOUNTS");
        await _world.GatherAsync();

        _world.River.Group("u1", "g1", """{"vip":true,"plan":"pro"}""").At(1).At(2);

        Assert.Equal("""plan="pro" """.Trim(), Of("g1", ProfileCollection.Accounts));
        await AgreeAsync();
    }

    // The traits of a profile, which all say the same of: the Profile API, the event log, the lake.
    private string Of(string name, ProfileCollection collection = ProfileCollection.Users)
    {
        _world.Settle();
        var profile = _world.River.Find($"{(collection == ProfileCollection.Users ? "user_id" : "group_id")}:{name}", collection)!;
        var view = Text(ProfileView.AllTraits(profile, _world.Workspace).Select(pair => (pair.Key, Encoding.UTF8.GetString(pair.Value.Json!))));
        var told = new Dictionary<string, string>();
        foreach (var record in _world.River.Decisions().Where(record => record.Kind == DecidedKind.Traits && record.Profile == profile.Id))
        {
            if (record.TraitsReplaced) told.Clear();
            using var json = JsonDocument.Parse(record.Payload);
            foreach (var trait in json.RootElement.EnumerateObject())
            {
                if (trait.Value.ValueKind == JsonValueKind.Null) told.Remove(trait.Name);
                else told[trait.Name] = trait.Value.GetRawText();
            }
        }

        Assert.Equal(view, Text(told.Select(pair => (pair.Key, pair.Value))));
        var rows = _world.Rows($"SELECT name, value, is_text FROM lake.profiles.user_traits WHERE canonical_segment_id = '{profile.Id}'");
        Assert.Equal(view, Text(rows.Select(row => ((string)row[0]!, row[2] is true ? $"\"{row[1]}\"" : (string)row[1]!))));
        return view;
    }

    private static string Text(IEnumerable<(string Name, string Json)> traits) => string.Join(' ', traits.Select(trait => $"{trait.Name}={trait.Json}").Order(StringComparer.Ordinal));

    private async Task AgreeAsync()
    {
        _world.Settle();
        var verifier = new AudienceVerifier(new LakeEvaluator(_world.Database, TimeProvider.System), _world.River.Store, TimeProvider.System);
        foreach (var computation in _world.Workspace.Computations.Where(each => !each.Deleted))
        {
            var verified = await verifier.VerifyAsync(computation, _world.Workspace, TestContext.Current.CancellationToken);
            Assert.Null(verified.Refusal);
            Assert.Empty(verified.Differences);
        }
    }
}
