using System.Buffers.Text;
using System.Net.Sockets;

namespace Tributary.Server.Bench;

/// <summary>
/// One keep-alive HTTP/1.1 connection that sends bytes made beforehand, so that the load generator leaves the processor to the server. Understands the
/// answers of this server only: a status line and a Content-Length.
/// </summary>
internal sealed class RawConnection : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private byte[] _buffer = new byte[16 << 10];

    public static async Task<RawConnection> OpenAsync(Uri server, CancellationToken cancellationToken)
    {
        var connection = new RawConnection();
        await connection._socket.ConnectAsync(server.Host, server.Port, cancellationToken);
        return connection;
    }

    /// <summary>Sends a request and reads the whole answer.</summary>
    /// <returns>The status code.</returns>
    /// <exception cref="IOException">The server closed the connection or answered what is no HTTP with a length.</exception>
    public async ValueTask<int> SendAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken)
    {
        for (var sent = 0; sent < request.Length;) sent += await _socket.SendAsync(request[sent..], SocketFlags.None, cancellationToken);
        var length = 0;
        while (true)
        {
            if (length == _buffer.Length) Array.Resize(ref _buffer, _buffer.Length * 2);
            var read = await _socket.ReceiveAsync(_buffer.AsMemory(length), SocketFlags.None, cancellationToken);
            if (read == 0) throw new IOException("The server closed the connection.");
            length += read;
            var head = _buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
            if (head < 0) continue;
            if (length >= head + 4 + ContentLength(_buffer.AsSpan(0, head + 2))) break;
        }

        return Utf8Parser.TryParse(_buffer.AsSpan(9, 3), out int status, out _) ? status : throw new IOException("The answer has no status.");
    }

    public void Dispose() => _socket.Dispose();

    private static int ContentLength(ReadOnlySpan<byte> head)
    {
        var at = head.IndexOf("Content-Length: "u8);
        return at >= 0 && Utf8Parser.TryParse(head[(at + 16)..], out int length, out _) ? length : throw new IOException("The answer has no Content-Length.");
    }
}
