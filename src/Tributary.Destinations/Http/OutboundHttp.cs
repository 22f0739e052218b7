using System.Net;
using System.Net.Sockets;

namespace Tributary.Destinations.Http;

/// <summary>A connection was refused by <see cref="EgressRules"/>; nothing was sent.</summary>
public sealed class EgressRefusedException(string host)
    : IOException($"{host} leads to an address that is not public. An administrator can permit its range with {EgressRules.AllowKey}.");

/// <summary>
/// The one client for requests to destinations. It follows no redirects, keeps no cookies, uses no proxy (a proxy would connect where the rules cannot
/// see), and connects only to addresses that the rules permit.
/// </summary>
/// <remarks>
/// The rules are asked about the addresses that a name resolved to for this very connection, so a name that resolves to something else a moment later gains
/// nothing. Connections are made anew every two minutes, so that a moved name is noticed.
/// </remarks>
public sealed class OutboundHttp : IDisposable
{
    /// <summary>What destinations see as <c>User-Agent</c>.</summary>
    public static string UserAgent { get; } = $"Tributary/{typeof(OutboundHttp).Assembly.GetName().Version?.ToString(3)}";

    private readonly EgressRules _rules;

    public OutboundHttp(EgressRules rules)
        : this(rules, null)
    {
    }

    /// <summary>With something else where the network would be.</summary>
    internal OutboundHttp(EgressRules rules, HttpMessageHandler? network)
    {
        _rules = rules;
        Client = new HttpClient(
            network ?? new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                UseProxy = false,
                ActivityHeadersPropagator = null,
                ConnectCallback = ConnectAsync,
                ConnectTimeout = TimeSpan.FromSeconds(10),
                PooledConnectionLifetime = TimeSpan.FromMinutes(2),
                MaxResponseHeadersLength = 32,
                MaxResponseDrainSize = 64 << 10,
                ResponseDrainTimeout = TimeSpan.FromSeconds(1),
            })
        {
            // The engine bounds every attempt itself, with a clock that tests can turn.
            Timeout = Timeout.InfiniteTimeSpan,
        };
        DryClient = new HttpClient(new DryRunHandler());
        Client.DefaultRequestHeaders.UserAgent.ParseAdd(UserAgent);
        DryClient.DefaultRequestHeaders.UserAgent.ParseAdd(UserAgent);
    }

    /// <summary>Shared by all destinations.</summary>
    public HttpClient Client { get; }

    // What the real client adds to each request belongs into the picture as well.
    private HttpClient DryClient { get; }

    /// <summary>The client for a sender: one that sends, or for a dry run one that answers every request with <c>200 {}</c>.</summary>
    public HttpClient For(bool isDryRun) => isDryRun ? DryClient : Client;

    public void Dispose()
    {
        Client.Dispose();
        DryClient.Dispose();
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var target = context.DnsEndPoint;
        var addresses = await Dns.GetHostAddressesAsync(target.Host, cancellationToken);
        var permitted = Array.FindAll(addresses, _rules.Permits);
        if (permitted.Length == 0 && addresses.Length > 0) throw new EgressRefusedException(target.Host);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(permitted, target.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
