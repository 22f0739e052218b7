using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;

namespace Tributary.Server.Tests.Crashes;

/// <summary>
/// Several SDKs at once, with singles and batches. Like an SDK each sends a request again, with the same message ids, until it is answered 200.
/// </summary>
internal sealed class Clients : IAsyncDisposable
{
    /// <summary>How many people the events are about. Each has a user id, two anonymous ids and an address that belong together by some of them.</summary>
    public const int People = 40;

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<string, int> _acknowledged = [];
    private readonly Task[] _loops;
    private int _refused;

    private readonly int _pauseMsMax;

    /// <param name="address">The server's.</param>
    /// <param name="writeKey">Of the source that they are.</param>
    /// <param name="count">How many at once.</param>
    /// <param name="pauseMsMax">Longest pause between two requests of one client.</param>
    public Clients(string address, string writeKey, int count, int pauseMsMax = 25)
    {
        _pauseMsMax = pauseMsMax;
        _http.BaseAddress = new Uri(address);
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes(writeKey + ":")));
        _loops = [.. Enumerable.Range(0, count).Select(client => Task.Run(() => SendAsync(client)))];
    }

    /// <summary>The person of each message id that was answered 200.</summary>
    public IReadOnlyDictionary<string, int> Acknowledged => _acknowledged;

    /// <summary>Requests that were not answered 200: the connection broke, or the server said to come again.</summary>
    public int Refused => _refused;

    /// <summary>Lets each client finish what it is at, against a server that answers.</summary>
    public async Task FinishAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_loops).WaitAsync(TimeSpan.FromSeconds(30));
        // Whoever was not seen on a device by chance is seen there now, so that every person has all identifiers.
        for (var person = 0; person < People; person++)
        {
            foreach (var device in "ab")
            {
                var id = $"last-{device}{person}";
                while (!await TrySendAsync("/v1/track", Message(id, person, $"\"userId\":\"u{person}\",\"anonymousId\":\"{device}{person}\""))) await Task.Delay(20);
                _acknowledged[id] = person;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _http.Dispose();
    }

    private async Task SendAsync(int client)
    {
        var random = new Random(client);
        for (var number = 0; !_stopping.IsCancellationRequested;)
        {
            var items = Enumerable.Range(0, random.Next(2) == 0 ? 1 : random.Next(2, 40)).Select(_ => (Id: $"c{client}-{number++}", Person: random.Next(People))).ToList();
            var path = items.Count == 1 ? "/v1/track" : "/v1/batch";
            var messages = items.Select(item => Message(item.Id, item.Person, random)).ToList();
            var json = items.Count == 1 ? messages[0] : $$"""{"batch":[{{string.Join(',', messages)}}]}""";
            while (!await TrySendAsync(path, json)) await Task.Delay(20);
            foreach (var (id, person) in items) _acknowledged[id] = person;
            await Task.Delay(random.Next(_pauseMsMax));
        }
    }

    private async Task<bool> TrySendAsync(string path, string json)
    {
        try
        {
            using var body = new StringContent(json, Encoding.UTF8, "application/json");
            using var answer = await _http.PostAsync(path, body);
            if (answer.IsSuccessStatusCode) return true;
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
        {
            // The server is gone, or went with our request: nobody knows whether it arrived.
        }

        Interlocked.Increment(ref _refused);
        return false;
    }

    // Every message names the person by one or two of its identifiers; those with two are what joins them.
    private static string Message(string id, int person, Random random)
    {
        var identifiers = random.Next(6) switch
        {
            0 or 1 => $"\"userId\":\"u{person}\"",
            2 => $"\"anonymousId\":\"a{person}\"",
            3 => $"\"anonymousId\":\"b{person}\"",
            4 => $"\"userId\":\"u{person}\",\"anonymousId\":\"a{person}\"",
            _ => $"\"userId\":\"u{person}\",\"anonymousId\":\"b{person}\"",
        };
        return Message(id, person, identifiers);
    }

    private static string Message(string id, int person, string identifiers) =>
        $$$"""{"type":"track","event":"Seen","messageId":"{{{id}}}",{{{identifiers}}},"properties":{"person":{{{person}}}}}""";
}
