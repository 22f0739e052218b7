using System.Text.Json;
using System.Text.Json.Nodes;
using Bunit;
using Tributary.Console.Destinations;
using Tributary.Engine.Workspace;
using Xunit;

namespace Tributary.Console.Tests.Pages;

/// <summary>The form that is made of what a kind of destination asks for.</summary>
public sealed class SettingsFormTests : BunitContext
{
    private static readonly DestinationKind Kind = new(
        "probe",
        "Probe",
        "",
        [
            new("endpoint", "string", false, "Where. **Note:** [docs](https://example.com).") { Label = "Region", Default = Json("\"eu\""), Choices = Json("""[{"label":"Europe","value":"eu"},{"label":"America","value":"us"}]""") },
            new("apiKey", "string", true, "", IsSecret: true) { Label = "API key" },
            new("batchSize", "number", false, ""),
            new("isStrict", "boolean", false, ""),
            new("headers", "map", false, ""),
        ],
        _ => []);

    [Fact]
    public void Each_setting_has_a_field_of_its_type_and_required_ones_come_first()
    {
        var form = Render<SettingsForm>(parameters => parameters.Add(each => each.Draft, SettingsDraft.New(Kind)));
        Assert.Equal(["API key *", "Region", "Batch size", "Headers"], form.FindAll("label[for]").Select(label => label.TextContent.Trim()));
        Assert.Equal("password", form.Find("#setting-apiKey").GetAttribute("type"));
        Assert.Equal("decimal", form.Find("#setting-batchSize").GetAttribute("inputmode"));
        Assert.Equal("checkbox", form.Find("#setting-isStrict").GetAttribute("type"));
        Assert.Equal("eu", form.Find("#setting-endpoint option[selected]").GetAttribute("value"));
        Assert.Contains("Where. Note: docs.", form.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_typed_becomes_settings_of_the_right_type()
    {
        var draft = SettingsDraft.New(Kind);
        var form = Render<SettingsForm>(parameters => parameters.Add(each => each.Draft, draft));
        form.Find("#setting-apiKey").Change("k-1");
        form.Find("#setting-batchSize").Change("20");
        form.Find("#setting-isStrict").Change(true);
        form.Find("#setting-headers").Click();
        form.Find("input[aria-label=Name]").Change("X-Team");
        form.Find("input[aria-label=Value]").Change("shop");
        Assert.Equal("""{"apiKey":"k-1","endpoint":"eu","batchSize":20,"isStrict":true,"headers":{"X-Team":"shop"}}""", draft.Changes().ToJsonString());
    }

    [Fact]
    public void A_stored_secret_is_never_shown_and_stays_unless_it_is_replaced()
    {
        var draft = SettingsDraft.Of(Kind, new JsonObject { ["apiKey"] = SecretBox.Mask, ["endpoint"] = "us", ["isStrict"] = false });
        var form = Render<SettingsForm>(parameters => parameters.Add(each => each.Draft, draft));
        Assert.Equal(SecretBox.Mask, form.Find("#setting-apiKey").GetAttribute("value"));
        Assert.False(draft.IsChanged);
        form.Find("#setting-endpoint").Change("eu");
        Assert.Equal("""{"endpoint":"eu"}""", draft.Changes().ToJsonString());
        form.FindAll("button").First(button => button.TextContent == "Replace").Click();
        form.Find("#setting-apiKey").Change("k-2");
        Assert.Equal("""{"apiKey":"k-2","endpoint":"eu"}""", draft.Changes().ToJsonString());
    }

    [Fact]
    public void A_fault_stands_beside_its_field_and_a_viewer_cannot_type()
    {
        var form = Render<SettingsForm>(parameters => parameters
            .Add(each => each.Draft, SettingsDraft.New(Kind)).Add(each => each.ReadOnly, true).Add(each => each.FaultOf, field => field == "settings.apiKey" ? "It is missing." : null));
        Assert.Equal("It is missing.", form.Find("#setting-apiKey").ParentElement!.QuerySelector("[role=alert]")!.TextContent);
        Assert.Equal("true", form.Find("#setting-apiKey").GetAttribute("aria-invalid"));
        Assert.True(form.Find("#setting-batchSize").HasAttribute("readonly"));
        Assert.Empty(form.FindAll("button"));
    }

    private static JsonElement Json(string text)
    {
        using var parsed = JsonDocument.Parse(text);
        return parsed.RootElement.Clone();
    }
}
