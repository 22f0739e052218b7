namespace Tributary.Engine.Ingest;

/// <summary>
/// A stream that may be read up to a number of bytes; behind it, or where compressed data is damaged, reading fails with <see
/// cref="FileRefusedException"/>.
/// </summary>
internal sealed class BoundedStream(Stream inner, long bytesMax) : Stream
{
    private long _read;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>What a sender is told of a file that is too large.</summary>
    public static string TooLarge(long bytesMax) => $"Files can be up to {bytesMax / 1_000_000} MB.";

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            _read += read;
            return _read <= bytesMax ? read : throw new FileRefusedException(TooLarge(bytesMax));
        }
        catch (InvalidDataException damaged)
        {
            throw new FileRefusedException($"The body is damaged: {damaged.Message}");
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

/// <summary>A file cannot be read further; the message is for its sender.</summary>
internal sealed class FileRefusedException(string message) : Exception(message);
