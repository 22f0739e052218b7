using System.Net.Sockets;
using System.Text;
using Tributary.Model;
using Xunit;

namespace Tributary.Server.Tests.Ingest;

/// <summary>What SDKs of other languages put on the wire, byte for byte as far as it matters (spec/connections.md §11.1).</summary>
public sealed class SdkRequestTests(DoorHost host) : IClassFixture<DoorHost>
{
    private static readonly string Basic = Convert.ToBase64String(Encoding.UTF8.GetBytes(DoorHost.WriteKey + ":"));
    private readonly LogOffset _before = host.Log.End;

    [Fact]
    public async Task Python_sends_the_key_in_the_body_with_nulls_microseconds_and_NaN()
    {
        var answer = await SendAsync("POST /v1/batch", ["Content-Type: application/json", "User-Agent: analytics-python/2.3.4"],
            """{"batch": [{"integrations": {}, "anonymousId": null, "userId": "u", "properties": {"ratio": NaN}, "timestamp": "2026-01-01T00:00:00.123456+00:00", "context": {"library": {"name": "analytics-python"}}, "type": "track", "event": "A", "messageId": "py-1"}], "sentAt": "2026-01-01T00:00:00.123456+00:00", "writeKey": "wk-server"}"""u8);

        IsSuccess(answer);
        var (verdict, message) = host.Records(_before).Single();
        Assert.Equal("track", verdict);
        Assert.Null(message!["properties"]!["ratio"]);
        Assert.Equal("2026-01-01T00:00:00.123Z", (string)message["originalTimestamp"]!);
    }

    [Fact]
    public async Task Go_sends_Basic_only_to_a_doubled_slash_with_an_envelope_id_and_context()
    {
        var answer = await SendAsync("POST //v1/batch", ["Content-Type: application/json", $"Authorization: Basic {Basic}", "User-Agent: analytics-go (version: 3.0.0)"],
            """{"messageId":"envelope","sentAt":"2026-01-01T01:00:00.123456789+01:00","batch":[{"type":"track","messageId":"go-1","userId":"u","event":"A","timestamp":"2026-01-01T01:00:00.123456789+01:00"}],"context":{"library":{"name":"analytics-go","version":"3.0.0"}}}"""u8);

        IsSuccess(answer);
        var message = host.Records(_before).Single().Payload!;
        Assert.Equal("go-1", (string)message["messageId"]!);
        Assert.Equal("analytics-go", (string)message["context"]!["library"]!["name"]!);
    }

    [Fact]
    public async Task Ruby_posts_to_import_with_Basic()
    {
        var answer = await SendAsync("POST /v1/import", ["Content-Type: application/json", $"Authorization: Basic {Basic}", "Accept: application/json"],
            """{"sentAt":"2026-01-01T00:00:00.000Z","batch":[{"type":"identify","userId":"u","traits":{},"timestamp":"2026-01-01T00:00:00.000+00:00"}]}"""u8);

        IsSuccess(answer);
        Assert.Equal(["identify"], host.Verdicts(_before));
    }

    [Fact]
    public async Task Php_sends_gzip_and_a_sending_time_of_whole_seconds()
    {
        var answer = await SendAsync("POST /v1/batch",
            ["Content-Type: application/json", $"Authorization: Basic {Basic}", "Content-Encoding: gzip", "User-Agent: analytics-php/3.8.0"],
            await PackAsync("""{"batch":[{"type":"page","userId":5,"name":"Home","properties":{},"timestamp":"2026-01-01T00:00:00.900+00:00"}],"sentAt":"2026-01-01T02:00:00+02:00"}"""));

        IsSuccess(answer);
        Assert.Equal("5", (string)host.Records(_before).Single().Payload!["userId"]!);
    }

    [Fact]
    public async Task Java_posts_to_import_with_a_slash_and_keeps_the_library_in_the_envelope()
    {
        var answer = await SendAsync("POST /v1/import/", ["Content-Type: application/json; charset=UTF-8", $"Authorization: Basic {Basic}", "X-Retry-Count: 2"],
            """{"batch":[{"type":"track","messageId":"java-1","userId":"u","event":"A","context":{"traits":{"a":1}}}],"sentAt":"2026-01-01T00:00:00.000Z","context":{"library":{"name":"analytics-java"},"instanceId":"i"},"sequence":1,"writeKey":"wk-server"}"""u8);

        IsSuccess(answer);
        var context = host.Records(_before).Single().Payload!["context"]!;
        Assert.Equal(("analytics-java", "i", 1), ((string)context["library"]!["name"]!, (string)context["instanceId"]!, (int)context["traits"]!["a"]!));
    }

