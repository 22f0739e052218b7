using System.Text.Json;
using System.Text.Json.Nodes;
using Tributary.Console.Destinations;
using Tributary.Engine.Workspace;
using Xunit;

namespace Tributary.Console.Tests.Pages;

/// <summary>A mapping while somebody edits it.</summary>
public sealed class MappingDraftTests
{
    private static readonly DestinationAction Action = new("send", "Send", "", false, "type = \"track\"", false, Json("""
        {
          "email": {"label":"Email","type":"string","required":true,"default":{"@path":"$.properties.email"}},
          "greeting": {"label":"Greeting","type":"string","default":{"@template":"Dear {{traits.name}}"}},
          "price": {"label":"Price","type":"number"},
          "isTest": {"label":"Test","type":"boolean","default":false},
          "id": {"label":"Id","type":"string","default":{"@if":{"exists":{"@path":"$.userId"},"then":{"@path":"$.userId"},"else":{"@path":"$.anonymousId"}}}},
          "operation": {"label":"Operation","type":"string","choices":["create","update"]},
          "key": {"label":"Key","type":"string","depends_on":{"conditions":[{"fieldKey":"operation","operator":"is","value":"update"}]},"required":{"conditions":[{"fieldKey":"operation","operator":"is","value":"update"}]}},
          "own": {"label":"Own","type":"string","unsafe_hidden":true,"default":{"@path":"$.messageId"}}
        }
        """));

    [Fact]
    public void A_new_mapping_begins_with_the_defaults_and_gives_them_back()
    {
        var draft = MappingDraft.New(Action);
        Assert.Equal(
            [MappingMode.Path, MappingMode.Template, MappingMode.None, MappingMode.Value, MappingMode.Json, MappingMode.None, MappingMode.None, MappingMode.Path],
            draft.Fields.Select(field => field.Mode));
        Assert.True(JsonNode.DeepEquals(Action.DefaultMapping(), draft.Value()));
        Assert.Empty(draft.Faults());
    }

    [Fact]
    public void What_is_typed_has_the_type_of_its_field()
    {
        var draft = MappingDraft.New(Action);
        Set(draft, "price", MappingMode.Value, "9.5");
        Set(draft, "isTest", MappingMode.Value, "true");
        Set(draft, "email", MappingMode.Path, "$.traits.email");
        Set(draft, "greeting", MappingMode.None, "");
        var value = draft.Value();
        Assert.Equal("9.5 true", $"{value["price"]!.ToJsonString()} {value["isTest"]!.ToJsonString()}");
        Assert.Equal("""{"@path":"$.traits.email"}""", value["email"]!.ToJsonString());
        Assert.False(value.ContainsKey("greeting"));
    }

    [Fact]
    public void Conditions_say_which_fields_are_shown_and_which_are_required()
    {
        var draft = MappingDraft.New(Action);
        var key = Field(draft, "key");
        Assert.False(draft.IsShown(key));
        Set(draft, "operation", MappingMode.Value, "update");
        Assert.True(draft.IsShown(key) && draft.IsRequired(key));
        Assert.Equal("It is required.", draft.Faults()["key"]);
        Set(draft, "key", MappingMode.Path, "$.properties.key");
        Assert.Empty(draft.Faults());
        Assert.False(draft.IsShown(Field(draft, "own")));
    }

    [Fact]
    public void Faults_name_their_field_and_unknown_fields_stay()
    {
        var stored = new JsonObject { ["email"] = new JsonObject { ["@path"] = "$.e" }, ["gone"] = 1 };
        var draft = MappingDraft.Of(Action, stored);
        Assert.True(Field(draft, "gone").IsUnknown);
        Assert.True(JsonNode.DeepEquals(stored, draft.Value()));
        Set(draft, "id", MappingMode.Json, "{\"@if\":");
        Set(draft, "email", MappingMode.None, "");
        Assert.StartsWith("This is not valid JSON", draft.Faults()["id"], StringComparison.Ordinal);
        Assert.Equal("It is required.", draft.Faults()["email"]);
    }

    [Theory]
    [InlineData("""{"conditions":[{"fieldKey":"a","operator":"is","value":["x","y"]}]}""", "y", true)]
    [InlineData("""{"conditions":[{"fieldKey":"a","operator":"is_not","value":"x"}]}""", "x", false)]
    [InlineData("""{"conditions":[{"fieldKey":"a","operator":"is"}]}""", null, true)]
    [InlineData("""{"conditions":[{"fieldKey":"a","operator":"is_not"}]}""", null, false)]
    [InlineData("""{"match":"any","conditions":[{"fieldKey":"a","operator":"is","value":"x"},{"fieldKey":"a","operator":"is","value":true}]}""", "true", true)]
    [InlineData("""{"match":"all","conditions":[{"fieldKey":"a","operator":"is","value":"x"},{"fieldKey":"b","operator":"is","value":"x"}]}""", "x", false)]
    public void Conditions_hold_as_they_say(string conditions, string? value, bool expected) =>
        Assert.Equal(expected, FieldConditions.Hold(Json(conditions), key => key == "a" && value is not null ? JsonValue.Create(value) : null));

    private static MappingField Field(MappingDraft draft, string key) => draft.Fields.Single(field => field.Key == key);

    private static void Set(MappingDraft draft, string key, MappingMode mode, string text)
    {
        var field = Field(draft, key);
        (field.Mode, field.Text) = (mode, text);
    }

    private static JsonElement Json(string text)
    {
        using var parsed = JsonDocument.Parse(text);
        return parsed.RootElement.Clone();
    }
}
