using System.Buffers.Binary;
using Tributary.Engine.Storage;
using Tributary.Model;

namespace Tributary.Engine.Processing;

/// <summary>How far the committed state has come.</summary>
/// <param name="Received">Everything before it in the received log is in the state.</param>
/// <param name="Decided">Where the event log ends that belongs to the state.</param>
/// <param name="Now">Log time, milliseconds since 1970.</param>
public readonly record struct ProcessingPosition(LogOffset Received, LogOffset Decided, long Now)
{
    /// <summary>The committed position; zero for a new store.</summary>
    public static ProcessingPosition Read(IStateStore store)
    {
        if (store.Get(Table.Meta, StateKeys.Position) is not { } bytes) return default;
        return new ProcessingPosition(
            new LogOffset(BinaryPrimitives.ReadInt64LittleEndian(bytes)),
            new LogOffset(BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(8))),
            BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(16)));
    }

    internal void Write(IStateDraft draft)
    {
        Span<byte> bytes = stackalloc byte[24];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, Received.Value);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], Decided.Value);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], Now);
        draft.Put(Table.Meta, StateKeys.Position, bytes);
    }
}
