using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Tributary.Server.Tests.SqlTraits;

/// <summary>The process is killed while a SQL trait sends.</summary>
public sealed class SqlTraitsCrashTests
{
    private const int Rows = 30_000;
    private const string Path = "/api/spaces/default/sql-traits";

    [Fact]
    public async Task Kills_in_the_middle_of_runs_lose_no_row_and_send_none_twice()
    {
        var folder = Directory.CreateTempSubdirectory("tributary-").FullName;
        try
        {
            string id;
            using (var server = await ServerProcess.StartAsync(folder))
            {
                id = await CreateAsync(server);
                await SomeAsync(server, 2_000);
                await server.KillAsync();
            }

            for (var kill = 1; kill <= 2; kill++)
            {
                using var server = await ServerProcess.StartAsync(folder);
                await SomeAsync(server, 2_000 + (4_000 * kill));
                await server.KillAsync();
            }

            using var last = await ServerProcess.StartAsync(folder);
            JsonNode? run;
            while ((run = await LastRunAsync(last, id)) is null || (string?)run["status"] != "SUCCEEDED") await Task.Delay(50, TestContext.Current.CancellationToken);
            Assert.Equal((Rows, 0), ((int)run["rows"]!, (int)run["gone"]!));
            List<string?[]> found;
            while ((found = await CountAsync(last)).Count == 0 || int.Parse(found[0][0]!, CultureInfo.InvariantCulture) < Rows) await Task.Delay(50, TestContext.Current.CancellationToken);
            Assert.Equal([$"{Rows}", $"{Rows}", $"{Rows}"], found[0]);
            await last.StopAsync();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> CreateAsync(ServerProcess server)
    {
        var json = new JsonObject { ["name"] = "x", ["query"] = $"SELECT 'u' || i AS user_id, i AS place, repeat('x', 200) AS filler FROM range({Rows}) AS r(i)" };
        using var content = new StringContent(json.ToJsonString(), Encoding.UTF8, "application/json");
        using var answer = await server.Http.PostAsync(Path, content, TestContext.Current.CancellationToken);
        return (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["data"]!["sqlTrait"]!["id"]!;
    }

    private static async Task<JsonNode?> LastRunAsync(ServerProcess server, string id) =>
        JsonNode.Parse(await server.Http.GetStringAsync($"{Path}/{id}", TestContext.Current.CancellationToken))!["data"]!["sqlTrait"]!["lastRun"];

    // Waits until so many rows were sent by all runs together.
    private static async Task SomeAsync(ServerProcess server, int count)
    {
        var runs = new JsonArray();
        while (runs.Sum(run => (int)run!["changed"]!) < count && !runs.Any(run => (string?)run!["status"] == "SUCCEEDED"))
        {
            var list = JsonNode.Parse(await server.Http.GetStringAsync(Path, TestContext.Current.CancellationToken))!["data"]!["sqlTraits"]!.AsArray();
            runs = JsonNode.Parse(await server.Http.GetStringAsync($"{Path}/{(string)list[0]!["id"]!}/runs", TestContext.Current.CancellationToken))!["data"]!["runs"]!.AsArray();
        }
    }

    private static Task<List<string?[]>> CountAsync(ServerProcess server) =>
        server.QueryAsync("SELECT count(*), count(DISTINCT user_id), count(DISTINCT place) FROM personas_default.identifies");
}
