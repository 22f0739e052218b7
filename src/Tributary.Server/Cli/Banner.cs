using Tributary.Console.Access;
using Tributary.Engine.Workspace;

namespace Tributary.Server.Cli;

/// <summary>What a person sees when the server has started.</summary>
internal static class Banner
{
    /// <summary>The credentials of a new workspace; the token is never shown again.</summary>
    public static void WriteCredentials(TextWriter output, FirstStart first)
    {
        // Plain lines, here and below: a console would break them at the width of the terminal, and then nothing could be copied.
        output.WriteLine("A new workspace is made.");
        output.WriteLine(first.TokenWasGiven ? "  token      from TRIBUTARY_ADMIN_TOKEN" : $"  token      {first.Token}   (shown once; keep it)");
        output.WriteLine($"  write key  {first.WriteKey}");
    }

    /// <summary>Where the server is, and on the first start a command that sends the first event.</summary>
    public static void WriteAddress(TextWriter output, StartedServer server, string dataFolder, FirstStart? first)
    {
        output.WriteLine($"Tributary listens on {server.Address}, data in {Path.GetFullPath(dataFolder)}");
        // As long as nobody owns the console; whoever can read this line started the server.
        if (server.App.Services.GetRequiredService<MemberRegister>().IsEmpty)
            output.WriteLine($"Set up the console: {server.Address}{server.App.Services.GetRequiredService<SetUpCode>().Path}");
        if (first is null) return;
        output.WriteLine("Send the first event:");
        output.WriteLine(
            $"  curl {server.Address}/v1/track -u {first.WriteKey}: -H 'Content-Type: application/json' -d '{{\"userId\":\"ada\",\"event\":\"Signed Up\",\"properties\":{{\"plan\":\"pro\"}}}}'");
    }
}
