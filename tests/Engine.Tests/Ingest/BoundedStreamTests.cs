using System.IO.Compression;
using Tributary.Engine.Ingest;
using Xunit;

namespace Tributary.Engine.Tests.Ingest;

public sealed class BoundedStreamTests
{
    [Fact]
    public async Task Reads_up_to_its_bound_and_no_further()
    {
        using var exact = new BoundedStream(new MemoryStream(new byte[2_000_000]), 2_000_000);
        using var beyond = new BoundedStream(new MemoryStream(new byte[2_000_001]), 2_000_000);

        await exact.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken);
        var refused = await Assert.ThrowsAsync<FileRefusedException>(() => beyond.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken));

        Assert.Equal("Files can be up to 2 MB.", refused.Message);
    }

    [Fact]
    public async Task Damaged_compression_is_the_senders_fault()
    {
        using var damaged = new BoundedStream(new GZipStream(new MemoryStream("no gzip at all"u8.ToArray()), CompressionMode.Decompress), 1_000);

        await Assert.ThrowsAsync<FileRefusedException>(() => damaged.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken));
    }
}
