using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Tributary.Server.Tests.Management;

/// <summary>The executable in a process of its own, killed without warning.</summary>
public sealed class CrashTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tributary-crash-").FullName;

    [Fact]
    public async Task Every_acknowledged_change_survives_a_kill()
    {
        var expected = new List<string> { "first-source" };
        for (var round = 0; round < 5; round++)
        {
            using var server = await ServerProcess.StartAsync(_folder);
            for (var at = 0; at < 5; at++)
            {
                var slug = $"source-{round}-{at}";
                using var body = new StringContent($$"""{"slug":"{{slug}}","metadataId":"http-api"}""", Encoding.UTF8, "application/json");
                using var created = await server.Http.PostAsync("/api/sources", body);
                created.EnsureSuccessStatusCode();
                expected.Add(slug);
            }

            await server.KillAsync();
        }

        using var last = await ServerProcess.StartAsync(_folder);
        var sources = JsonNode.Parse(await last.Http.GetStringAsync("/api/sources"))!["data"]!["sources"]!.AsArray();
        Assert.Equal(expected, sources.Select(source => source!["slug"]!.GetValue<string>()));
        await last.KillAsync();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
