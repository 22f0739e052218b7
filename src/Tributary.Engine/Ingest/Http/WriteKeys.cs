using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Ingest;

/// <summary>
/// Finds the source of a request in all the places where clients put their write key, in the order of spec/connections.md §1.2: Basic user
/// name (with or without
/// the colon), then <c>writeKey</c> or <c>write_key</c> of the body (also beside a Bearer token, which is not looked at yet), then the
/// query.
/// </summary>
internal static class WriteKeys
{
    private const int KeyLengthMax = 256;

    /// <summary>
    /// The source and its key; a null source when no place has a key that anybody owns. A wrong key in one place falls through to the next.
    /// </summary>
    public static (Source? Source, ReadOnlyMemory<byte> Key) Find(HttpRequest request, RequestScan? scan, WorkspaceSnapshot workspace)
    {
        Span<byte> room = stackalloc byte[KeyLengthMax * 3];
        var key = FromBasic(request.Headers.Authorization.ToString(), room);
        if (workspace.FindByWriteKey(key) is { } named) return (named, Quotable(key));
        if (scan is not null)
        {
            key = FromBody(scan, room);
            if (workspace.FindByWriteKey(key) is { } owner) return (owner, Quotable(key));
        }

        if (!request.QueryString.HasValue) return default;
        var text = request.Query["writeKey"].ToString();
        if (text.Length is 0 or > KeyLengthMax) return default;
        key = room[..Encoding.UTF8.GetBytes(text, room)];
        return workspace.FindByWriteKey(key) is { } source ? (source, Quotable(key)) : default;
    }

    /// <summary>True when the request names a key at all; only for the wording of the answer.</summary>
    public static bool IsGiven(HttpRequest request, RequestScan? scan) =>
        scan?.WriteKey.IsGiven == true
        || request.Headers.Authorization.Count > 0
        || (request.QueryString.HasValue && request.Query.ContainsKey("writeKey"));

    private static ReadOnlySpan<byte> FromBasic(string header, Span<byte> room)
    {
        if (!header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase)) return [];
        var encoded = header.AsSpan(6).Trim();
        if (encoded.Length > room.Length || !Convert.TryFromBase64Chars(encoded, room, out var length)) return [];
        var colon = room[..length].IndexOf((byte)':');
        return colon < 0 ? room[..length] : room[..colon];
    }

    private static ReadOnlySpan<byte> FromBody(RequestScan scan, Span<byte> room)
    {
        if (scan.WriteKey.Kind != JsonTokenType.String) return [];
        var text = scan.WriteKey.Text(scan.Body);
        if (text.Length > room.Length) return [];
        if (!text.Contains((byte)'\\'))
        {
            text.CopyTo(room);
            return room[..text.Length];
        }

        var reader = new Utf8JsonReader(scan.WriteKey.Value(scan.Body));
        reader.Read();
        return room[..reader.CopyString(room)];
    }

    // The key as it may stand between quotes in JSON. Ours are letters and digits; an operator may have chosen others.
    private static ReadOnlyMemory<byte> Quotable(ReadOnlySpan<byte> key) =>
        Ascii.IsValid(key) && key.IndexOfAny((byte)'"', (byte)'\\') < 0 && key.IndexOfAnyInRange((byte)0, (byte)0x1F) < 0
            ? key.ToArray()
            : JsonEncodedText.Encode(Encoding.UTF8.GetString(key)).EncodedUtf8Bytes.ToArray();
}
