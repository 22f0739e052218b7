using Spectre.Console;

namespace Tributary.Server.Cli;

/// <summary>What a person sees when the server has started.</summary>
internal static class Banner
{
    /// <summary>One line normally. On the first start also the token, a write key and a command that sends the first event; the token is never shown again.</summary>
    public static void Write(Terminal terminal, StartedServer server, ServeOptions options)
    {
        var console = terminal.Console;
        console.MarkupLineInterpolated($"[bold]Tributary[/] listens on [link]{server.Address}[/], data in {Path.GetFullPath(options.DataFolder)}");
        if (server.FirstStart is not { } first) return;
        console.WriteLine();
        console.MarkupLineInterpolated($"  address    {server.Address}");
        if (first.TokenWasGiven) console.MarkupLine("  token      from TRIBUTARY_ADMIN_TOKEN");
        else console.MarkupLineInterpolated($"  token      [yellow]{first.Token}[/]   (shown once; keep it)");
        console.MarkupLineInterpolated($"  write key  [green]{first.WriteKey}[/]");
        console.WriteLine();
        console.WriteLine("Send the first event:");
        // Written past the console: it would break the line at the width of the terminal, and then it could not be copied.
        terminal.Out.WriteLine(
            $"  curl {server.Address}/v1/track -u {first.WriteKey}: -H 'Content-Type: application/json' -d '{{\"userId\":\"ada\",\"event\":\"Signed Up\",\"properties\":{{\"plan\":\"pro\"}}}}'");
    }
}
