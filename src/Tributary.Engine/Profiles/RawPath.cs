using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Tributary.Engine.Profiles;

/// <summary>
/// The path of a request as it was sent, by segments. An identifier may contain an encoded slash, which the server's own decoding keeps apart from a
/// plain one only here.
/// </summary>
internal static class RawPath
{
    /// <summary>The decoded segments behind <paramref name="prefix"/>; empty ones are left out.</summary>
    public static string[] Segments(HttpContext context, string prefix)
    {
        var target = context.Features.Get<IHttpRequestFeature>()?.RawTarget;
        var path = string.IsNullOrEmpty(target) || target[0] != '/' ? context.Request.Path.ToUriComponent() : target;
        var query = path.IndexOf('?', StringComparison.Ordinal);
        if (query >= 0) path = path[..query];
        var at = path.IndexOf(prefix, StringComparison.OrdinalIgnoreCase);
        return at < 0 ? [] : [.. path[(at + prefix.Length)..].Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString)];
    }
}
