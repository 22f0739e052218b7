using System.CommandLine;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tributary.Server.Cli;

/// <summary>A running server as the verbs of the command line talk to it.</summary>
internal sealed class ServerConnection : IDisposable
{
    private readonly HttpClient _http;

    private ServerConnection(Uri address, string? token)
    {
        _http = new HttpClient { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };
        if (!string.IsNullOrEmpty(token)) _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public static ServerConnection Open(string address, string? token) =>
        Uri.TryCreate(address.TrimEnd('/') + "/", UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? new ServerConnection(uri, token)
            : throw new CommandFailedException($"\"{address}\" is no address of a server.", "Give --server as in http://localhost:8080.");

    /// <summary>The answer's <c>data</c>.</summary>
    /// <param name="method">The HTTP method.</param>
    /// <param name="path">Below the server's address, already escaped, e.g. <c>api/sources</c>.</param>
    /// <param name="body">The JSON to send, or null.</param>
    /// <param name="cancellationToken">Stops waiting; the server may still do it.</param>
    public async Task<JsonNode?> SendAsync(HttpMethod method, string path, JsonNode? body, CancellationToken cancellationToken)
    {
        using var content = body is null ? null : new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using var request = new HttpRequestMessage(method, path) { Content = content };
        var answer = await SendAsync(request, cancellationToken);
        return answer is JsonObject wrapped && wrapped.ContainsKey("data") ? wrapped["data"] : answer;
    }

    public Task<JsonNode?> GetAsync(string path, CancellationToken cancellationToken) => SendAsync(HttpMethod.Get, path, null, cancellationToken);

    /// <summary>All items of a paginated list, each by itself.</summary>
    public async Task<List<JsonObject>> ListAsync(string path, string field, CancellationToken cancellationToken)
    {
        var items = new List<JsonObject>();
        string? cursor = null;
        do
        {
            var query = cursor is null ? "" : $"&pagination[cursor]={Uri.EscapeDataString(cursor)}";
            var data = await GetAsync($"{path}?pagination[count]=200{query}", cancellationToken);
            items.AddRange(data?[field]?.AsArray().Select(item => item!.DeepClone().AsObject()) ?? []);
            cursor = data?["pagination"]?["next"]?.GetValue<string>();
        }
        while (cursor is not null);
        return items;
    }

    /// <summary>Sends any request and reads a JSON answer, whole. Its own authorisation goes before the token.</summary>
    public async Task<JsonNode?> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _http.SendAsync(request, cancellationToken);
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            if (!response.IsSuccessStatusCode) throw Failure(response.StatusCode, text, request);
            return text.Length == 0 ? null : JsonNode.Parse(text);
        }
        catch (HttpRequestException failure)
        {
            throw new CommandFailedException(
                $"The server at {_http.BaseAddress} does not answer: {failure.Message}", "Start one with \"tributary serve\", or name another with --server or TRIBUTARY_URL.");
        }
        catch (JsonException)
        {
            throw new CommandFailedException($"{_http.BaseAddress} answers, but not in JSON. Is it a Tributary server?");
        }
    }

    /// <summary>Copies an answer that is no JSON as it comes.</summary>
    public async Task DownloadAsync(string path, Stream target, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (!response.IsSuccessStatusCode) throw Failure(response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken), request);
            await response.Content.CopyToAsync(target, cancellationToken);
        }
        catch (HttpRequestException failure)
        {
            throw new CommandFailedException($"The server at {_http.BaseAddress} does not answer: {failure.Message}", "Start one with \"tributary serve\", or name another with --server or TRIBUTARY_URL.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static CommandFailedException Failure(HttpStatusCode status, string text, HttpRequestMessage request) => status switch
    {
        HttpStatusCode.Unauthorized => new("The server wants a token.", "Give it with --token or TRIBUTARY_ADMIN_TOKEN; the first start of the server printed one.") { NeedsToken = true },
        HttpStatusCode.Forbidden => new("The token may not do this.", "Use a token with the scope admin."),
        _ => new($"{request.Method} {request.RequestUri?.AbsolutePath}: {(int)status}. {Messages(text)}"),
    };

    private static string Messages(string text)
    {
        try
        {
            // Three shapes: of the management API, of the Profile API, of the tracking API.
            var answer = JsonNode.Parse(text) as JsonObject;
            if (answer?["errors"] is JsonArray errors) return string.Join(" ", errors.Select(error => Terminal.Plain((error as JsonObject)?["message"])));
            return Terminal.Plain((answer?["error"] as JsonObject)?["message"] ?? answer?["message"]);
        }
        catch (JsonException)
        {
            return "";
        }
    }
}

/// <summary>The options of every verb that talks to a server.</summary>
internal sealed class ClientOptions
{
    private readonly Option<string> _server = new("--server")
    {
        Description = "Address of the server. Also TRIBUTARY_URL.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TRIBUTARY_URL") is { Length: > 0 } url ? url : "http://localhost:8080",
    };

    private readonly Option<string?> _token = new("--token")
    {
        Description = "A token of the workspace. Also TRIBUTARY_ADMIN_TOKEN.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TRIBUTARY_ADMIN_TOKEN"),
    };

    private readonly Option<bool> _json = new("--json") { Description = "Answer in JSON, for programs." };

    public void AddTo(Command command)
    {
        command.Add(_server);
        command.Add(_token);
        command.Add(_json);
    }

    public bool WantsJson(ParseResult line) => line.GetValue(_json);

    public Uri Address(ParseResult line) => new(line.GetValue(_server)!);

    public string? Token(ParseResult line) => line.GetValue(_token);

    public ServerConnection Connect(ParseResult line) => ServerConnection.Open(line.GetValue(_server)!, line.GetValue(_token));
}
