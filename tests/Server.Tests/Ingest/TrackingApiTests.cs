using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Tributary.Model;
using Xunit;

namespace Tributary.Server.Tests.Ingest;

public sealed class TrackingApiTests(DoorHost host) : IClassFixture<DoorHost>
{
    private const string Message = """{"event":"A","userId":"u","name":"N","groupId":"g","previousId":"p","writeKey":"wk-server"}""";
    private readonly LogOffset _before = host.Log.End;

    [Theory]
    [InlineData("/v1/identify", "identify")]
    [InlineData("/v1/track", "track")]
    [InlineData("/v1/page", "page")]
    [InlineData("/v1/screen", "screen")]
    [InlineData("/v1/group", "group")]
    [InlineData("/v1/alias", "alias")]
    [InlineData("/v1/i", "identify")]
    [InlineData("/v1/t", "track")]
    [InlineData("/v1/p", "page")]
    [InlineData("/v1/s", "screen")]
    [InlineData("/v1/g", "group")]
    [InlineData("/v1/a", "alias")]
    [InlineData("/v1/t/", "track")]
    [InlineData("//v1/t", "track")]
    [InlineData("//v1//t//", "track")]
    [InlineData("/some/prefix/v1/t", "track")]
    public async Task A_message_is_posted_to_the_route_of_its_type(string path, string type)
    {
        using var response = await PostAsync(path, new StringContent(Message));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.ToString());
        Assert.Equal("""{"success": true}""", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal([type], host.Verdicts(_before));
    }

    [Theory]
    [InlineData("/v1/batch")]
    [InlineData("/v1/batch/")]
    [InlineData("/v1/b")]
    [InlineData("/v1/import")]
    [InlineData("/v1/import/")]
    [InlineData("//v1/batch")]
    [InlineData("/proxy/v1/batch/")]
    public async Task An_envelope_is_posted_to_any_route_for_batches(string path)
    {
        using var response = await PostAsync(path, new StringContent("""{"batch":[{"type":"page","userId":"u"},{"type":"track"}],"writeKey":"wk-server"}"""));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(["page", "no_user_anon_id"], host.Verdicts(_before));
    }

    [Theory]
    [InlineData("Basic", "wk-server:", null, null, 200)]
    [InlineData("Basic", "wk-server", null, null, 200)]
    [InlineData("basic", "wk-server:password", null, null, 200)]
    [InlineData("Basic", "wk-server:", "wk-unknown", null, 200)]
    [InlineData("Basic", "wk-unknown:", "wk-server", null, 200)]
    [InlineData("Bearer", "token", "wk-server", null, 200)]
    [InlineData(null, null, "wk-server", null, 200)]
    [InlineData(null, null, null, "wk-server", 200)]
    [InlineData("Bearer", "token", null, null, 400)]
    [InlineData("Basic", "wk-unknown:", null, null, 400)]
    [InlineData("Basic", null, null, null, 400)]
    [InlineData(null, null, "wk-unknown", null, 400)]
    [InlineData(null, null, null, "wk-unknown", 400)]
    [InlineData(null, null, null, null, 400)]
    public async Task The_write_key_is_found_wherever_clients_put_it(string? scheme, string? credential, string? bodyKey, string? queryKey, int status)
    {
        var body = new JsonObject { ["batch"] = new JsonArray(new JsonObject { ["type"] = "page", ["userId"] = "u" }) };
        if (bodyKey is not null) body["writeKey"] = bodyKey;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/batch" + (queryKey is null ? "" : $"?writeKey={queryKey}")) { Content = new StringContent(body.ToJsonString()) };
        if (scheme is not null)
            request.Headers.TryAddWithoutValidation("Authorization", scheme + " " + (scheme == "Bearer" || credential is null ? credential : Convert.ToBase64String(Encoding.UTF8.GetBytes(credential))));

        using var response = await host.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(status, (int)response.StatusCode);
        if (status != 200) await IsErrorAsync(response);
    }

