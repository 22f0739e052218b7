using System.Text.Json.Nodes;
using Tributary.Console.Access;
using Tributary.Console.Events;
using Tributary.Console.Profiles;
using Xunit;

namespace Tributary.Console.Tests.Pages;

/// <summary>Words for values, whatever was sent, and what is kept from whom.</summary>
public sealed class ProfileTextTests
{
    [Theory]
    [InlineData("Ada Lovelace", "AL")]
    [InlineData("ada@example.net", "AE")]
    [InlineData("‮evil", "")]
    [InlineData("<img src=x>", "S")]
    [InlineData("", "")]
    public void Monograms_are_letters_or_nothing(string name, string monogram) => Assert.Equal(monogram, ProfileText.Monogram(name));

    [Theory]
    [InlineData("\"text\"", "text")]
    [InlineData("12.50", "12.50")]
    [InlineData("[1,null]", "[1,null]")]
    [InlineData("\"\\ud800\"", "")]
    public void Values_are_shown_in_one_line(string json, string shown) => Assert.Equal(shown, ProfileText.Value(System.Text.Encoding.UTF8.GetBytes(json)).Replace("�", "", StringComparison.Ordinal));

    [Fact]
    public void A_cut_does_not_leave_half_a_character()
    {
        Assert.Equal("ab…", ProfileText.Cut("ab😀cd", 3));
        Assert.Equal("ab😀…", ProfileText.Cut("ab😀cd", 4));
    }

    [Fact]
    public void A_message_never_shows_its_write_key_and_shows_people_only_to_those_who_may()
    {
        var message = JsonNode.Parse("""{"messageId":"m","event":"Order Completed","userId":"ada","writeKey":"the key","traits":{"plan":"pro"}}""");

        var whole = EventMessages.Shown(message, mayIdentify: true)!;
        Assert.Equal(("ada", PiiMask.Hidden), ((string?)whole["userId"], (string?)whole["writeKey"]));
        var masked = EventMessages.Shown(message, mayIdentify: false)!.ToJsonString();
        Assert.DoesNotContain("ada", masked, StringComparison.Ordinal);
        Assert.DoesNotContain("the key", masked, StringComparison.Ordinal);
        Assert.Contains("Order Completed", masked, StringComparison.Ordinal);
    }
}
