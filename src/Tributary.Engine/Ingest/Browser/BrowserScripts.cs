using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace Tributary.Engine.Ingest;

/// <summary>
/// The files of Segment's npm package <c>@segment/analytics-next</c>, which the build puts beside the program. They are changed on the way
/// out in the places where
/// they name Segment's hosts, so that a page that uses ours never calls out (spec/connections.md §12, traps 51 and 52).
/// </summary>
internal sealed class BrowserScripts(IOptions<IngestOptions> options)
{
    // One per write key and address that people use; a full cache only costs the replacing.
    private const int CachedMax = 64;

    private const string MainFile = "standalone.js";
    private readonly string _folder = Path.Combine(AppContext.BaseDirectory, options.Value.ScriptFolder);
    private readonly ConcurrentDictionary<(string File, string Key, OwnAddress Own), byte[]> _cache = new();

    /// <summary>The bundle for a write key; null when the package is not there.</summary>
    public byte[]? Main(string writeKey, OwnAddress own) => Serve(MainFile, writeKey, own);

    /// <summary>A part of the bundle that is loaded later, by its file name; null when there is none of that name.</summary>
    public byte[]? Chunk(string file, OwnAddress own)
    {
        // Names are letters, digits, dots and hyphens and end in .js: nothing that could leave the folder.
        var isPlain = file.Length < 100
            && file.EndsWith(".js", StringComparison.Ordinal)
            && file.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-');
        return isPlain && file.Contains(".bundle.", StringComparison.Ordinal) ? Serve(file, "", own) : null;
    }

    private byte[]? Serve(string file, string writeKey, OwnAddress own)
    {
        if (_cache.TryGetValue((file, writeKey, own), out var ready)) return ready;
        var path = Path.Combine(_folder, file);
        if (!File.Exists(path)) return null;
        var script = Encoding.UTF8.GetBytes(AtHome(File.ReadAllText(path), writeKey, own));
        if (_cache.Count < CachedMax) _cache[(file, writeKey, own)] = script;
        return script;
    }

    /// <summary>
    /// The script with our address in place of Segment's. The write key goes only where the bundle sets it: it compares against the same
    /// text elsewhere.
    /// The polyfill that old browsers would fetch from another host is asked for here, where there is none.
    /// </summary>
    internal static string AtHome(string script, string writeKey, OwnAddress own)
    {
        var host = Escaped(own.Host);
        var address = $"{own.Scheme}://{host}";
        if (writeKey.Length > 0)
        {
            script = script.Replace("analyticsWriteKey=\"__WRITE_KEY__\"", $"analyticsWriteKey=\"{Escaped(writeKey)}\"",
                StringComparison.Ordinal);
        }

        return script
            .Replace("\"api.segment.io/v1\"", $"\"{host}/v1\"", StringComparison.Ordinal)
            .Replace("\"https://cdn.segment.com", $"\"{address}", StringComparison.Ordinal)
            .Replace("https://cdnjs.cloudflare.com/ajax/libs/babel-polyfill/7.7.0/", $"{address}/analytics-next/bundles/",
                StringComparison.Ordinal);
    }

    private static string Escaped(string text) => JsonEncodedText.Encode(text).ToString();
}
