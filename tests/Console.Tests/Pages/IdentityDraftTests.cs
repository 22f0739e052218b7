using Tributary.Console.Settings;
using Tributary.Engine.Workspace;
using Xunit;

namespace Tributary.Console.Tests.Pages;

public sealed class IdentityDraftTests
{
    [Fact]
    public void What_nobody_changed_is_sent_as_it_was()
    {
        var draft = IdentityDraft.Of(IdentitySettings.Default);

        Assert.False(draft.IsChanged);
        Assert.False(draft.IsBehind(IdentitySettings.Default));
        Assert.Equal(ApiJson.Of(IdentitySettings.Default).ToJsonString(), ApiJson.Of(Parsed(draft)).ToJsonString());
    }

    [Fact]
    public void Rules_of_equal_priority_stand_in_the_order_in_which_they_give_way()
    {
        var draft = IdentityDraft.Of(new IdentitySettings
        {
            Identifiers = [new() { Type = "phone", Priority = 7 }, new() { Type = "email", Priority = 7 }, new() { Type = "user_id", Priority = 2, Limit = 1 }],
        });

        Assert.Equal(["user_id", "email", "phone"], draft.Rules.Select(rule => rule.Type));
        Assert.Equal([1, 2, 3], Parsed(draft).Identifiers.Select(rule => rule.Priority));
    }

    [Fact]
    public void A_rule_moves_to_a_place_and_never_beyond_the_ends()
    {
        var draft = IdentityDraft.Of(IdentitySettings.Default);
        var (first, last) = (draft.Rules[0], draft.Rules[^1]);

        Assert.False(draft.Move(first, -1));
        Assert.True(draft.Move(first, 2));
        Assert.True(draft.Move(last, 0));
        Assert.False(draft.Move(last, 0));

        Assert.Equal([last.Type, "email", "android.id", "user_id"], draft.Rules.Take(4).Select(rule => rule.Type));
        Assert.True(draft.IsChanged);
        Assert.Equal(Enumerable.Range(1, 11), Parsed(draft).Identifiers.Select(rule => rule.Priority));
    }

    [Fact]
    public void What_is_written_is_read_as_the_api_reads_it()
    {
        var draft = IdentityDraft.Of(IdentitySettings.Default);
        var rule = draft.Add();
        (rule.Type, rule.Limit, rule.Window, rule.MatchKeys) = (" phone ", "3", LimitWindow.Monthly, "phone, mobile ,");
        rule.Blocked.Add(new BlockedDraft { Text = "-1" });
        rule.Blocked.Add(new BlockedDraft { How = BlockedDraft.ByPattern, Text = "^0+$" });

        var phone = Parsed(draft).Identifiers[^1];

        Assert.Equal(("phone", 3, LimitWindow.Monthly, 12), (phone.Type, phone.Limit, phone.Window, phone.Priority));
        Assert.Equal(["phone", "mobile"], phone.MatchKeys);
        Assert.Equal([("-1", null), (null, "^0+$")], phone.Blocked.Select(blocked => (blocked.Exact, blocked.Pattern)));

        rule.Limit = "many";
        Assert.Equal("identifiers[11].limit", Assert.Single(IdentitySettingsForm.Parse(JsonInput.Of(draft.Value())).Refusal!.Faults).Field);
    }

    [Fact]
    public void It_knows_when_somebody_else_has_changed_the_rules()
    {
        var draft = IdentityDraft.Of(IdentitySettings.Default);

        Assert.True(draft.IsBehind(IdentitySettings.Default with { Demotion = DemotionRule.LowestThatClears }));
    }

    private static IdentitySettings Parsed(IdentityDraft draft)
    {
        var (settings, refusal) = IdentitySettingsForm.Parse(JsonInput.Of(draft.Value()));
        Assert.Null(refusal);
        return settings;
    }
}