    [Fact]
    public async Task CSharp_sends_gzip_without_a_content_type_and_seven_digits()
    {
        var answer = await SendAsync("POST /v1/b", ["Accept: text/plain", "Content-Encoding: gzip"],
            await PackAsync("""{"batch":[{"type":"screen","anonymousId":"a","userId":null,"category":"","timestamp":"2026-01-01T00:00:00.1234567Z","integrations":{}}],"sentAt":"2026-01-01T00:00:00.1234567Z","writeKey":"wk-server"}"""));

        IsSuccess(answer);
        Assert.Equal(["screen"], host.Verdicts(_before));
    }

    [Fact]
    public async Task Swift_and_React_Native_send_JSON_with_a_charset()
    {
        var answer = await SendAsync("POST /v1/b", ["Content-Type: application/json; charset=utf-8", "User-Agent: analytics-ios/1.9.4", "X-Retry-Count: 0"],
            """{"batch":[{"type":"track","event":"A","anonymousId":"a","originalTimestamp":"2026-01-01T00:00:00.000Z"}],"sentAt":"2026-01-01T00:00:00.000Z","writeKey":"wk-server"}"""u8);

        IsSuccess(answer);
        Assert.Equal(["track"], host.Verdicts(_before));
    }

    [Fact]
    public async Task Kotlin_streams_gzip_in_chunks_as_plain_text()
    {
        var packed = await PackAsync("""{"batch":[{"type":"track","event":"A","anonymousId":"a"}],"sentAt":"2026-01-01T00:00:00.000Z","writeKey":"wk-server"}""");
        var chunks = new MemoryStream();
        for (var at = 0; at < packed.Length; at += 16)
        {
            var size = Math.Min(16, packed.Length - at);
            chunks.Write(Encoding.ASCII.GetBytes($"{size:x}\r\n"));
            chunks.Write(packed.AsSpan(at, size));
            chunks.Write("\r\n"u8);
        }

        chunks.Write("0\r\n\r\n"u8);
        var answer = await SendAsync(
            "POST /v1/b", ["Content-Type: text/plain", "Content-Encoding: gzip", "Transfer-Encoding: chunked"], chunks.ToArray(), isSized: false);

        IsSuccess(answer);
        Assert.Equal(["track"], host.Verdicts(_before));
    }

    [Fact]
    public async Task Older_browsers_send_plain_text_without_a_header()
    {
        var answer = await SendAsync("POST /v1/t", ["Content-Type: text/plain", "Origin: http://shop.example"],
            """{"timestamp":"2026-01-01T00:00:00.000Z","integrations":{},"anonymousId":"a","type":"track","event":"A","properties":{},"context":{"userAgent":"x"},"messageId":"ajs-1","writeKey":"wk-browser","userId":null,"sentAt":"2026-01-01T00:00:00.000Z","_metadata":{"bundled":["Segment.io"],"unbundled":[]}}"""u8);

        IsSuccess(answer);
        var message = host.Records(_before).Single().Payload!;
        Assert.Equal(("127.0.0.1", "browser"), ((string)message["context"]!["ip"]!, (string)message["channel"]!));
        Assert.Equal("Segment.io", (string)message["_metadata"]!["bundled"]![0]!);
    }

    private static void IsSuccess(string answer)
    {
        Assert.StartsWith("HTTP/1.1 200", answer);
        Assert.EndsWith("""{"success": true}""", answer);
        Assert.Contains("\r\nDate:", answer);
    }

    private static async Task<byte[]> PackAsync(string text) => await TrackingApiTests.Gzip(Encoding.UTF8.GetBytes(text)).ReadAsByteArrayAsync();

    private Task<string> SendAsync(string line, string[] headers, ReadOnlySpan<byte> body) => SendAsync(line, headers, body.ToArray());

    private async Task<string> SendAsync(string line, string[] headers, byte[] body, bool isSized = true)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(host.Address.Host, host.Address.Port, TestContext.Current.CancellationToken);
        var stream = client.GetStream();
        string[] all = [$"{line} HTTP/1.1", $"Host: {host.Address.Authority}", "Connection: close", .. headers, .. isSized ? [$"Content-Length: {body.Length}"] : (string[])[]];
        await stream.WriteAsync(Encoding.ASCII.GetBytes(string.Join("\r\n", all) + "\r\n\r\n"));
        await stream.WriteAsync(body);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
