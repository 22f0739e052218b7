using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Tributary.Model;
using Xunit;

namespace Tributary.Server.Tests.Ingest;

public sealed class ImportApiTests(DoorHost host) : IClassFixture<DoorHost>
{
    private readonly LogOffset _before = host.Log.End;

    [Fact]
    public async Task Each_line_is_a_message_with_its_own_verdict()
    {
        var (status, answer) = await PostAsync("application/x-ndjson",
            "{\"type\":\"track\",\"userId\":\"u\",\"event\":\"A\"}\r\n\n{\"type\":\"track\"}\nnot json\n[]\n{\"type\":\"page\",\"userId\":\"u\",\"messageId\":\"own\"}");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("""{"success":true,"rows":5,"accepted":2,"discarded":3}""", answer.ToJsonString());
        Assert.Equal(["track", "no_user_anon_id", "not_an_object", "not_an_object", "page"], host.Verdicts(_before));
        Assert.Equal("own", (string)host.Records(_before)[^1].Payload!["messageId"]!);
    }

    [Fact]
    public async Task A_second_run_of_the_same_file_repeats_its_message_ids()
    {
        const string lines = "{\"type\":\"page\",\"userId\":\"u\"}\n{\"type\":\"page\",\"userId\":\"u\"}\n";

        await PostAsync("application/x-ndjson", lines);
        await PostAsync("application/x-ndjson", lines);

        var ids = host.Records(_before).Select(record => (string)record.Payload!["messageId"]!).ToList();
        Assert.Equal(ids[..2], ids[2..]);
        Assert.NotEqual(ids[0], ids[1]);
    }

    [Fact]
    public async Task Many_lines_are_taken_in_chunks_and_gzip_is_read()
    {
        var lines = string.Join('\n', Enumerable.Range(0, 2_345).Select(i => $$"""{"type":"page","userId":"u{{i}}"}"""));
        var content = TrackingApiTests.Gzip(Encoding.UTF8.GetBytes(lines));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");

        var (status, answer) = await PostAsync(content);

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(2_345, (int)answer["accepted"]!);
        Assert.Equal(2_345, host.Records(_before).Select(record => (string)record.Payload!["userId"]!).Distinct().Count());
    }

    [Fact]
    public async Task Each_row_of_a_CSV_file_becomes_an_identify()
    {
        var (status, answer) = await PostAsync("text/csv; charset=utf-8",
            "user_id,anonymous_id,email,First Name,timestamp,city\nu1,,ada@example.com,\"Ada \"\"A\"\", B\",2026-01-01,\n,a2,,Bob,,Paris\n,,eve@example.com,,,\n,,,Nobody,,\n");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("""{"success":true,"rows":4,"accepted":3,"discarded":1}""", answer.ToJsonString());
        var records = host.Records(_before);
        Assert.Equal(["identify", "identify", "identify", "no_user_anon_id"], records.Select(record => record.Verdict));
        Assert.Equal("""{"email":"ada@example.com","First Name":"Ada \u0022A\u0022, B"}""", records[0].Payload!["traits"]!.ToJsonString());
        Assert.Equal(("u1", "2026-01-01T00:00:00.000Z"), ((string)records[0].Payload!["userId"]!, (string)records[0].Payload!["timestamp"]!));
        Assert.Equal("a2", (string)records[1].Payload!["anonymousId"]!);
        Assert.Null(records[2].Payload!["userId"]);
    }

    [Fact]
    public async Task A_second_run_of_a_CSV_file_repeats_its_message_ids_whatever_stands_before()
    {
        await PostAsync("text/csv", "userId,x\nu1,1\nu2,2\n");
        await PostAsync("text/csv", "userId,x\nu0,0\nu1,1\nu2,2\n");

        var ids = host.Records(_before).Select(record => (string)record.Payload!["messageId"]!).ToList();
        Assert.Equal(ids[..2], ids[3..]);
    }

    [Theory]
    [InlineData("", "must name the columns")]
    [InlineData("first,second\n1,2\n", "at least one identifier column")]
    [InlineData("userId,x,x\n1,2,3\n", "must be unique")]
    [InlineData("userId, x\n1,2\n", "leading, trailing or consecutive spaces")]
    [InlineData("userId,x \n1,2\n", "leading, trailing or consecutive spaces")]
    [InlineData("userId,a  b\n1,2\n", "leading, trailing or consecutive spaces")]
    [InlineData("userId,,x\n1,2,3\n", "has no name")]
    public async Task A_CSV_file_with_wrong_columns_is_refused(string file, string message)
    {
        var (status, answer) = await PostAsync("text/csv", file);

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(message, (string)answer["message"]!);
        Assert.Empty(host.Verdicts(_before));
    }

    [Fact]
    public async Task Names_that_differ_in_case_are_different_columns() =>
        Assert.Equal(HttpStatusCode.OK, (await PostAsync("text/csv", "userId,x,X\n1,2,3\n")).Status);

    [Fact]
    public async Task A_CSV_file_has_at_most_299_columns()
    {
        var names = string.Join(',', Enumerable.Range(0, 299).Select(i => $"c{i}"));

        var (status, answer) = await PostAsync("text/csv", $"userId,{names}\n1\n");

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("Your CSV file is exceeding the limit of 299 columns.", (string)answer["message"]!);
    }

    [Fact]
    public async Task A_file_without_a_known_key_or_with_a_broken_encoding_is_refused()
    {
        var unknown = new StringContent("userId\n1\n", Encoding.UTF8, "text/csv");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/import?writeKey=nobody") { Content = unknown };
        using var response = await host.Client.SendAsync(request, TestContext.Current.CancellationToken);
        var damaged = new StringContent("userId\n1\n", Encoding.UTF8, "text/csv");
        damaged.Headers.ContentEncoding.Add("gzip");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync(damaged)).Status);
    }

    private Task<(HttpStatusCode Status, JsonNode Answer)> PostAsync(string type, string body)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return PostAsync(content);
    }

    private async Task<(HttpStatusCode Status, JsonNode Answer)> PostAsync(HttpContent content)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/import") { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(DoorHost.WriteKey + ":")));
        using var response = await host.Client.SendAsync(request, TestContext.Current.CancellationToken);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!);
    }
}
