using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Tributary.Engine.Ingest;

/// <summary>How the client reached us: what the settings tell it to use from now on.</summary>
/// <param name="Scheme"><c>http</c> or <c>https</c>.</param>
/// <param name="Host">Host and port, as the client wrote them.</param>
internal readonly record struct OwnAddress(string Scheme, string Host)
{
    public static OwnAddress Of(HttpRequest request)
    {
        var proxies = request.HttpContext.RequestServices.GetRequiredService<IOptions<IngestOptions>>().Value.ProxyNetworks;
        return new OwnAddress(PeerAddress.SchemeOf(request, proxies), request.Host.ToUriComponent());
    }

    public override string ToString() => $"{Scheme}://{Host}";
}
