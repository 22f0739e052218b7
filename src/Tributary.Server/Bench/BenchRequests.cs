using System.Globalization;
using System.Text;

namespace Tributary.Server.Bench;

/// <summary>
/// Requests of a fixed size whose ids are written over from one to the next: events of about 650 bytes by people out of a population, one identify to nine
/// tracks. One instance a connection.
/// </summary>
internal sealed class BenchRequests
{
    private const int IdDigits = 12;
    private readonly byte[] _single;
    private readonly byte[] _batch;
    private readonly int[] _singleIds;
    private readonly int[] _batchIds;
    private readonly Random _random;
    private readonly int _people;
    private long _next;

    /// <param name="host">For the Host header.</param>
    /// <param name="writeKey">The source's write key.</param>
    /// <param name="people">How many people the events are of; uniform.</param>
    /// <param name="batch">Events in a batch.</param>
    /// <param name="connection">Keeps message ids of connections apart.</param>
    public BenchRequests(string host, string writeKey, int people, int batch, int connection)
    {
        _people = people;
        _random = new Random(connection);
        _next = (connection + 1L) * 1_000_000_000;
        (_single, _singleIds) = Template(host, writeKey, "/v1/track", Track);
        var items = Enumerable.Range(0, batch).Select(i => i % 10 == 0 ? Identify : Track);
        (_batch, _batchIds) = Template(host, writeKey, "/v1/batch", "{\"batch\":[" + string.Join(',', items) + "],\"sentAt\":null}");
    }

    private static string Common => """
        "context":{"library":{"name":"@segment/analytics-node","version":"3.1.0"},
        "page":{"path":"/shop/shoes/running","referrer":"https://www.example.com/","search":"?utm_source=mail",
        "title":"Running shoes","url":"https://shop.example.com/shop/shoes/running"},
        "userAgent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
        "locale":"en-US"},"integrations":{}}
        """.ReplaceLineEndings("");

    private static string Track =>
        """{"type":"track","messageId":"bench-m###########","userId":"user-############","event":"Product Viewed","properties":{"product_id":"p-123","price":19.5},"""
        + Common;

    private static string Identify =>
        "{\"type\":\"identify\",\"messageId\":\"bench-m###########\",\"userId\":\"user-############\",\"traits\":{\"plan\":\"pro\",\"visits\":7}," + Common;

    /// <summary>The next single event.</summary>
    public ReadOnlyMemory<byte> Single() => Fill(_single, _singleIds);

    /// <summary>The next batch.</summary>
    public ReadOnlyMemory<byte> Batch() => Fill(_batch, _batchIds);

    private static (byte[] Request, int[] Ids) Template(string host, string writeKey, string path, string body)
    {
        var basic = Convert.ToBase64String(Encoding.ASCII.GetBytes(writeKey + ":"));
        var head = string.Create(CultureInfo.InvariantCulture,
            $"POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {basic}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n");
        var request = Encoding.ASCII.GetBytes(head + body);
        var ids = new List<int>();
        for (var at = 0; (at = request.AsSpan(at).IndexOf("-m###########"u8) is >= 0 and var found ? at + found : -1) >= 0; at++)
        {
            ids.Add(at + 1);
            ids.Add(at + request.AsSpan(at).IndexOf("-############"u8) + 1);
        }

        return (request, [.. ids]);
    }

    private byte[] Fill(byte[] request, int[] ids)
    {
        for (var i = 0; i < ids.Length; i += 2)
        {
            Write(request.AsSpan(ids[i], IdDigits), _next++);
            Write(request.AsSpan(ids[i + 1], IdDigits), _random.Next(_people));
        }

        return request;
    }

    private static void Write(Span<byte> digits, long value)
    {
        for (var i = digits.Length - 1; i >= 0; i--, value /= 10) digits[i] = (byte)('0' + (value % 10));
    }
}
