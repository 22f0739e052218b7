namespace Tributary.Server.Cli;

/// <summary>What a person sees when the server has started.</summary>
internal static class Banner
{
    /// <summary>One line normally. On the first start also the token, a write key and a command that sends the first event; the token is never shown again.</summary>
    public static void Write(Terminal terminal, StartedServer server, ServeOptions options)
    {
        // Plain lines: a console would break them at the width of the terminal, and then nothing could be copied.
        var output = terminal.Out;
        output.WriteLine($"Tributary listens on {server.Address}, data in {Path.GetFullPath(options.DataFolder)}");
        if (server.FirstStart is not { } first) return;
        output.WriteLine();
        output.WriteLine($"  address    {server.Address}");
        output.WriteLine(first.TokenWasGiven ? "  token      from TRIBUTARY_ADMIN_TOKEN" : $"  token      {first.Token}   (shown once; keep it)");
        output.WriteLine($"  write key  {first.WriteKey}");
        output.WriteLine();
        output.WriteLine("Send the first event:");
        output.WriteLine(
            $"  curl {server.Address}/v1/track -u {first.WriteKey}: -H 'Content-Type: application/json' -d '{{\"userId\":\"ada\",\"event\":\"Signed Up\",\"properties\":{{\"plan\":\"pro\"}}}}'");
    }
}
