using System.Text;
using System.Text.Json;
using Tributary.Engine.Workspace;
using Xunit;

namespace Tributary.Engine.Tests.Workspace;

public sealed class IdentitySettingsFormTests
{
    [Fact]
    public void What_is_left_out_gets_the_defaults()
    {
        var (settings, refusal) = Parse("""{"identifiers":[{"type":"user_id"},{"type":"phone","matchKeys":["phone","mobile_phone"],"window":"weekly"}]}""");

        Assert.Null(refusal);
        Assert.Equal((1, LimitWindow.Ever, 1), (settings.Identifiers[0].Limit, settings.Identifiers[0].Window, settings.Identifiers[0].Priority));
        Assert.Equal((5, LimitWindow.Weekly, 2), (settings.Identifiers[1].Limit, settings.Identifiers[1].Window, settings.Identifiers[1].Priority));
        Assert.Equal(["phone", "mobile_phone"], settings.Identifiers[1].MatchKeys);
    }

    [Fact]
    public void What_is_read_is_taken_back_unchanged()
    {
        var written = ApiJson.Of(IdentitySettings.Default).ToJsonString();

        var (settings, refusal) = Parse(written);

        Assert.Null(refusal);
        Assert.Equal(written, ApiJson.Of(settings).ToJsonString());
    }

    [Theory]
    [InlineData("""{}""", "identifiers")]
    [InlineData("""{"identifiers":{}}""", "identifiers")]
    [InlineData("""{"identifiers":[1]}""", "identifiers[0]")]
    [InlineData("""{"identifiers":[{}]}""", "identifiers[0].type")]
    [InlineData("""{"identifiers":[{"type":"Email"}]}""", "identifiers[0].type")]
    [InlineData("""{"identifiers":[{"type":""}]}""", "identifiers[0].type")]
    [InlineData("""{"identifiers":[{"type":"a b"}]}""", "identifiers[0].type")]
    [InlineData("""{"identifiers":[{"type":"email"},{"type":"email"}]}""", "identifiers[1].type")]
    [InlineData("""{"identifiers":[{"type":"email","limit":0}]}""", "identifiers[0].limit")]
    [InlineData("""{"identifiers":[{"type":"email","limit":1.5}]}""", "identifiers[0].limit")]
    [InlineData("""{"identifiers":[{"type":"email","limit":"5"}]}""", "identifiers[0].limit")]
    [InlineData("""{"identifiers":[{"type":"email","limit":99999999999}]}""", "identifiers[0].limit")]
    [InlineData("""{"identifiers":[{"type":"a"},{"type":"b"},{"type":"c","window":"Fortnightly"}]}""", "identifiers[2].window")]
    [InlineData("""{"identifiers":[{"type":"email","window":"3"}]}""", "identifiers[0].window")]
    [InlineData("""{"identifiers":[{"type":"email","priority":0}]}""", "identifiers[0].priority")]
    [InlineData("""{"identifiers":[{"type":"email","priority":-1}]}""", "identifiers[0].priority")]
    [InlineData("""{"identifiers":[{"type":"email","windows":"Ever"}]}""", "identifiers[0].windows")]
    [InlineData("""{"identifiers":[{"type":"email","matchKeys":"email"}]}""", "identifiers[0].matchKeys")]
    [InlineData("""{"identifiers":[{"type":"email","matchKeys":["email",7]}]}""", "identifiers[0].matchKeys[1]")]
    [InlineData("""{"identifiers":[{"type":"email","blocked":["x"]}]}""", "identifiers[0].blocked[0]")]
    [InlineData("""{"identifiers":[{"type":"email","blocked":[{}]}]}""", "identifiers[0].blocked[0]")]
    [InlineData("""{"identifiers":[{"type":"email","blocked":[{"exact":"a","pattern":"b"}]}]}""", "identifiers[0].blocked[0]")]
    [InlineData("""{"identifiers":[{"type":"email","blocked":[{"exact":"-1"},{"pattern":"("}]}]}""", "identifiers[0].blocked[1].pattern")]
    [InlineData("""{"identifiers":[{"type":"email","blocked":[{"pattern":"^(?!a)"}]}]}""", "identifiers[0].blocked[0].pattern")]
    [InlineData("""{"identifiers":[{"type":"email","blocked":[{"pattern":"(a)\\1"}]}]}""", "identifiers[0].blocked[0].pattern")]
    [InlineData("""{"identifiers":[{"type":"email","blocked":[{"pattern":"((a{1,30}){1,30}){1,30}$"}]}]}""", "identifiers[0].blocked[0].pattern")]
    [InlineData("""{"identifiers":[{"type":"email","blocked":[{"pattern":"^[0-]*$"},{"pattern":"(?:.*a.{120}){4}$"}]}]}""", "identifiers[0].blocked[1].pattern")]
    [InlineData("""{"identifiers":[],"demotion":"Nobody"}""", "demotion")]
    public void Names_the_field_that_is_wrong(string json, string field)
    {
        var (_, refusal) = Parse(json);

        Assert.Equal(RefusalReason.Invalid, refusal?.Reason);
        Assert.Equal(field, Assert.Single(refusal!.Faults).Field);
        Assert.NotEmpty(refusal.Faults[0].Message);
    }

