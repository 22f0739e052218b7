using System.Net;
using System.Net.Sockets;

namespace Tributary.Destinations.Http;

/// <summary>The addresses that a host has and the rules permit, or why there are none.</summary>
/// <param name="Addresses">In the order of the resolver; at least one when <paramref name="Fault"/> is null.</param>
/// <param name="Fault">Why there are none.</param>
/// <param name="IsRefused">True when the rules are the reason, false when the name could not be resolved.</param>
internal readonly record struct PermittedAddresses(IPAddress[] Addresses, string? Fault, bool IsRefused)
{
    /// <summary>Resolves a name (or reads an address) and asks the rules about each result. Connect to what is returned, not to the name.</summary>
    /// <param name="rules">Asked about each address.</param>
    /// <param name="host">A name or an address.</param>
    /// <param name="everyOne">Others will connect and may take any of the addresses, so that one which is not permitted refuses the host.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public static async ValueTask<PermittedAddresses> ResolveAsync(EgressRules rules, string host, bool everyOne, CancellationToken cancellationToken)
    {
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(host, cancellationToken);
            var permitted = Array.FindAll(addresses, rules.Permits);
            if (permitted.Length > 0 && (!everyOne || permitted.Length == addresses.Length)) return new(permitted, null, false);
            return addresses.Length > 0 ? new([], new EgressRefusedException(host).Message, true) : new([], $"{host} has no address.", false);
        }
        catch (Exception failure) when (failure is SocketException or ArgumentException)
        {
            return new([], failure.Message, false);
        }
    }
}
