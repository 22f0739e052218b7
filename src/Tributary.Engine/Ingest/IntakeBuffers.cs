using Microsoft.Extensions.ObjectPool;
using Tributary.Engine.Log;

namespace Tributary.Engine.Ingest;

/// <summary>What one request works with; pooled.</summary>
internal sealed class IntakeBuffers
{
    public RequestScan Scan { get; } = new();

    public MessageNormalizer Normalizer { get; } = new();

    public LogRecords Records { get; } = new(16 << 10);
}

/// <summary>Keeps buffers for the next request, unless one grew beyond what most need.</summary>
internal sealed class IntakeBuffersPolicy : PooledObjectPolicy<IntakeBuffers>
{
    public override IntakeBuffers Create() => new();

    public override bool Return(IntakeBuffers buffers)
    {
        buffers.Scan.Release();
        buffers.Records.Clear();
        return true;
    }
}
