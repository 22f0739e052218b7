using System.Text.Json.Nodes;
using Tributary.Engine.Delivery;
using Tributary.Engine.Workspace;
using Xunit;

namespace Tributary.Engine.Tests.Delivery;

public sealed class SecretMaskTests
{
    private const string Mask = SecretMask.Mask;

    private static readonly SecretMask Nothing = new([]);

    [Theory]
    [InlineData("""{"access_token":"ya29.abc-1","expires_in":3599}""", $$"""{"access_token":"{{Mask}}","expires_in":3599}""")]
    [InlineData("""{ "refreshToken" : "1//abc" }""", $$"""{ "refreshToken" : "{{Mask}}" }""")]
    [InlineData("""{"error":"{\"id_token\":\"abc\"}"}""", $$"""{"error":"{\"id_token\":\"{{Mask}}\"}"}""")]
    [InlineData("grant_type=refresh_token&client_secret=abc&refresh_token=def", $"grant_type=refresh_token&client_secret={Mask}&refresh_token={Mask}")]
    [InlineData("""{"username":"ada","password":"abc"}""", $$"""{"username":"ada","password":"{{Mask}}"}""")]
    [InlineData("""{"tokens":3,"device":{"token":"of a device"},"passwordless":true}""", """{"tokens":3,"device":{"token":"of a device"},"passwordless":true}""")]
    public void Credentials_that_were_given_are_taken_out_by_the_names_of_their_members(string text, string clean) => Assert.Equal(clean, Nothing.Clean(text));

    [Theory]
    [InlineData("https://ada:abc@example.com/in?a=1", $"https://{Mask}@example.com/in?a=1")]
    [InlineData("https://example.com/@ada?auth_token=abc&apiToken=def&x-api-key=ghi&q=key", $"https://example.com/@ada?auth_token={Mask}&apiToken={Mask}&x-api-key={Mask}&q=key")]
    [InlineData("https://example.com/?key=abc&keyword=shoes", $"https://example.com/?key={Mask}&keyword=shoes")]
    public void Credentials_in_an_address_are_taken_out(string url, string clean) => Assert.Equal(clean, Nothing.CleanUrl(url));

    [Theory]
    [InlineData("X-Auth-Key", "abc", Mask)]
    [InlineData("Proxy-Authorization", "Basic abc", $"Basic {Mask}")]
    [InlineData("DD-API-KEY", "abc", Mask)]
    [InlineData("WWW-Authenticate", "Basic realm=shop", "Basic realm=shop")]
    public void Headers_that_carry_credentials_are_known_by_name(string name, string value, string clean) => Assert.Equal(clean, Nothing.CleanHeader(name, value));

    [Fact]
    public void A_secret_that_was_cut_does_not_show_its_beginning()
    {
        var mask = new SecretMask(["a-long-secret"]);

        Assert.Equal($"said {Mask}", mask.Clean("said a-long-se"));
        Assert.Equal("said a-lo", mask.Clean("said a-lo"));
    }

    [Fact]
    public void What_the_function_in_front_of_a_destination_knows_is_secret_there_too()
    {
        var destination = new Destination { Id = "hook", Number = 1, Name = "hook", MetadataId = "webhook", Enabled = true, SourceId = "website" };
        var function = new Function
        {
            Id = "fn",
            ResourceType = Function.InsertType,
            DisplayName = "fn",
            Code = "",
            Settings = [new("apiKey", "", "", "STRING", Required: true, Sensitive: true)],
        };
        var instance = new InsertFunction
        {
            Id = "in",
            Name = "in",
            FunctionId = "fn",
            DestinationId = "hook",
            Settings = new JsonObject { ["apiKey"] = "of-the-function", ["region"] = "europe" },
        };
        var workspace = WorkspaceSnapshot.Of(1, [ResourceKind.Put(destination), ResourceKind.Put(function), ResourceKind.Put(instance)]);

        var mask = new DeliverySetup(new DestinationCatalog([]), []).MaskOf(workspace, destination);

        Assert.Equal($"europe {Mask}", mask.Clean("europe of-the-function"));
    }
}
