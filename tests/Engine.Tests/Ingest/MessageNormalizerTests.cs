using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tributary.Engine.Log;
using Tributary.Model;
using Xunit;

namespace Tributary.Engine.Tests.Ingest;

public sealed class MessageNormalizerTests
{
    private readonly Door _door = new();

    [Fact]
    public void The_normalised_message_has_the_early_members_first_and_all_that_was_sent()
    {
        var entry = _door.Track("""
            {"custom":{"a":[1, 2]},"event":"Order Completed","properties":{"total": 1.50},"context":{"library":{"name":"x"}},"integrations":{"All":true},
             "messageId":"m1","anonymousId":"a1","userId":"u1","timestamp":"2026-01-01T00:00:00Z","_metadata":{"bundled":[]},"writeKey":"other","type":"page"}
            """);

        Assert.Equal(
            """
            {"type":"track","messageId":"m1","timestamp":"2026-01-01T00:00:00.000Z","userId":"u1","anonymousId":"a1","event":"Order Completed","properties":{"total": 1.50},"context":{"library":{"name":"x"}},"integrations":{"All":true},"originalTimestamp":"2026-01-01T00:00:00.000Z","receivedAt":"2026-01-01T00:00:10.000Z","version":2,"channel":"server","projectId":"src1","writeKey":"wk","custom":{"a":[1, 2]},"_metadata":{"bundled":[]}}
            """,
            entry.Payload);
        Assert.Equal((EventType.Track, "m1", Door.Now - 10_000), (entry.Type, entry.MessageId, entry.Timestamp));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("\"\"")]
    public void A_message_without_an_id_gets_one_in_order_of_time(string id)
    {
        var entry = _door.Track($$"""{"event":"A","userId":"u","messageId":{{id}}}""");

        Assert.Equal(7, Guid.Parse(entry.MessageId).Version);
        Assert.Equal(entry.MessageId, (string)entry["messageId"]!);
    }

    [Theory]
    [InlineData("5", "5")]
    [InlineData("12345678901234567890", "12345678901234567890")]
    [InlineData("-1.50", "-1.50")]
    public void Ids_that_are_numbers_become_strings_of_the_same_digits(string number, string text)
    {
        var entry = _door.Message(EventType.Group, $$"""{"userId":{{number}},"anonymousId":{{number}},"groupId":{{number}},"previousId":{{number}},"messageId":{{number}}}""");

        Assert.All((string[])["userId", "anonymousId", "groupId", "previousId", "messageId"], id => Assert.Equal(text, (string)entry[id]!));
        Assert.Equal(text, entry.MessageId);
    }

    [Fact]
    public void Empty_ids_are_left_out()
    {
        var message = JsonNode.Parse(_door.Track("""{"event":"A","userId":"u","anonymousId":null,"groupId":"","previousId":null}""").Payload)!.AsObject();

        Assert.DoesNotContain(message, member => member.Key is "anonymousId" or "groupId" or "previousId");
    }

    [Theory]
    [InlineData("2026-01-01T00:00:00Z", "2026-01-01T00:00:10Z", "2026-01-01T00:00:00.000Z")]
    [InlineData("2026-01-01T00:00:00Z", "2026-01-01T00:00:12Z", "2025-12-31T23:59:58.000Z")]
    [InlineData("2026-01-01T05:00:00+02:00", "2026-01-01T03:00:00.5Z", "2026-01-01T00:00:09.500Z")]
    [InlineData("2126-01-01T00:00:00Z", "2026-01-01T00:00:10Z", "2126-01-01T00:00:00.000Z")]
    [InlineData("1900-01-01T00:00:00Z", null, "1900-01-01T00:00:00.000Z")]
    [InlineData("2026-01-01T00:00:00Z", "never", "2026-01-01T00:00:00.000Z")]
    [InlineData("never", "2026-01-01T00:00:00Z", "2026-01-01T00:00:10.000Z")]
    [InlineData(null, "2026-01-01T00:00:00Z", "2026-01-01T00:00:10.000Z")]
    [InlineData("9999-12-31T23:59:59Z", "2020-01-01T00:00:00Z", "9999-12-31T23:59:59.000Z")]
    public void Time_is_corrected_by_the_error_of_the_senders_clock(string? timestamp, string? sentAt, string expected)
    {
        var entry = _door.Track(new JsonObject { ["event"] = "A", ["userId"] = "u", ["timestamp"] = timestamp, ["sentAt"] = sentAt }.ToJsonString());

        Assert.Equal(expected, (string)entry["timestamp"]!);
        Assert.Equal(DateTimeOffset.Parse(expected), DateTimeOffset.FromUnixTimeMilliseconds(entry.Timestamp));
    }

    [Theory]
    [InlineData("1767225600", "2026-01-01T00:00:00.000Z")]
    [InlineData("1767225600000", "2026-01-01T00:00:00.000Z")]
    public void Epoch_numbers_are_times(string number, string expected) =>
        Assert.Equal(expected, (string)_door.Track($$"""{"event":"A","userId":"u","timestamp":{{number}}}""")["originalTimestamp"]!);

