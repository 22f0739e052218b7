using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Tributary.Server.Tests.Crashes;

public sealed class FullDiskTests
{
    // Twice what the logs reserve ahead.
    private const int BatchesMax = 700;
    private static readonly string Bulk = new('x', 30_000);

    [Fact]
    public Task A_full_disk_is_said_and_survived() => FillAndMakeRoomAsync(FullDisk.Small());

    [Fact]
    public Task A_limit_on_files_is_said_and_survived() => FillAndMakeRoomAsync(FullDisk.Limited());

    private static async Task FillAndMakeRoomAsync(FullDisk disk)
    {
        using (disk)
        {
            using var server = await ServerProcess.StartAsync(disk.Folder, prefix: FileSizeLimit.Prefix);
            using var source = new HttpClient { BaseAddress = server.Http.BaseAddress };
            var key = await server.FirstWriteKeyAsync();
            source.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes(key + ":")));
            var acknowledged = new HashSet<string>();
            Assert.Equal(HttpStatusCode.OK, await SendAsync(source, 0, acknowledged));

            disk.Fill(server);
            var status = HttpStatusCode.OK;
            var batch = 1;
            for (; batch < BatchesMax && status == HttpStatusCode.OK; batch++) status = await SendAsync(source, batch, acknowledged);

            Assert.Contains(status, (HttpStatusCode[])[HttpStatusCode.ServiceUnavailable, HttpStatusCode.TooManyRequests]);
            Assert.Equal(HttpStatusCode.OK, (await server.Http.GetAsync("/health/live")).StatusCode);
            var change = await server.Http.PostAsync("/api/sources", new StringContent("""{"slug":"late","metadataId":"http-api"}""", Encoding.UTF8, "application/json"));
            Assert.Contains(change.StatusCode, (HttpStatusCode[])[HttpStatusCode.ServiceUnavailable, HttpStatusCode.Created]);
            Assert.NotNull(JsonNode.Parse(await change.Content.ReadAsStringAsync()));

            disk.MakeRoom(server);
            for (var patience = 0; patience < 50 && await SendAsync(source, batch, acknowledged) != HttpStatusCode.OK; patience++) await Task.Delay(200);
            Assert.Contains($"b{batch}-0", acknowledged);
            await CheckLakeAsync(server, acknowledged);
            await server.StopAsync();
        }
    }

    // Nothing acknowledged is missing, nothing stands twice, and what was refused was not taken.
    private static async Task CheckLakeAsync(ServerProcess server, HashSet<string> acknowledged)
    {
        var loaded = new List<string>();
        for (var patience = 0; patience < 150 && loaded.Count < acknowledged.Count; patience++)
        {
            await Task.Delay(200);
            loaded = (await server.QueryAsync("SELECT id FROM first_source.tracks")).ConvertAll(row => row[0]!);
        }

        Assert.True(acknowledged.Order().SequenceEqual(loaded.Order()), $"{acknowledged.Count} events were acknowledged, {loaded.Count} are in the lake. {server.Log}");
    }

    private static async Task<HttpStatusCode> SendAsync(HttpClient source, int batch, HashSet<string> acknowledged)
    {
        var ids = Enumerable.Range(0, 15).Select(item => $"b{batch}-{item}").ToList();
        var items = ids.Select(id => $$$"""{"type":"track","event":"Seen","userId":"{{{id}}}","messageId":"{{{id}}}","properties":{"bulk":"{{{Bulk}}}"}}""");
        using var body = new StringContent($$"""{"batch":[{{string.Join(',', items)}}]}""", Encoding.UTF8, "application/json");
        using var answer = await source.PostAsync("/v1/batch", body);
        var text = await answer.Content.ReadAsStringAsync();
        // Every answer is JSON, this one as well.
        Assert.Equal(answer.IsSuccessStatusCode, JsonNode.Parse(text)!["success"]!.GetValue<bool>());
        if (answer.IsSuccessStatusCode) acknowledged.UnionWith(ids);
        return answer.StatusCode;
    }
}
