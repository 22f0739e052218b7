using System.Net;
using System.Net.Sockets;

namespace Tributary.Destinations.Http;

/// <summary>
/// Which addresses outgoing requests may go to. Refused are those that do not lead to the public internet, so that nobody who may configure a destination
/// can reach what only this machine can reach: the cloud's metadata service, databases, the management API itself.
/// </summary>
/// <remarks>Ranges: the IANA special-purpose registries for IPv4 (RFC 6890) and IPv6.</remarks>
public sealed class EgressRules
{
    /// <summary>Name of the setting (also an environment variable) with the exceptions: CIDR ranges, separated by commas.</summary>
    public const string AllowKey = "TRIBUTARY_EGRESS_ALLOW";

    private static readonly IPNetwork[] Closed =
    [
        IPNetwork.Parse("0.0.0.0/8"),
        IPNetwork.Parse("10.0.0.0/8"),
        IPNetwork.Parse("100.64.0.0/10"),
        IPNetwork.Parse("127.0.0.0/8"),
        IPNetwork.Parse("169.254.0.0/16"),
        IPNetwork.Parse("172.16.0.0/12"),
        IPNetwork.Parse("192.0.0.0/24"),
        IPNetwork.Parse("192.168.0.0/16"),
        IPNetwork.Parse("198.18.0.0/15"),
        IPNetwork.Parse("224.0.0.0/4"),
        IPNetwork.Parse("240.0.0.0/4"),
        // The unspecified address, loopback, and the deprecated "IPv4-compatible" form.
        IPNetwork.Parse("::/96"),
        // NAT64 for local use.
        IPNetwork.Parse("64:ff9b:1::/48"),
        IPNetwork.Parse("100::/64"),
        // Teredo: the IPv4 address within is scrambled, and nobody runs a webhook behind it.
        IPNetwork.Parse("2001::/32"),
        IPNetwork.Parse("fc00::/7"),
        IPNetwork.Parse("fe80::/10"),
        IPNetwork.Parse("fec0::/10"),
        IPNetwork.Parse("ff00::/8"),
    ];

    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");
    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");

    private readonly IPNetwork[] _allowed;

    private EgressRules(IPNetwork[] allowed) => _allowed = allowed;

    /// <summary>Reads the exceptions; null or empty: none.</summary>
    /// <exception cref="FormatException">A part is no CIDR range. The message names it.</exception>
    public static EgressRules Parse(string? allow)
    {
        var ranges = (allow ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return new EgressRules([.. ranges.Select(ParseRange)]);
    }

    /// <summary>True when a connection to this address may be made.</summary>
    public bool Permits(IPAddress address)
    {
        var plain = Plain(address);
        if (_allowed.Any(range => range.Contains(plain) || range.Contains(address))) return true;
        return !Closed.Any(range => range.Contains(plain));
    }

    // The address that packets go to in the end: IPv6 has several ways to write an IPv4 address.
    private static IPAddress Plain(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address;
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        // A scope names an interface of this machine, which the ranges do not know.
        var bytes = address.GetAddressBytes();
        if (Nat64.Contains(new IPAddress(bytes))) return new IPAddress(bytes.AsSpan(12, 4));
        return SixToFour.Contains(new IPAddress(bytes)) ? new IPAddress(bytes.AsSpan(2, 4)) : new IPAddress(bytes);
    }

    // A single address stands for the range with nothing else in it.
    private static IPNetwork ParseRange(string text)
    {
        if (IPNetwork.TryParse(text, out var range)) return range;
        if (IPAddress.TryParse(text, out var address)) return new IPNetwork(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);
        throw new FormatException($"{AllowKey}: \"{text}\" is no range of addresses. Write it as 10.0.0.0/8 or fd00::/8.");
    }
}