    [Fact]
    public void Without_a_timestamp_the_original_one_counts() =>
        Assert.Equal(
            "2026-01-01T00:00:00.000Z",
            (string)_door.Track("""{"event":"A","userId":"u","originalTimestamp":"2026-01-01T00:00:00Z"}""")["timestamp"]!);

    [Fact]
    public void The_envelopes_sentAt_holds_for_items_without_their_own()
    {
        var entries = _door.Batch("""
            {"batch":[{"type":"page","userId":"a","timestamp":"2026-01-01T00:00:00Z"},
                      {"type":"page","userId":"b","timestamp":"2026-01-01T00:00:00Z","sentAt":"2026-01-01T00:00:10Z"}],
             "sentAt":"2026-01-01T00:00:05Z"}
            """);

        Assert.Equal(["2026-01-01T00:00:05.000Z", "2026-01-01T00:00:00.000Z"], entries.Select(entry => (string)entry["timestamp"]!));
        Assert.Equal(["2026-01-01T00:00:05.000Z", "2026-01-01T00:00:10.000Z"], entries.Select(entry => (string)entry["sentAt"]!));
    }

    [Fact]
    public void The_envelopes_context_and_integrations_lie_under_those_of_the_items()
    {
        var entries = _door.Batch("""
            {"messageId":"envelope","context":{"library":{"name":"go","version":"3"},"ip":"9.9.9.9","deep":{"a":{"x":1,"y":2}}},"integrations":{"All":true,"A":false},
             "batch":[{"type":"page","userId":"a"},
                      {"type":"page","userId":"b","context":{"library":{"version":"4"},"deep":{"a":{"y":3}},"ip":null},"integrations":{"A":{"k":1}}}]}
            """);

        Assert.Equal("""{"library":{"name":"go","version":"3"},"ip":"9.9.9.9","deep":{"a":{"x":1,"y":2}}}""", entries[0]["context"].ToJsonString());
        Assert.Equal("""{"library":{"name":"go","version":"4"},"ip":null,"deep":{"a":{"x":1,"y":3}}}""", entries[1]["context"].ToJsonString());
        Assert.Equal("""{"All":true,"A":{"k":1}}""", entries[1]["integrations"].ToJsonString());
        Assert.All(entries, entry => Assert.NotEqual("envelope", entry.MessageId));
    }

    [Theory]
    [InlineData("javascript", "1.2.3.4", """{"userAgent":"x"}""", "1.2.3.4")]
    [InlineData("javascript", "1.2.3.4", """{ }""", "1.2.3.4")]
    [InlineData("javascript", "1.2.3.4", null, "1.2.3.4")]
    [InlineData("javascript", "1.2.3.4", """{"ip":"0.0.0.0"}""", "0.0.0.0")]
    [InlineData("javascript", "1.2.3.4", """{"ip":null}""", null)]
    [InlineData("javascript", "", """{"a":1}""", null)]
    [InlineData("http-api", "1.2.3.4", """{"a":1}""", null)]
    [InlineData("http-api", "1.2.3.4", """{"direct":false}""", null)]
    [InlineData("http-api", "1.2.3.4", """{"direct":true}""", "1.2.3.4")]
    [InlineData("http-api", "1.2.3.4", """{"direct":true,"ip":"5.6.7.8"}""", "5.6.7.8")]
    public void The_peers_address_is_added_only_where_it_is_the_persons(string metadataId, string peer, string? context, string? expected)
    {
        var door = new Door { Source = Door.Make(metadataId), PeerAddress = peer };

        var entry = door.Track($$"""{"event":"A","userId":"u","context":{{context ?? "null"}}}""");

        Assert.Equal(expected, (string?)JsonNode.Parse(entry.Payload)!["context"]?["ip"]);
    }

    [Fact]
    public void The_last_of_repeated_names_counts()
    {
        var entry = _door.Track("""{"event":"A","userId":"u1","x":1,"userId":"u2","\u0078":2,"y":0,"x":3,"us\u0065rId":"u3"}""");

        Assert.Equal("u3", (string)entry["userId"]!);
        Assert.Equal("""{"y":0,"x":3}""", new JsonObject(JsonNode.Parse(entry.Payload)!.AsObject().Where(m => m.Key is "x" or "y").Select(m => KeyValuePair.Create(m.Key, m.Value?.DeepClone()))).ToJsonString());
    }

    [Fact]
    public void Many_repeated_names_are_still_written_once()
    {
        var members = string.Concat(Enumerable.Range(0, 3_000).Select(i => $",\"k{i % 100}\":{i}"));

        var message = JsonNode.Parse(_door.Track($$"""{"event":"A","userId":"u"{{members}}}""").Payload)!.AsObject();

        Assert.Equal(2_999, (int)message["k99"]!);
        Assert.Equal(100, message.Count(member => member.Key.StartsWith('k')));
    }

