using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.Extensions.Options;

namespace Tributary.Engine.Ingest;

/// <summary>What the operator may set of Ingest; section <c>Ingest</c> of the configuration.</summary>
public sealed class IngestOptions
{
    /// <summary>
    /// Largest body of a tracking call after decompression, in bytes. Larger bodies get 400 and nothing of them is stored.
    /// </summary>
    /// <value>
    /// 4 MiB. Segment documents 500 KB, but its node client under-measures its batches (spec/connections.md §12, trap 20), and refusing a
    /// whole batch would
    /// lose the good messages in it.
    /// </value>
    [Range(64 << 10, 64 << 20)]
    public int BodyBytesMax { get; set; } = 4 << 20;

    /// <summary>Largest file of an import, in bytes after decompression.</summary>
    /// <value>100 MB, the documented limit of CSV uploads (files of JSON lines may be ten times as large).</value>
    [Range(1_000_000, 100_000_000_000)]
    public long CsvBytesMax { get; set; } = 100_000_000;

    /// <summary>
    /// Networks of proxies in front of us, e.g. <c>10.0.0.0/8</c>: their <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c> are believed.
    /// </summary>
    /// <value>None: anybody can write such headers.</value>
    public IList<string> TrustedProxies { get; init; } = [];

    /// <summary>Folder with the files of the npm package <c>@segment/analytics-next</c>; relative to the program.</summary>
    public string ScriptFolder { get; set; } = "analytics-next";

    internal IPNetwork[] ProxyNetworks => [.. TrustedProxies.Select(text => IPNetwork.Parse(text))];
}

[OptionsValidator]
internal sealed partial class IngestOptionsValidator : IValidateOptions<IngestOptions>;
