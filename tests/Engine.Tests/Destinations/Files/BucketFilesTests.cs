using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Tributary.Destinations.Files;
using Tributary.Engine.Tests.TestKit;
using Tributary.Model;
using Xunit;
using static Tributary.Engine.Tests.Destinations.Files.FilesWorld;

namespace Tributary.Engine.Tests.Destinations.Files;

public sealed class BucketFilesTests
{
    private const string Secret = "a/secret+key";
    private static readonly (long, string) Sent = (64, Message("m1", "2026-01-02T10:00:00Z"));

    [Theory]
    [InlineData("ndjson", "/lake/raw/x/segment-logs/dst_1/1767312000000/10-")]
    [InlineData("parquet", "/lake/raw/x/data/dst_1/segment_type%3Dorder_completed/day%3D2026-01-02/hr%3D10/")]
    public async Task Puts_an_object_whose_signature_and_hash_hold(string format, string path)
    {
        using var world = new FilesWorld();
        await using var stub = await WebhookStub.StartAsync();
        var raw = "";
        var verified = false;
        stub.Answer = (request, context) =>
        {
            raw = context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget;
            verified = IsSigned(request, raw);
            if (!verified) context.Response.StatusCode = 403;
            return Task.CompletedTask;
        };

        var outcomes = await world.SendAsync(world.Open(Settings(stub, ("format", format))), Sent);

        Assert.True(verified);
        Assert.Equal([DeliveryOutcome.Delivered], outcomes);
        Assert.StartsWith(path, raw, StringComparison.Ordinal);
        Assert.Equal("PUT", Assert.Single(stub.Requests).Method);
        Assert.Empty(world.Files);
    }

    [Fact]
    public async Task A_wrong_secret_does_not_pass()
    {
        using var world = new FilesWorld();
        await using var stub = await WebhookStub.StartAsync();
        stub.Answer = (request, context) => AnswerAsync(context, IsSigned(request, context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget) ? 200 : 403, "SignatureDoesNotMatch");

        var outcome = (await world.SendAsync(world.Open(Settings(stub, ("secretAccessKey", "another"))), Sent))[0];

        Assert.Equal((DeliveryVerdict.CredentialsRejected, "http_403", "SignatureDoesNotMatch: What the server says"), (outcome.Verdict, outcome.Reason, outcome.Detail));
    }

    [Theory]
    [InlineData(200, "", DeliveryVerdict.Delivered)]
    [InlineData(301, "PermanentRedirect", DeliveryVerdict.Refused)]
    [InlineData(400, "InvalidArgument", DeliveryVerdict.Refused)]
    [InlineData(400, "RequestTimeout", DeliveryVerdict.RetryLater)]
    [InlineData(403, "AccessDenied", DeliveryVerdict.CredentialsRejected)]
    [InlineData(403, "RequestTimeTooSkewed", DeliveryVerdict.RetryLater)]
    [InlineData(404, "NoSuchBucket", DeliveryVerdict.Refused)]
    [InlineData(500, "InternalError", DeliveryVerdict.RetryLater)]
    [InlineData(503, "SlowDown", DeliveryVerdict.RetryLater)]
    public async Task The_answer_decides(int status, string code, DeliveryVerdict verdict)
    {
        using var world = new FilesWorld();
        await using var stub = await WebhookStub.StartAsync();
        stub.Answer = (_, context) => AnswerAsync(context, status, code);

        Assert.Equal(verdict, (await world.SendAsync(world.Open(Settings(stub)), Sent))[0].Verdict);
    }

    [Fact]
    public async Task Each_event_has_the_outcome_of_its_file()
    {
        using var world = new FilesWorld();
        await using var stub = await WebhookStub.StartAsync();
        stub.Answer = (request, context) => AnswerAsync(context, request.Path.Contains("/11-", StringComparison.Ordinal) ? 500 : 200, "InternalError");

        var outcomes = await world.SendAsync(
            world.Open(Settings(stub)), (1, Message("m1", "2026-01-02T12:00:00Z")), (2, Message("m2", "2026-01-02T11:00:00Z")), (3, Message("m3", "2026-01-02T10:00:00Z")), (4, "{}"));

        Assert.Equal(["not_written", "http_500", null, "unreadable"], outcomes.Select(outcome => outcome.Reason));
        Assert.Equal(2, stub.Requests.Count);
    }

    [Fact]
    public async Task Rules_of_egress_and_closed_doors()
    {
        using var strict = new FilesWorld(egress: "");
        var stub = await WebhookStub.StartAsync();
        var settings = Settings(stub);

        Assert.Equal("egress_refused", (await strict.SendAsync(strict.Open(settings), Sent))[0].Reason);
        await stub.DisposeAsync();
        using var world = new FilesWorld();
        Assert.Equal((DeliveryVerdict.RetryLater, "connection_failed"), Of((await world.SendAsync(world.Open(settings), Sent))[0]));
    }

