using System.Text.Json.Nodes;
using Tributary.Console.Access;
using Xunit;

namespace Tributary.Console.Tests.Pages;

public sealed class PiiMaskTests
{
    [Fact]
    public void Hides_who_and_shows_what()
    {
        var message = JsonNode.Parse("""
            {"type":"track","event":"Order Completed","messageId":"m-1","userId":"ada","timestamp":"2026-01-02T03:04:05.678Z","writeKey":"abcdefgh",
             "properties":{"total":42.5,"currency":"EUR","contactEmail":"ada@example.com","note":"call +49 170 1234567","coupon":null,"items":[{"sku":"A-1"},"ada@example.com"]},
             "traits":{"plan":"pro","nested":{"age":36}},"context":{"ip":"203.0.113.7","locale":"de","page":{"url":"https://shop.example/?email=ada%40example.com"}}}
            """)!;
        var before = message.ToJsonString();

        var masked = PiiMask.Message(message)!;

        Assert.Equal(before, message.ToJsonString());
        Assert.Equal("Order Completed", (string)masked["event"]!);
        Assert.Equal("m-1", (string)masked["messageId"]!);
        Assert.Equal(42.5, (double)masked["properties"]!["total"]!);
        Assert.Equal("EUR", (string)masked["properties"]!["currency"]!);
        Assert.Equal("A-1", (string)masked["properties"]!["items"]![0]!["sku"]!);
        Assert.Equal("de", (string)masked["context"]!["locale"]!);
        Assert.Null(masked["properties"]!["coupon"]);
        string[] hidden = ["userId", "writeKey", "properties.contactEmail", "properties.note", "traits.plan", "traits.nested.age", "context.ip", "context.page.url"];
        Assert.All(hidden, path => Assert.Equal(PiiMask.Hidden, (string)path.Split('.').Aggregate(masked, (node, name) => node![name]!)!));
        Assert.Equal(PiiMask.Hidden, (string)masked["properties"]!["items"]![1]!);
    }

    [Theory]
    [InlineData("[1,\"ada@example.com\"]")]
    [InlineData("\"ada@example.com\"")]
    [InlineData("null")]
    public void Copes_with_what_is_no_message(string json) => Assert.DoesNotContain("ada", PiiMask.Message(JsonNode.Parse(json))?.ToJsonString() ?? "", StringComparison.Ordinal);
}