    [Fact]
    public void Names_all_faults_at_once()
    {
        var (_, refusal) = Parse("""{"identifiers":[{"type":"A","limit":0},{"type":"b","window":"x"}]}""");

        Assert.Equal(["identifiers[0].type", "identifiers[0].limit", "identifiers[1].window"], refusal!.Faults.Select(fault => fault.Field));
    }

    [Theory]
    [InlineData("^[0-]*$")]
    [InlineData("^$")]
    [InlineData(@"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
    [InlineData(@"^[\w.+-]+@(example|test)\.(com|org|net)$")]
    [InlineData("^(null|undefined|none|anonymous|guest|-1|0)$")]
    [InlineData(".*(test|qa|internal).*")]
    public void Patterns_that_people_write_are_taken(string pattern) =>
        Assert.Empty(Parse($$$"""{"identifiers":[{"type":"email","blocked":[{{{string.Join(',', Enumerable.Repeat($$"""{"pattern":{{JsonSerializer.Serialize(pattern)}}}""", 100))}}}]}]}""").Refusal?.Faults ?? []);

    [Theory]
    [InlineData("", 0)]
    [InlineData("^[0-]*$", 3)]
    [InlineData("a{3}b", 4)]
    [InlineData("a{3,}b", 4)]
    [InlineData("(ab){0,10}c", 21)]
    [InlineData("((a{1,30}){1,30}){1,30}", 27_000)]
    [InlineData("((a{9999}){9999}){9999}", 1_000_000)]
    [InlineData("[]a]{5}", 5)]
    [InlineData("[^]a]{5}", 5)]
    [InlineData("[a-z-[aeiou]]{5}", 5)]
    [InlineData(@"[\]{}]{5}", 5)]
    [InlineData(@"\p{Lu}{7}", 7)]
    [InlineData(@"\({4}", 4)]
    [InlineData(@"\{4}", 3)]
    [InlineData("a{x}", 4)]
    [InlineData("a{,5}", 5)]
    [InlineData("a{ 0}", 5)]
    [InlineData("a{+2}", 4)]
    [InlineData("a{0}b", 2)]
    [InlineData("a)b(", 0)]
    [InlineData("[\\", 1)]
    [InlineData("[", 1)]
    [InlineData(@"\", 1)]
    public void A_pattern_is_as_large_as_what_it_repeats(string pattern, long size) => Assert.Equal(size, PatternSize.Of(pattern));

    [Fact]
    public void Settings_survive_the_store()
    {
        var (settings, _) = Parse("""{"identifiers":[{"type":"anonymous_id","limit":5,"window":"Weekly","priority":3,"blocked":[{"pattern":"^[0-]*$"},{"exact":"-1"}]}],"demotion":"LowestThatClears"}""");

        var body = JsonSerializer.SerializeToNode(settings, WorkspaceSnapshot.Json)!;
        var back = body.Deserialize<IdentitySettings>(WorkspaceSnapshot.Json)!;

        Assert.Equal("Weekly", (string?)body["identifiers"]![0]!["window"]);
        Assert.Equal(ApiJson.Of(settings).ToJsonString(), ApiJson.Of(back).ToJsonString());
    }

    private static (IdentitySettings Settings, WorkspaceRefusal? Refusal) Parse(string json)
    {
        var (input, refusal) = JsonInput.Parse(Encoding.UTF8.GetBytes(json));
        Assert.Null(refusal);
        return IdentitySettingsForm.Parse(input);
    }
}
