using Xunit;

namespace Tributary.Server.Tests.Management;

public sealed class ImportCommandTests
{
    [Theory]
    [InlineData("nothing.ndjson", "first-source", "There is no file")]
    [InlineData("events.xyz", "first-source", "--format")]
    [InlineData("events.ndjson", "nowhere", "first-source")]
    public async Task Says_what_is_wrong_before_anything_is_sent(string name, string source, string message)
    {
        await using var server = await RunningServer.StartAsync();
        var folder = Directory.CreateTempSubdirectory("tributary-import-").FullName;
        if (name != "nothing.ndjson") await File.WriteAllTextAsync(Path.Combine(folder, name), "{}\n");

        var (code, _, error) = await CommandLine.RunAsync(
            "import", Path.Combine(folder, name), "--source", source, "--server", server.Address, "--token", RunningServer.AdminToken);

        Directory.Delete(folder, recursive: true);
        Assert.Equal(1, code);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }
}
