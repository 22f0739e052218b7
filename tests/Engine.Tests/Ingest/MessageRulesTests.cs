using Tributary.Engine.Log;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Ingest;

public sealed class MessageRulesTests
{
    private readonly Door _door = new();

    [Theory]
    [InlineData("track", """{"event":"A"}""", "no_user_anon_id")]
    [InlineData("set", """{"id":"1","properties":{}}""", "object_invalid")]
    [InlineData("set", """{"collection":"Rooms","id":"1","properties":{}}""", "object_invalid")]
    [InlineData("set", """{"collection":"rooms_","id":"1","properties":{}}""", "object_invalid")]
    [InlineData("set", """{"collection":"rooms","properties":{}}""", "object_invalid")]
    [InlineData("set", """{"collection":"rooms","id":1,"properties":{}}""", "object_invalid")]
    [InlineData("set", """{"collection":"rooms","id":"1"}""", "object_invalid")]
    [InlineData("set", """{"collection":"rooms","id":"1","properties":{"a":{}}}""", "object_invalid")]
    [InlineData("set", """{"collection":"rooms","id":"1","properties":{"a":[1]}}""", "object_invalid")]
    [InlineData("track", """{"event":"A","userId":null,"anonymousId":""}""", "no_user_anon_id")]
    [InlineData("group", """{"groupId":"g"}""", "no_user_anon_id")]
    [InlineData("track", """{"userId":"u"}""", "event_not_defined")]
    [InlineData("track", """{"userId":"u","event":null}""", "event_not_defined")]
    [InlineData("track", """{"userId":"u","event":""}""", "event_not_defined")]
    [InlineData("track", """{"userId":"u","event":5}""", "event_not_string")]
    [InlineData("track", """{"userId":"u","event":{}}""", "event_not_string")]
    [InlineData("track", """{"userId":"u","event":"A","properties":"x"}""", "properties_not_object")]
    [InlineData("track", """{"userId":"u","event":"A","properties":[1]}""", "properties_not_object")]
    [InlineData("track", """{"userId":"u","event":"A","properties":[]}""", "properties_not_object")]
    [InlineData("page", """{"userId":"u","properties":1}""", "properties_not_object")]
    [InlineData("screen", """{"userId":"u","properties":true}""", "properties_not_object")]
    [InlineData("identify", """{"userId":"u","traits":"x"}""", "traits_not_object")]
    [InlineData("group", """{"userId":"u","groupId":"g","traits":[1]}""", "traits_not_object")]
    [InlineData("page", """{"userId":"u","name":5}""", "name_not_string")]
    [InlineData("page", """{"userId":"u","name":""}""", "name_not_string")]
    [InlineData("screen", """{"userId":"u","name":{}}""", "name_not_string")]
    [InlineData("page", """{"userId":"u","category":5}""", "category_not_string")]
    [InlineData("screen", """{"userId":"u","category":[]}""", "category_not_string")]
    [InlineData("group", """{"userId":"u"}""", "id_required")]
    [InlineData("alias", """{"userId":"u"}""", "id_required")]
    [InlineData("alias", """{"previousId":"u"}""", "id_required")]
    [InlineData("alias", """{"userId":"u","previousId":""}""", "id_required")]
    [InlineData("track", """{"event":"A","userId":{}}""", "id_not_string")]
    [InlineData("track", """{"event":"A","userId":true}""", "id_not_string")]
    [InlineData("track", """{"event":"A","userId":"u","anonymousId":[1]}""", "id_not_string")]
    [InlineData("track", """{"event":"A","userId":"u","messageId":{}}""", "id_not_string")]
    [InlineData("group", """{"userId":"u","groupId":false}""", "id_not_string")]
    [InlineData("track", """{"event":"Segment Consent Preference Updated","userId":"u"}""", "consent_categorypreferences_should_exist")]
    [InlineData("track", """{"event":"Segment Consent Preference Updated","userId":"u","context":{"consent":{"version":2}}}""", "consent_categorypreferences_should_exist")]
    [InlineData("track", """{"event":"Segment Consent Preference Updated","userId":"u","context":{"consent":{"categoryPreferences":[]}}}""", "consent_categorypreferences_fields_should_be_object")]
    [InlineData("track", """{"event":"Segment Consent Preference Updated","userId":"u","context":{"consent":{"categoryPreferences":{"a":true,"b":"no"}}}}""", "consent_categorypreferences_fields_should_be_bool")]
    [InlineData("track", """{"event":"A","userId":"u","context":{"device":{"advertisingId":5}}}""", "device_advertisingid_should_be_string")]
    [InlineData("track", """{"event":"A","userId":"u","context":{"consent":{"version":"2"}}}""", "consent_version_should_be_number")]
    [InlineData("track", """{"event":"A","userId":"u","context":"x"}""", "context_not_object")]
    [InlineData("track", """{"event":"A","userId":"u","context":[1]}""", "context_not_object")]
    [InlineData("track", """{"event":"A","userId":"u","integrations":true}""", "integrations_not_object")]
    public void A_message_that_breaks_a_rule_is_kept_as_a_discard(string type, string json, string code)
    {
        Assert.True(EventTypes.TryParse(System.Text.Encoding.UTF8.GetBytes(type), out var parsed));

        var entry = _door.Message(parsed, json);

        Assert.Equal((ReceivedKind.Discard, code, parsed, json), (entry.Kind, entry.Reason.Code(), entry.Type, entry.Payload));
    }

