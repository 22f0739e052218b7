using System.Diagnostics;
using Xunit;

namespace Tributary.Server.Tests.Management;

/// <summary>Segment's own SDK of its Public API (<c>@segment/public-api-sdk-typescript</c>), unmodified, at the version in package-lock.json.</summary>
public sealed class PublicApiSdkTests
{
    [Fact]
    public async Task Segments_sdk_manages_sources_and_destinations()
    {
        await using var server = await RunningServer.StartAsync();
        var folder = Repository.PathOf("tests", "Server.Tests", "Management");
        if (!Directory.Exists(Path.Combine(folder, "node_modules"))) await RunAsync(folder, "npm", "ci", "--no-audit", "--no-fund");

        var output = await RunAsync(folder, "node", "public-api-sdk.cjs", $"{server.Address}/api", RunningServer.AdminToken);

        Assert.EndsWith("ok", output.Trim(), StringComparison.Ordinal);
    }

    private static async Task<string> RunAsync(string folder, string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(2));
        Assert.True(process.ExitCode == 0, $"{program} {arguments[0]} ended with {process.ExitCode}:\n{await output}\n{await error}");
        return await output;
    }
}
