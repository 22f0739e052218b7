using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Tributary.Destinations.Files;

/// <summary>Signs a request with AWS Signature Version 4. It holds a secret: it is never printed.</summary>
/// <remarks>https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html.</remarks>
internal sealed class RequestSignature(string keyId, string secret, string region, string service, DateTimeOffset now)
{
    private const string Algorithm = "AWS4-HMAC-SHA256";

    /// <summary>The time of the signature as <c>x-amz-date</c> wants it.</summary>
    public string Time { get; } = now.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

    private string Day => Time[..8];

    private string Scope => $"{Day}/{region}/{service}/aws4_request";

    /// <summary>The value of the header <c>Authorization</c>.</summary>
    /// <param name="method">In capitals.</param>
    /// <param name="path">As it is sent, from <see cref="EncodePath"/>.</param>
    /// <param name="query">Sorted and encoded; empty when there is none.</param>
    /// <param name="headers">All that are signed, names in lower case and in order.</param>
    /// <param name="bodyHash">From <see cref="Hash"/>.</param>
    public string Authorize(string method, string path, string query, SortedList<string, string> headers, string bodyHash)
    {
        var names = string.Join(';', headers.Keys);
        var lines = string.Concat(headers.Select(header => $"{header.Key}:{header.Value.Trim()}\n"));
        var canonical = $"{method}\n{path}\n{query}\n{lines}\n{names}\n{bodyHash}";
        var toSign = $"{Algorithm}\n{Time}\n{Scope}\n{Hash(Encoding.UTF8.GetBytes(canonical))}";
        return $"{Algorithm} Credential={keyId}/{Scope}, SignedHeaders={names}, Signature={Convert.ToHexStringLower(Mac(Key(), toSign))}";
    }

    /// <summary>SHA-256 in lower-case hexadecimal.</summary>
    public static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>Encodes all but the unreserved characters of RFC 3986 and the slashes.</summary>
    public static string EncodePath(string path) => string.Join('/', path.Split('/').Select(Uri.EscapeDataString));

    private byte[] Key() => Mac(Mac(Mac(Mac(Encoding.UTF8.GetBytes($"AWS4{secret}"), Day), region), service), "aws4_request");

    private static byte[] Mac(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));
}