    [Theory]
    [InlineData("browser", "browser")]
    [InlineData("", "server")]
    public void A_clients_own_channel_stays(string sent, string expected) =>
        Assert.Equal(expected, (string)_door.Track($$"""{"event":"A","userId":"u","channel":"{{sent}}"}""")["channel"]!);

    [Fact]
    public void A_byte_order_mark_is_no_harm() =>
        Assert.Equal(ReceivedKind.Event, _door.Take([0xEF, 0xBB, 0xBF, .. """{"event":"A","userId":"u"}"""u8], EventType.Track)[0].Kind);

    [Fact]
    public void Bare_NaN_and_Infinity_become_null_and_texts_keep_them()
    {
        var entry = _door.Track("""{"event":"NaN \" NaN","userId":"u","properties":{"a":NaN,"b":[Infinity,-Infinity,-1],"c":"-Infinity"}}""");

        Assert.Equal("""{"a":null,"b":[null,null,-1],"c":"-Infinity"}""", entry["properties"].ToJsonString());
        Assert.Equal("NaN \" NaN", (string)entry["event"]!);
    }

    [Theory]
    [InlineData("1e999", "null")]
    [InlineData("-1E400", "null")]
    [InlineData("1e308", "1e308")]
    [InlineData("1e-999", "1e-999")]
    public void Numbers_that_no_double_can_hold_become_null(string number, string expected)
    {
        var entry = _door.Track($$"""{"event":"A","userId":"u","properties":{"n":{{number}},"after":1} }""");

        using var document = JsonDocument.Parse(entry.Payload);
        Assert.Equal(expected, document.RootElement.GetProperty("properties").GetProperty("n").GetRawText());
    }

    [Fact]
    public void Long_numbers_are_copied_as_they_are()
    {
        var digits = "0." + new string('1', 30_000);

        Assert.Contains(digits, _door.Track($$"""{"event":"A","userId":"u","properties":{"n":{{digits}} } }""").Payload);
        Assert.Contains("{\"n\":null", _door.Track($$"""{"event":"A","userId":"u","properties":{"n":{{new string('9', 30_000)}} } }""").Payload);
    }

    [Fact]
    public void A_number_of_a_million_digits_costs_only_its_item()
    {
        var entries = _door.Batch($$"""{"batch":[{"type":"page","userId":"a","x":{{new string('7', 1_000_000)}}},{"type":"page","userId":"b"}]}""");

        Assert.Equal([DiscardReason.MessageTooLarge, default], entries.Select(entry => entry.Reason));
    }

    [Fact]
    public void Halves_of_surrogate_pairs_become_replacement_characters()
    {
        var entry = _door.Track("""{"event":"A\ud800","userId":"\udc00u","properties":{"a\uD83D":"\ud83d\ude00 \\ud800 \uD83Dx","b":"\u00e9"}}""");

        Assert.Equal("A\uFFFD", (string)entry["event"]!);
        Assert.Equal("\uFFFDu", (string)entry["userId"]!);
        Assert.Equal("\U0001F600 \\ud800 \uFFFDx", (string)entry["properties"]["a\uFFFD"]!);
    }

    [Fact]
    public void A_NUL_in_a_text_stays_escaped() =>
        Assert.Contains("\"a\\u0000b\"", _door.Track("""{"event":"a\u0000b","userId":"u"}""").Payload);

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("x")]
    [InlineData("[]")]
    [InlineData("\"x\"")]
    [InlineData("null")]
    [InlineData("{\"event\":\"A\",}")]
    [InlineData("{\"event\":\"A\"")]
    [InlineData("{\"event\":\"A\"}{}")]
    [InlineData("{\"event\":\"a\u0000b\"}")]
    [InlineData("{\"event\":NaNa}")]
    [InlineData("{'event':'A'}")]
    public void What_is_not_a_JSON_object_is_refused_with_the_place(string body)
    {
        foreach (var shape in Enum.GetValues<Tributary.Engine.Ingest.BodyShape>())
        {
            var fault = _door.Fault(Encoding.UTF8.GetBytes(body), shape);

            Assert.True(fault.IsFault);
            Assert.Matches("empty|must be a JSON object|line 1, byte", fault.Message);
        }
    }

    [Fact]
    public void Invalid_UTF_8_is_refused() => Assert.True(_door.Fault([.. "{\"event\":\""u8, 0xC3, 0x28, .. "\"}"u8], default).IsFault);

    [Fact]
    public void Too_many_items_are_refused_whole() =>
        Assert.True(_door.Fault(Encoding.UTF8.GetBytes($"{{\"batch\":[{string.Join(',', Enumerable.Repeat("0", 50_001))}]}}"), Tributary.Engine.Ingest.BodyShape.Envelope).IsFault);

    [Fact]
    public void A_second_batch_replaces_the_first()
    {
        var entry = Assert.Single(_door.Batch("""{"batch":[{"type":"page","userId":"a"}],"batch":[{"type":"page","userId":"b"}]}"""));

        Assert.Equal("b", (string)entry["userId"]!);
    }
}
