using System.CommandLine;
using System.Text.Json.Nodes;
using Tributary.Server.Cli;

namespace Tributary.Server.Tests;

/// <summary>Runs a verb in the test's process.</summary>
internal static class CommandLine
{
    public static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await TributaryCommand.Build().Parse(arguments).InvokeAsync(new InvocationConfiguration { Output = output, Error = error });
        return (code, output.ToString(), error.ToString());
    }

    /// <summary>Runs a verb against a server with <c>--json</c>; it must succeed.</summary>
    public static async Task<JsonNode> JsonAsync(RunningServer server, params string[] arguments)
    {
        var (code, output, error) = await RunAsync([.. arguments, "--json", "--server", server.Address, "--token", RunningServer.AdminToken]);
        Xunit.Assert.True(code == 0, error);
        return JsonNode.Parse(output)!;
    }
}