    [Theory]
    [InlineData("track", """{"event":"A","userId":"u"}""")]
    [InlineData("track", """{"event":"A","anonymousId":"a","userId":null}""")]
    [InlineData("track", """{"event":"A","userId":5}""")]
    [InlineData("track", """{"event":"A","userId":"u","properties":null,"context":null,"integrations":null}""")]
    [InlineData("track", """{"event":"A","userId":"u","context":[],"integrations":[ ]}""")]
    [InlineData("page", """{"userId":"u"}""")]
    [InlineData("page", """{"userId":"u","name":null,"category":""}""")]
    [InlineData("screen", """{"anonymousId":"a","name":"Home"}""")]
    [InlineData("identify", """{"userId":"u","traits":null}""")]
    [InlineData("identify", """{"anonymousId":"a"}""")]
    [InlineData("group", """{"anonymousId":"a","groupId":12}""")]
    [InlineData("alias", """{"userId":"u","previousId":"p"}""")]
    [InlineData("track", """{"event":"Segment Consent Preference Updated","userId":"u","context":{"consent":{"categoryPreferences":{"a":true,"b":false}}}}""")]
    [InlineData("track", """{"event":"A","userId":"u","context":{"device":{"advertisingId":null},"consent":{"version":2,"categoryPreferences":"x"}}}""")]
    public void A_message_that_keeps_the_rules_is_accepted(string type, string json)
    {
        Assert.True(EventTypes.TryParse(System.Text.Encoding.UTF8.GetBytes(type), out var parsed));

        Assert.Equal(ReceivedKind.Event, _door.Message(parsed, json).Kind);
    }

    [Theory]
    [InlineData("messageId", 100, true)]
    [InlineData("messageId", 101, false)]
    [InlineData("userId", 512, true)]
    [InlineData("userId", 513, false)]
    [InlineData("anonymousId", 513, false)]
    [InlineData("event", 1024, true)]
    [InlineData("event", 1025, false)]
    public void Ids_and_names_have_a_longest_length_in_characters(string field, int length, bool accepted)
    {
        foreach (var letter in (string[])["x", "é", "\\u00e9"])
        {
            var text = string.Concat(Enumerable.Repeat(letter, length));
            var json = $$"""{"userId":"u","event":"A","{{field}}":"{{text}}"}""";

            Assert.Equal(accepted ? default : DiscardReason.FieldTooLong, _door.Track(json).Reason);
        }
    }

    [Theory]
    [InlineData("""[]""", "empty_batch")]
    [InlineData("""null""", "empty_batch")]
    [InlineData("""{}""", "empty_batch")]
    [InlineData("""[5]""", "not_an_object empty_batch_result")]
    [InlineData("""[null,"x"]""", "not_an_object not_an_object empty_batch_result")]
    [InlineData("""[{"userId":"u"}]""", "type_unknown empty_batch_result")]
    [InlineData("""[{"type":"Track","userId":"u","event":"A"}]""", "type_unknown empty_batch_result")]
    [InlineData("""[{"type":"track","userId":"u","event":"A"},{"type":"track"}]""", "ok no_user_anon_id")]
    [InlineData("""[{"type":5,"userId":"u"},{"type":"page","userId":"u"}]""", "type_unknown ok")]
    public void Each_item_of_a_batch_has_its_own_verdict(string batch, string codes)
    {
        var entries = _door.Batch($$"""{"batch":{{batch}}}""");

        Assert.Equal(codes, string.Join(' ', entries.Select(entry => entry.Kind == ReceivedKind.Event ? "ok" : entry.Reason.Code())));
    }