    [Fact]
    public async Task A_dry_run_signs_and_sends_nothing()
    {
        using var world = new FilesWorld();
        await using var stub = await WebhookStub.StartAsync();

        var outcomes = await world.SendAsync(world.Open(Settings(stub), isDryRun: true), Sent);

        Assert.Equal([DeliveryOutcome.Delivered], outcomes);
        Assert.Empty(stub.Requests);
        Assert.Contains(Assert.Single(world.Trace.Exchanges).RequestHeaders, header => header.Key == "Authorization");
    }

    [Theory]
    [InlineData("bucket", "", "bucket")]
    [InlineData("bucket", "Big", "bucket")]
    [InlineData("bucket", "a/b", "bucket")]
    [InlineData("region", "eu central", "region")]
    [InlineData("endpoint", "https://host/path", "endpoint")]
    [InlineData("endpoint", "ftp://host", "endpoint")]
    [InlineData("prefix", "a/../b", "prefix")]
    [InlineData("accessKeyId", "", "accessKeyId")]
    [InlineData("secretAccessKey", "", "secretAccessKey")]
    public void Settings_are_checked(string field, string value, string fault)
    {
        var settings = new JsonObject { ["target"] = "s3", ["bucket"] = "lake", ["accessKeyId"] = "k", ["secretAccessKey"] = "s" };
        Assert.Empty(FilesKind.Value.Check(settings));
        settings[field] = value;

        Assert.Contains(FilesKind.Value.Check(settings), found => found.Field == $"settings.{fault}");
    }

    [Theory]
    [InlineData("lake", "https://lake.s3.eu-central-1.amazonaws.com/")]
    [InlineData("lake.example", "https://s3.eu-central-1.amazonaws.com/lake.example/")]
    public async Task Amazons_buckets_are_named_in_the_host_unless_they_have_dots(string bucket, string begin)
    {
        using var world = new FilesWorld();
        var settings = new JsonObject { ["target"] = "s3", ["bucket"] = bucket, ["region"] = "eu-central-1", ["accessKeyId"] = "k", ["secretAccessKey"] = "s" };

        await world.SendAsync(world.Open(settings, isDryRun: true), Sent);

        Assert.StartsWith(begin, Assert.Single(world.Trace.Exchanges).Url, StringComparison.Ordinal);
    }

    private static (DeliveryVerdict, string?) Of(DeliveryOutcome outcome) => (outcome.Verdict, outcome.Reason);

    private static JsonObject Settings(WebhookStub stub, params (string Name, string Value)[] more)
    {
        var settings = new JsonObject
        {
            ["target"] = "s3",
            ["endpoint"] = stub.Address,
            ["bucket"] = "lake",
            ["prefix"] = "raw/x/",
            ["region"] = "eu-central-1",
            ["accessKeyId"] = "AKID",
            ["secretAccessKey"] = Secret,
        };
        foreach (var (name, value) in more) settings[name] = value;
        return settings;
    }

    private static Task AnswerAsync(HttpContext context, int status, string code)
    {
        context.Response.StatusCode = status;
        return status == 200 ? Task.CompletedTask : context.Response.WriteAsync($"<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>What the server says</Message></Error>");
    }

    // What a service does: from the request alone and what it knows of the key, written out apart from the code that signs.
    private static bool IsSigned(StubRequest request, string rawPath)
    {
        var authorization = request.Headers["Authorization"];
        var day = request.Headers["x-amz-date"][..8];
        var scope = $"{day}/eu-central-1/s3/aws4_request";
        if (!authorization.StartsWith($"AWS4-HMAC-SHA256 Credential=AKID/{scope}, SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date, Signature=", StringComparison.Ordinal)) return false;
        var age = TimeProvider.System.GetUtcNow() - DateTimeOffset.ParseExact(request.Headers["x-amz-date"], "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        if (age.Duration() > TimeSpan.FromMinutes(15)) return false;
        var bodyHash = Convert.ToHexStringLower(SHA256.HashData(request.Body));
        if (request.Headers["x-amz-content-sha256"] != bodyHash) return false;
        var lines = string.Concat(new[] { "content-type", "host", "x-amz-content-sha256", "x-amz-date" }.Select(name => $"{name}:{request.Headers[name]}\n"));
        var canonical = Encoding.UTF8.GetBytes($"PUT\n{rawPath}\n\n{lines}\ncontent-type;host;x-amz-content-sha256;x-amz-date\n{bodyHash}");
        var key = Encoding.UTF8.GetBytes("AWS4" + Secret);
        foreach (var part in scope.Split('/')) key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        var text = $"AWS4-HMAC-SHA256\n{request.Headers["x-amz-date"]}\n{scope}\n{Convert.ToHexStringLower(SHA256.HashData(canonical))}";
        return authorization.EndsWith("Signature=" + Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text))), StringComparison.Ordinal);
    }
}
