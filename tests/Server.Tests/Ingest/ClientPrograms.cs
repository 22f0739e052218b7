using System.Diagnostics;
using System.Text.Json.Nodes;
using Xunit;

namespace Tributary.Server.Tests.Ingest;

/// <summary>Runs the programs in <c>tests/Server.Tests/clients</c>: published clients from npm, unmodified, in Node.js.</summary>
internal static class ClientPrograms
{
    private static readonly SemaphoreSlim Installing = new(1, 1);

    private static string Folder { get; } = Path.Combine(RepositoryRoot(), "tests", "Server.Tests", "clients");

    /// <summary>Runs a program, given with its arguments, against a server and returns the JSON of its last line.</summary>
    public static async Task<JsonNode> RunAsync(string program, Uri address, string writeKey, CancellationToken cancellationToken, params (string Name, string Value)[] environment)
    {
        await InstallAsync(cancellationToken);
        var (code, output, errors) = await ExecuteAsync("node", program.Split(' '), address, writeKey, cancellationToken, environment);
        Assert.True(code == 0, $"{program} ended with {code}.\n{output}\n{errors}");
        return JsonNode.Parse(output.TrimEnd().Split('\n')[^1])!;
    }

    private static async Task InstallAsync(CancellationToken cancellationToken)
    {
        await Installing.WaitAsync(cancellationToken);
        try
        {
            if (Directory.Exists(Path.Combine(Folder, "node_modules", "playwright-core"))) return;
            var (code, output, errors) = await ExecuteAsync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], null, "", cancellationToken);
            Assert.True(code == 0, $"npm ci ended with {code}.\n{output}\n{errors}");
        }
        finally
        {
            Installing.Release();
        }
    }

    private static async Task<(int Code, string Output, string Errors)> ExecuteAsync(
        string program, string[] arguments, Uri? address, string writeKey, CancellationToken cancellationToken, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["TRIBUTARY_URL"] = address?.ToString().TrimEnd('/');
        start.Environment["WRITE_KEY"] = writeKey;
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return (process.ExitCode, await output, await errors);
    }

    private static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Tributary.slnx"))) folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("Tributary.slnx is in no folder above the tests.");
    }
}
