using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tributary.Benchmarks;

/// <summary>A receiver that costs as little as possible: it finds the end of each request and answers 200.</summary>
internal sealed class QuietReceiver : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Action<ReadOnlySpan<byte>>? _seen;
    private int _requests;

    /// <param name="seen">Told of each request, head and body; null to look at none.</param>
    public QuietReceiver(Action<ReadOnlySpan<byte>>? seen = null)
    {
        _seen = seen;
        _listener.Start();
        _ = AcceptAsync();
    }

    public string Address => $"http://{_listener.LocalEndpoint}/";

    public int Requests => Volatile.Read(ref _requests);

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await _listener.AcceptSocketAsync());
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // The measurement is over.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var connection = socket;
        var buffer = new byte[8 << 20];
        var length = 0;
        while (await socket.ReceiveAsync(buffer.AsMemory(length)) is > 0 and var read)
        {
            length += read;
            while (EndOf(buffer.AsSpan(0, length)) is > 0 and var end)
            {
                _seen?.Invoke(buffer.AsSpan(0, end));
                Interlocked.Increment(ref _requests);
                await socket.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
                buffer.AsSpan(end, length - end).CopyTo(buffer);
                length -= end;
            }
        }
    }

    private static int EndOf(ReadOnlySpan<byte> bytes)
    {
        var head = bytes.IndexOf("\r\n\r\n"u8);
        if (head < 0) return 0;
        var text = Encoding.ASCII.GetString(bytes[..head]);
        var at = text.IndexOf("Content-Length: ", StringComparison.OrdinalIgnoreCase);
        var end = text.IndexOf('\r', at);
        var body = int.Parse(end < 0 ? text.AsSpan(at + 16) : text.AsSpan(at + 16, end - at - 16), CultureInfo.InvariantCulture);
        return bytes.Length >= head + 4 + body ? head + 4 + body : 0;
    }
}
