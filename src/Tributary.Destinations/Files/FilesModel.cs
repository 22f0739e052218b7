using System.Text.Json.Nodes;
using Tributary.Destinations.Warehouse;

namespace Tributary.Destinations.Files;

/// <summary>The checked settings of files. It may hold a key: it is never printed.</summary>
/// <param name="IsParquet">Parquet, else lines of JSON in gzip.</param>
/// <param name="Folder">Under the root that the operator allows; <c>/</c> between its parts, empty for the root itself.</param>
/// <param name="Bucket">Where they go instead of a folder; null for a folder.</param>
/// <param name="GatherSeconds">How long an event may wait for others.</param>
internal sealed record FilesModel(bool IsParquet, string Folder, BucketModel? Bucket, int GatherSeconds)
{
    /// <summary>Reads settings; the model is null when the reader is faulty afterwards.</summary>
    public static FilesModel? Read(JsonObject settings, out SettingsReader reader)
    {
        reader = new SettingsReader(settings);
        var isParquet = reader.Choice("format", "ndjson", "parquet") == "parquet";
        var isBucket = reader.Choice("target", "folder", "s3") == "s3";
        var folder = reader.Text("folder", 500, "");
        if (!IsPath(folder)) reader.Fault("folder", "must be parts of letters, digits, dots, dashes and underscores with / between them; it lies under the root that the operator allows.");
        var seconds = reader.Number("gatherSeconds", 0, 300, 60);
        var bucket = isBucket ? BucketModel.Read(reader) : null;
        return reader.IsFaulty ? null : new FilesModel(isParquet, folder, bucket, seconds);
    }

    /// <summary>True when a text is empty, or parts of harmless characters that neither climb nor hide.</summary>
    public static bool IsPath(string text) => text.Length == 0 || Array.TrueForAll(
        text.Split('/'), part => part.Length > 0 && part[0] != '.' && part.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_' or '='));
}

/// <summary>A bucket that speaks Amazon's S3.</summary>
/// <param name="Host">Scheme, host and port, without a path.</param>
/// <param name="BasePath">What stands before the key in the address: the bucket, or nothing when it is part of the host's name.</param>
/// <param name="Region">What signatures are for.</param>
/// <param name="Prefix">What keys begin with, without a slash at either end; empty for none.</param>
/// <param name="AccessKeyId">Who signs.</param>
/// <param name="SecretAccessKey">What it signs with.</param>
internal sealed record BucketModel(Uri Host, string BasePath, string Region, string Prefix, string AccessKeyId, string SecretAccessKey)
{
    public static BucketModel? Read(SettingsReader reader)
    {
        var bucket = reader.Text("bucket", 63);
        if (bucket.Length > 0 && !IsName(bucket)) reader.Fault("bucket", "must be the name of a bucket: 3 to 63 lower-case letters, digits, dots and dashes.");
        var region = reader.Text("region", 50, "us-east-1");
        if (!region.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-')) reader.Fault("region", "must be the name of a region, e.g. eu-central-1.");
        var endpoint = reader.Text("endpoint", 500, "");
        var prefix = reader.Text("prefix", 500, "").Trim('/');
        if (!FilesModel.IsPath(prefix)) reader.Fault("prefix", "must be parts of letters, digits, dots, dashes, underscores and = with / between them.");
        var (id, secret) = (reader.Text("accessKeyId", 200), reader.Text("secretAccessKey", 200));
        Uri? address = null;
        if (endpoint.Length > 0 && (!Uri.TryCreate(endpoint, UriKind.Absolute, out address) || address.Scheme is not ("http" or "https") || address.PathAndQuery != "/" || address.UserInfo.Length > 0))
            reader.Fault("endpoint", "must be an address without a path that begins with http:// or https://.");
        if (reader.IsFaulty) return null;
        if (address is not null) return new BucketModel(address, $"/{bucket}", region, prefix, id, secret);
        // A dot in the host's name would not match the certificate, so such buckets are named in the path.
        return bucket.Contains('.', StringComparison.Ordinal)
            ? new BucketModel(new Uri($"https://s3.{region}.amazonaws.com"), $"/{bucket}", region, prefix, id, secret)
            : new BucketModel(new Uri($"https://{bucket}.s3.{region}.amazonaws.com"), "", region, prefix, id, secret);
    }

    private static bool IsName(string bucket) => bucket.Length is >= 3 and <= 63 && char.IsAsciiLetterOrDigit(bucket[0]) && char.IsAsciiLetterOrDigit(bucket[^1])
        && bucket.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '-' or '.') && !bucket.Contains("..", StringComparison.Ordinal);
}
