using System.Collections.Frozen;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tributary.Console.Shell;

namespace Tributary.Console.Assets;

/// <summary>
/// Scripts, styles and typefaces of the console, all from inside this assembly. Their address holds a hash of all of them, so browsers keep them for ever and never
/// meet an old one.
/// </summary>
public static class ConsoleAssets
{
    private const string AssetPrefix = "assets/";
    private const string StylePrefix = "styles/";

    private static readonly Lazy<FrozenDictionary<string, Asset>> Known = new(Load);
    private static readonly Lazy<string> Version = new(() =>
        Convert.ToHexStringLower(SHA256.HashData([.. Known.Value.OrderBy(pair => pair.Key, StringComparer.Ordinal).SelectMany(pair => pair.Value.Hash)]))[..12]);

    /// <summary>The address of a file, e.g. <c>console.css</c>.</summary>
    public static string Path(string name) => $"/assets/{Version.Value}/{name}";

    /// <summary>Maps the files.</summary>
    internal static void Map(IEndpointRouteBuilder endpoints) =>
        endpoints.MapGet("/assets/{version}/{name}", Get).ExcludeFromDescription().AllowAnonymous();

    private static IResult Get(HttpContext context, string version, string name)
    {
        if (!Known.Value.TryGetValue(name, out var asset)) return Results.NotFound();
        var headers = context.Response.Headers;
        // An old page may ask with an old version, and gets what there is now, but does not keep it.
        headers.CacheControl = version == Version.Value ? "public, max-age=31536000, immutable" : "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers.Vary = "Accept-Encoding";
        if (asset.Brotli is not { } brotli || !context.Request.Headers.AcceptEncoding.ToString().Contains("br", StringComparison.Ordinal))
            return Results.Bytes(asset.Bytes, asset.Type);
        headers.ContentEncoding = "br";
        return Results.Bytes(brotli.Value, asset.Type);
    }

    private static FrozenDictionary<string, Asset> Load()
    {
        var assembly = typeof(ConsoleAssets).Assembly;
        var assets = new Dictionary<string, Asset>(StringComparer.Ordinal);
        var styles = new StringBuilder();
        foreach (var resource in assembly.GetManifestResourceNames().Order(StringComparer.Ordinal))
        {
            var isAsset = resource.StartsWith(AssetPrefix, StringComparison.Ordinal);
            if (!isAsset && !resource.StartsWith(StylePrefix, StringComparison.Ordinal)) continue;
            using var stream = assembly.GetManifestResourceStream(resource)!;
            using var memory = new MemoryStream();
            stream.CopyTo(memory);
            if (isAsset) assets[resource[AssetPrefix.Length..]] = Asset.Of(resource, memory.ToArray());
            else styles.Append(Encoding.UTF8.GetString(memory.ToArray())).Append('\n');
        }

        // One sheet: the shared rules, then those of each component.
        var shared = Encoding.UTF8.GetString(assets["console.css"].Bytes);
        assets["console.css"] = Asset.Of("console.css", Encoding.UTF8.GetBytes(shared + styles));
        assets["theme.css"] = Asset.Of("theme.css", Encoding.UTF8.GetBytes(ThemeSheet.Write()));
        return assets.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private sealed record Asset(byte[] Bytes, string Type, byte[] Hash, Lazy<byte[]>? Brotli)
    {
        public static Asset Of(string name, byte[] bytes)
        {
            var type = System.IO.Path.GetExtension(name) switch
            {
                ".js" => "text/javascript; charset=utf-8",
                ".css" => "text/css; charset=utf-8",
                ".svg" => "image/svg+xml",
                ".woff2" => "font/woff2",
                _ => "application/octet-stream",
            };
            return new Asset(bytes, type, SHA256.HashData(bytes), name.EndsWith(".woff2", StringComparison.Ordinal) ? null : new Lazy<byte[]>(() => Compress(bytes)));
        }

        private static byte[] Compress(byte[] bytes)
        {
            using var memory = new MemoryStream();
            using (var brotli = new BrotliStream(memory, CompressionLevel.Optimal, leaveOpen: true)) brotli.Write(bytes);
            return memory.ToArray();
        }
    }
}