    [Fact]
    public void An_envelope_without_a_batch_is_an_empty_batch()
    {
        var entry = Assert.Single(_door.Batch("""{"event":"A","userId":"u"}"""));

        Assert.Equal((DiscardReason.EmptyBatch, """{"event":"A","userId":"u"}"""), (entry.Reason, entry.Payload));
    }

    [Fact]
    public void A_disabled_source_keeps_its_messages_as_discards()
    {
        var door = new Door { Source = Door.Make("http-api", enabled: false) };

        var entries = door.Batch("""{"batch":[{"type":"track","userId":"u","event":"A","messageId":"m1"},5]}""");

        Assert.Equal([("m1", DiscardReason.SourceDisabled), ("", DiscardReason.SourceDisabled)], entries.Select(entry => (entry.MessageId, entry.Reason)));
    }

    [Fact]
    public void A_discard_names_its_message()
    {
        Assert.Equal("m\"1", _door.Track("""{"userId":"u","messageId":"m\u00221"}""").MessageId);
        Assert.Equal("", _door.Track("""{"userId":"u"}""").MessageId);
    }

    [Fact]
    public void Surplus_items_are_discarded_and_the_first_2500_kept()
    {
        var items = string.Join(',', Enumerable.Range(0, 2_503).Select(i => $$"""{"type":"page","userId":"u{{i}}"}"""));

        var entries = _door.Batch($$"""{"batch":[{{items}}]}""");

        Assert.Equal(2_500, entries.Count(entry => entry.Kind == ReceivedKind.Event));
        Assert.Equal(["u2500", "u2501", "u2502"], entries.Where(entry => entry.Reason == DiscardReason.BatchTooLong).Select(entry => (string)entry["userId"]!));
    }

    [Fact]
    public void An_item_over_the_size_limit_does_not_cost_its_neighbours()
    {
        var large = new string('x', 34 << 10);

        var entries = _door.Batch($$"""{"batch":[{"type":"page","userId":"a"},{"type":"page","userId":"b","name":"{{large}}"},{"type":"page","userId":"c"}]}""");

        Assert.Equal([default, DiscardReason.MessageTooLarge, default], entries.Select(entry => entry.Reason));
    }

    [Fact]
    public void What_the_envelope_adds_counts_against_the_size_limit()
    {
        var large = new string('x', 20 << 10);

        var entries = _door.Batch($$"""{"context":{"x":"{{large}}"},"batch":[{"type":"page","userId":"a"},{"type":"page","userId":"b","properties":{"x":"{{large}}"} }]}""");

        Assert.Equal([default, DiscardReason.MessageTooLarge], entries.Select(entry => entry.Reason));
    }

    [Fact]
    public void An_envelope_cannot_multiply_itself_without_bound()
    {
        var large = new string('x', 30 << 10);
        var items = string.Join(',', Enumerable.Repeat("""{"type":"page","userId":"u"}""", 2_500));

        var entries = _door.Batch($$"""{"context":{"x":"{{large}}"},"batch":[{{items}}]}""");

        Assert.Equal(2_500, entries.Count);
        Assert.InRange(entries.Sum(entry => entry.Payload.Length), 8 << 20, 9 << 20);
        Assert.Contains(entries, entry => entry.Reason == DiscardReason.MessageTooLarge);
    }

    [Theory]
    [InlineData(63, true)]
    [InlineData(64, false)]
    [InlineData(5_000, false)]
    public void An_item_deeper_than_64_levels_does_not_cost_its_neighbours(int arrays, bool accepted)
    {
        var deep = new string('[', arrays) + new string(']', arrays);
        var item = $$"""{"type":"page","userId":"b","x":{{deep}}}""";

        var entries = _door.Batch($$"""{"batch":[{"type":"page","userId":"a"},{{item}},{"type":"page","userId":"c"}]}""");

        Assert.Equal([default, accepted ? default : DiscardReason.NestedTooDeep, default], entries.Select(entry => entry.Reason));
    }

    [Theory]
    [InlineData(62, true)]
    [InlineData(63, false)]
    public void What_the_envelope_adds_counts_against_the_depth_limit(int arrays, bool accepted)
    {
        var deep = new string('[', arrays) + new string(']', arrays);

        var entries = _door.Batch($$"""{"context":{"x":{{deep}}},"batch":[{"type":"page","userId":"a"}]}""");

        Assert.Equal(accepted ? default : DiscardReason.NestedTooDeep, entries[0].Reason);
    }
}