    [Fact]
    public async Task The_old_spelling_of_the_key_in_a_body_is_understood()
    {
        using var response = await PostAsync("/v1/t", new StringContent("""{"event":"A","userId":"u","write_key":"wk-server"}"""));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("[]")]
    [InlineData("{\"writeKey\":\"wk-server\",")]
    public async Task What_is_not_JSON_gets_400_that_says_where(string body)
    {
        using var response = await PostAsync("/v1/batch", new StringContent(body));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        await IsErrorAsync(response);
        Assert.Empty(host.Verdicts(_before));
    }

    [Fact]
    public async Task A_message_over_the_size_limit_gets_400()
    {
        using var response = await PostAsync("/v1/t", new StringContent($$"""{"event":"{{new string('x', 35 << 10)}}","userId":"u","writeKey":"wk-server"}"""));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("Exceed payload limit", await IsErrorAsync(response));
    }

    [Fact]
    public async Task A_body_over_the_limit_gets_400_however_it_is_framed()
    {
        var body = Encoding.UTF8.GetBytes($$"""{"batch":[],"writeKey":"wk-server","x":"{{new string('x', 5 << 20)}}"}""");

        using var sized = await PostAsync("/v1/batch", new ByteArrayContent(body));
        using var chunked = await PostAsync("/v1/batch", new ByteArrayContent(body), isChunked: true);
        using var bomb = await PostAsync("/v1/batch", Gzip(body));

        foreach (var response in (HttpResponseMessage[])[sized, chunked, bomb])
        {
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
            await IsErrorAsync(response);
        }
    }

    [Fact]
    public async Task A_body_of_three_megabytes_loses_only_its_oversized_item()
    {
        var body = $$"""{"batch":[{"type":"page","userId":"u"},{"type":"page","userId":"u","x":"{{new string('x', 3 << 20)}}"},{"type":"page","userId":"u"}],"writeKey":"wk-server"}""";

        using var response = await PostAsync("/v1/batch", new StringContent(body));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(["page", "message_too_large", "page"], host.Verdicts(_before));
    }

    [Fact]
    public async Task Malformed_gzip_gets_400()
    {
        var content = new ByteArrayContent("{\"batch\":[]}"u8.ToArray());
        content.Headers.ContentEncoding.Add("gzip");

        using var response = await PostAsync("/v1/batch", content);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        await IsErrorAsync(response);
    }

    [Fact]
    public async Task An_unknown_encoding_gets_400()
    {
        var content = new StringContent(Message);
        content.Headers.ContentEncoding.Add("zstd");

        using var response = await PostAsync("/v1/t", content);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task A_disabled_source_is_answered_200_and_its_messages_are_kept_as_discards()
    {
        using var response = await PostAsync("/v1/t", new StringContent(Message.Replace("wk-server", DoorHost.DisabledKey)));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(["source_disabled"], host.Verdicts(_before));
    }

    [Fact]
    public async Task Above_its_rate_a_source_is_told_when_to_come_back()
    {
        HttpResponseMessage? refused = null;
        for (var call = 0; call < 100 && refused is null; call++)
        {
            var response = await PostAsync("/v1/t", new StringContent(Message.Replace("wk-server", DoorHost.LimitedKey)));
            if (response.StatusCode == HttpStatusCode.TooManyRequests) refused = response;
        }

        Assert.NotNull(refused);
        Assert.InRange(int.Parse(refused.Headers.GetValues("Retry-After").Single()), 1, 300);
        Assert.Equal(refused.Headers.GetValues("Retry-After").Single(), refused.Headers.GetValues("X-RateLimit-Reset").Single());
        await IsErrorAsync(refused);
    }

    [Fact]
    public async Task A_full_queue_gets_429_and_a_broken_log_503()
    {
        try
        {
            host.Log.IsBusy = true;
            using var busy = await PostAsync("/v1/t", new StringContent(Message));
            (host.Log.IsBusy, host.Log.IsBroken) = (false, true);
            using var broken = await PostAsync("/v1/t", new StringContent(Message));

            Assert.Equal(HttpStatusCode.TooManyRequests, busy.StatusCode);
            Assert.Equal("1", busy.Headers.GetValues("Retry-After").Single());
            Assert.Equal(HttpStatusCode.ServiceUnavailable, broken.StatusCode);
            await IsErrorAsync(broken);
        }
        finally
        {
            (host.Log.IsBusy, host.Log.IsBroken) = (false, false);
        }
    }

    [Fact]
    public async Task Telemetry_is_answered_and_not_kept()
    {
        using var response = await PostAsync("/v1/m", new StringContent("""{"series":[{"type":"Counter","metric":"analytics_js.invoke","value":1,"tags":{"a":"b"}}]}"""));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Empty(host.Verdicts(_before));
    }

    [Fact]
    public async Task Prefer_wait_answers_when_the_event_is_visible()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/t") { Content = new StringContent(Message) };
        request.Headers.Add("Prefer", "respond-async, wait=20");

        var sending = host.Client.SendAsync(request, TestContext.Current.CancellationToken);
        await host.Log.WaitAsync(_before, TestContext.Current.CancellationToken);
        Assert.False(sending.IsCompleted);
        host.Progress.Advance(host.Log.End);
        using var response = await sending;

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("wait", response.Headers.GetValues("Preference-Applied").Single());
    }

