using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Tributary.Engine.Ingest;

/// <summary>Who speaks to us.</summary>
internal static class PeerAddress
{
    /// <summary>
    /// The peer's IPv4 address as text; empty for IPv6, which is never collected (spec/connections.md §3). Behind trusted proxies it is the
    /// right-most entry of
    /// <c>X-Forwarded-For</c> that no trusted proxy wrote of itself; entries further left could have been written by anybody.
    /// </summary>
    public static ReadOnlyMemory<byte> Of(HttpRequest request, IPNetwork[] proxies)
    {
        var address = Plain(request.HttpContext.Connection.RemoteIpAddress);
        if (address is null) return default;
        if (proxies.Length > 0 && IsProxy(address, proxies)) address = Forwarded(request, address, proxies);
        return address.AddressFamily == AddressFamily.InterNetwork
            ? Encoding.ASCII.GetBytes(address.ToString())
            : default(ReadOnlyMemory<byte>);
    }

    /// <summary>What attempts of the peer are counted under: its IPv4 address, or the /64 network of its IPv6 address, which is what one subscriber has.</summary>
    public static string Counted(HttpRequest request, IPNetwork[] proxies)
    {
        var address = Plain(request.HttpContext.Connection.RemoteIpAddress);
        if (address is null) return "";
        if (proxies.Length > 0 && IsProxy(address, proxies)) address = Forwarded(request, address, proxies);
        return address.AddressFamily == AddressFamily.InterNetwork ? address.ToString() : Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8));
    }

    /// <summary>The scheme that the client used, as far as it can be believed.</summary>
    public static string SchemeOf(HttpRequest request, IPNetwork[] proxies)
    {
        var peer = Plain(request.HttpContext.Connection.RemoteIpAddress);
        var told = request.Headers["X-Forwarded-Proto"].ToString();
        return peer is not null && told is "http" or "https" && IsProxy(peer!, proxies) ? told : request.Scheme;
    }

    private static IPAddress Forwarded(HttpRequest request, IPAddress peer, IPNetwork[] proxies)
    {
        var entries = request.Headers["X-Forwarded-For"].ToString()
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var address = peer;
        for (var at = entries.Length - 1; at >= 0 && IPAddress.TryParse(entries[at], out var entry); at--)
        {
            address = Plain(entry)!;
            if (!IsProxy(address, proxies)) break;
        }

        return address;
    }

    private static bool IsProxy(IPAddress address, IPNetwork[] proxies) => Array.Exists(proxies, network => network.Contains(address));

    private static IPAddress? Plain(IPAddress? address) => address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
}
