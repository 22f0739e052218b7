using System.Buffers;
using System.IO.Compression;
using Microsoft.AspNetCore.Http;

namespace Tributary.Engine.Ingest;

/// <summary>A request's whole body, decompressed, in a rented buffer; give it back with <see cref="Dispose"/>.</summary>
internal readonly struct RequestBody : IDisposable
{
    private readonly byte[]? _rented;

    private RequestBody(byte[]? rented, int length, string? fault) => (_rented, Length, Fault) = (rented, length, fault);

    public int Length { get; }

    /// <summary>Why there is no body; null when there is.</summary>
    public string? Fault { get; }

    public ArraySegment<byte> Bytes => _rented is null ? [] : new ArraySegment<byte>(_rented, 0, Length);

    /// <summary>
    /// Reads a body of any content type; <c>Content-Encoding</c> may be gzip, deflate or br. Stops at <paramref name="bytesMax"/>, so a
    /// bomb costs no more.
    /// </summary>
    /// <exception cref="IOException">The client went away.</exception>
    public static async ValueTask<RequestBody> ReadAsync(HttpRequest request, int bytesMax, CancellationToken cancellationToken)
    {
        if (request.ContentLength > bytesMax) return TooLarge(bytesMax);
        var body = Decoded(request);
        if (body is null)
            return new RequestBody(null, 0, $"Content-Encoding {request.Headers.ContentEncoding} is not supported; use gzip or none.");
        try
        {
            return await ReadAllAsync(body, (int)Math.Min(request.ContentLength + 1 ?? 16 << 10, bytesMax + 1L), bytesMax,
                cancellationToken);
        }
        catch (InvalidDataException)
        {
            return new RequestBody(null, 0, $"The body is not valid {request.Headers.ContentEncoding}.");
        }
    }

    /// <summary>The body as a stream without its content encoding; null when the encoding is unknown.</summary>
    public static Stream? Decoded(HttpRequest request) => request.Headers.ContentEncoding.ToString().Trim().ToLowerInvariant() switch
    {
        "" or "identity" => request.Body,
        "gzip" or "x-gzip" => new GZipStream(request.Body, CompressionMode.Decompress),
        "deflate" => new ZLibStream(request.Body, CompressionMode.Decompress),
        "br" => new BrotliStream(request.Body, CompressionMode.Decompress),
        _ => null,
    };

    public void Dispose()
    {
        if (_rented is not null) ArrayPool<byte>.Shared.Return(_rented);
    }

    private static RequestBody TooLarge(int bytesMax) => new(null, 0, $"Exceed payload limit: a body may have {bytesMax} bytes.");

    private static async ValueTask<RequestBody> ReadAllAsync(Stream body, int expected, int bytesMax, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Max(expected, 1024));
        try
        {
            for (var length = 0; ;)
            {
                var read = await body.ReadAsync(buffer.AsMemory(length), cancellationToken);
                length += read;
                if (read == 0 || length > bytesMax)
                {
                    var taken = length > bytesMax ? null : buffer;
                    if (taken is not null) buffer = null!;
                    return taken is null ? TooLarge(bytesMax) : new RequestBody(taken, length, null);
                }

                if (length < buffer.Length) continue;
                var larger = ArrayPool<byte>.Shared.Rent(Math.Min(buffer.Length * 2, bytesMax + 4096));
                buffer.AsSpan(0, length).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(buffer);
                buffer = larger;
            }
        }
        finally
        {
            if (buffer is not null) ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
