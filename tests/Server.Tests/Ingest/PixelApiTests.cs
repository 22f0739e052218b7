using System.Net;
using System.Text;
using Tributary.Model;
using Xunit;

namespace Tributary.Server.Tests.Ingest;

public sealed class PixelApiTests(DoorHost host) : IClassFixture<DoorHost>
{
    private readonly LogOffset _before = host.Log.End;

    public static TheoryData<string> Encodings()
    {
        const string json = """{"writeKey":"wk-server","userId":"ü?>","event":"Email Opened","properties":{"subject":"Hi"}}""";
        var standard = Convert.ToBase64String(Encoding.UTF8.GetBytes(json));
        var safe = standard.Replace('+', '-').Replace('/', '_');
        return new(Uri.EscapeDataString(standard), standard, standard.Replace('+', ' '), safe.TrimEnd('='), Uri.EscapeDataString(safe));
    }

    [Theory, MemberData(nameof(Encodings))]
    public async Task A_pixel_carries_a_message_in_any_Base64(string data)
    {
        await IsPictureAsync($"/v1/pixel/track?data={data}");

        var message = host.Records(_before).Single().Payload!;
        Assert.Equal(("ü?>", "Email Opened", "Hi"), ((string)message["userId"]!, (string)message["event"]!, (string)message["properties"]!["subject"]!));
    }

    [Theory]
    [InlineData("/v1/pixel/identify", "identify")]
    [InlineData("/v1/pixel/track", "track")]
    [InlineData("/v1/pixel/page", "page")]
    [InlineData("/v1/pixel/screen", "screen")]
    [InlineData("/v1/pixel/group", "group")]
    [InlineData("/v1/pixel/alias/", "alias")]
    [InlineData("/v1/page", "page")]
    [InlineData("/v1/track", "track")]
    public async Task A_pixel_carries_a_message_in_dotted_parameters(string path, string type)
    {
        await IsPictureAsync($"{path}?writeKey=wk-server&userId=1&anonymousId=a&groupId=g&previousId=p&event=E&name=N&properties.subject=Hi&context.page.url=http%3A%2F%2Fx%2F");

        var (verdict, message) = host.Records(_before).Single();
        Assert.Equal(type, verdict);
        Assert.Equal(("1", "Hi", "http://x/"), ((string)message!["userId"]!, (string)message["properties"]!["subject"]!, (string)message["context"]!["page"]!["url"]!));
    }

    [Theory]
    [InlineData("/v1/pixel/track")]
    [InlineData("/v1/pixel/track?data=")]
    [InlineData("/v1/pixel/track?data=%%%")]
    [InlineData("/v1/pixel/track?data=bm90IGpzb24=")]
    [InlineData("/v1/pixel/track?writeKey=wk-unknown&userId=1&event=E")]
    [InlineData("/v1/pixel/track?writeKey=wk-server&userId=1&userId.x=2&a..b=1&.=2&=3")]
    public async Task A_picture_is_answered_whatever_happens(string path) => await IsPictureAsync(path);

    [Fact]
    public async Task A_pixel_without_anybody_is_kept_as_a_discard()
    {
        await IsPictureAsync("/v1/pixel/track?writeKey=wk-server&event=E");

        Assert.Equal(["no_user_anon_id"], host.Verdicts(_before));
    }

    [Fact]
    public async Task Old_browsers_are_called_back()
    {
        var data = Convert.ToBase64String("""{"writeKey":"wk-server","userId":"u","event":"A"}"""u8.ToArray()).TrimEnd('=');

        using var response = await host.Client.GetAsync(new Uri($"/v1/t?data={data}&callback=window._cb%5B0%5D", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal("application/javascript", response.Content.Headers.ContentType!.ToString());
        Assert.Equal("""window._cb[0]({"success":true})""", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(["track"], host.Verdicts(_before));
    }

    [Theory]
    [InlineData("alert(1)//")]
    [InlineData("<script>")]
    [InlineData("a b")]
    public async Task A_callback_that_is_no_name_is_refused(string callback)
    {
        using var response = await host.Client.GetAsync(
            new Uri($"/v1/t?data=e30&callback={Uri.EscapeDataString(callback)}", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.ToString());
    }

    private async Task IsPictureAsync(string path)
    {
        using var response = await host.Client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("image/gif", response.Content.Headers.ContentType!.ToString());
        Assert.True(response.Headers.CacheControl!.NoStore);
        Assert.StartsWith("GIF89a", Encoding.Latin1.GetString(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)));
    }
}
