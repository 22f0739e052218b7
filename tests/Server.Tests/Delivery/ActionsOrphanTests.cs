using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Tributary.Destinations.Actions;
using Xunit;

namespace Tributary.Server.Tests.Delivery;

/// <summary>A worker must not outlive the server, whichever way the server ends.</summary>
public sealed class ActionsOrphanTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_worker_ends_with_its_connection_and_with_its_parent(bool byConnection)
    {
        var folder = Directory.CreateTempSubdirectory("tributary-orphan-").FullName;
        var path = Path.Combine(folder, "s");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        var script = ActionsCatalogue.Load(AppContext.BaseDirectory, null).Script;
        // A shell stands for the server: it is killed, and nobody tells the worker.
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true };
        foreach (var argument in (string[])["-c", "token=$(cat); printf %s \"$token\" | node \"$0\" --socket \"$1\" --mode actions & echo $! > \"$2\"; wait", script, path, Path.Combine(folder, "pid")]) start.ArgumentList.Add(argument);
        using var parent = Process.Start(start)!;
        await parent.StandardInput.WriteAsync("token");
        parent.StandardInput.Close();
        using var within = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var connection = await listener.AcceptAsync(within.Token);
        var ready = await ReadAsync(connection, within.Token);
        Assert.Equal("token", ready.GetProperty("ready").GetString());
        using var worker = Process.GetProcessById(int.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "pid"), within.Token), System.Globalization.CultureInfo.InvariantCulture));

        if (byConnection) connection.Close();
        else parent.Kill();

        await worker.WaitForExitAsync(within.Token);
        if (!parent.HasExited) parent.Kill(entireProcessTree: true);
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<JsonElement> ReadAsync(Socket connection, CancellationToken cancellationToken)
    {
        var buffer = new byte[4_096];
        var length = 0;
        while (length < 4 || length < 4 + BitConverter.ToInt32(buffer)) length += await connection.ReceiveAsync(buffer.AsMemory(length), cancellationToken);
        return JsonDocument.Parse(Encoding.UTF8.GetString(buffer, 4, length - 4)).RootElement;
    }
}