    [Fact]
    public async Task Prefer_wait_gives_up_in_time_and_does_not_claim_to_have_waited()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/t") { Content = new StringContent(Message) };
        request.Headers.Add("Prefer", "wait=1");

        using var response = await host.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.False(response.Headers.Contains("Preference-Applied"));
    }

    [Theory]
    [InlineData("GET", "/v1/batch", 405)]
    [InlineData("PUT", "/v1/t", 405)]
    [InlineData("POST", "/v1/unknown", 404)]
    [InlineData("GET", "/v1/projects/wk-unknown/settings", 404)]
    public async Task Every_answer_under_v1_can_be_read_by_browsers(string method, string path, int status)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Add("Origin", "https://shop.example");

        using var response = await host.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("https://shop.example", response.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Equal("true", response.Headers.GetValues("Access-Control-Allow-Credentials").Single());
        Assert.Contains("Retry-After", response.Headers.GetValues("Access-Control-Expose-Headers").Single());
        Assert.Equal("Origin", response.Headers.Vary.Single());
        await IsErrorAsync(response);
    }

    [Theory]
    [InlineData("/v1/t")]
    [InlineData("/v1/b")]
    [InlineData("/v1/m")]
    [InlineData("/v1/pixel/track")]
    [InlineData("/v1/projects/wk-server/settings")]
    public async Task A_pre_flight_request_allows_what_it_asks_for(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, path);
        request.Headers.Add("Origin", "null");
        request.Headers.Add("Access-Control-Request-Method", "POST");
        request.Headers.Add("Access-Control-Request-Headers", "authorization,x-custom");

        using var response = await host.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal("null", response.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Equal("authorization,x-custom", response.Headers.GetValues("Access-Control-Allow-Headers").Single());
        Assert.Contains("POST", response.Headers.GetValues("Access-Control-Allow-Methods").Single());
        Assert.Equal("86400", response.Headers.GetValues("Access-Control-Max-Age").Single());
    }

    internal static ByteArrayContent Gzip(byte[] body)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionMode.Compress)) gzip.Write(body);
        var content = new ByteArrayContent(packed.ToArray());
        content.Headers.ContentEncoding.Add("gzip");
        return content;
    }

    private async Task<HttpResponseMessage> PostAsync(string path, HttpContent content, bool isChunked = false)
    {
        // An absolute address, because a relative one that begins with // would name a host.
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(host.Address.ToString().TrimEnd('/') + path)) { Content = content };
        request.Headers.TransferEncodingChunked = isChunked ? true : null;
        if (content is StringContent) content.Headers.ContentType = new MediaTypeHeaderValue("text/plain");
        return await host.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static async Task<string> IsErrorAsync(HttpResponseMessage response)
    {
        var body = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.False((bool)body["success"]!);
        Assert.NotEmpty((string)body["code"]!);
        Assert.NotEmpty((string)body["message"]!);
        Assert.Equal((string)body["message"]!, (string)body["error"]!);
        return (string)body["message"]!;
    }
}
