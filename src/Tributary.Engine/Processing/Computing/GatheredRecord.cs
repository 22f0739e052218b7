using Tributary.Engine.Identity;
using Tributary.Engine.Traits.Folding;

namespace Tributary.Engine.Processing.Computing;

/// <summary>An event of the past on its way to the fragment that it belongs to.</summary>
/// <param name="Identifier">The key of the identifier whose fragment it is.</param>
/// <param name="Name">What definitions call it, in UTF-8.</param>
/// <param name="At">When it happened.</param>
/// <param name="Source">The number of its source.</param>
/// <param name="Properties">JSON; empty when it has none.</param>
/// <param name="Context">JSON; empty when it has none.</param>
/// <param name="PageName">Of page and screen calls, the page's name in UTF-8.</param>
internal readonly record struct PastEvent(byte[] Identifier, byte[] Name, Instant At, uint Source, byte[] Properties, byte[] Context, byte[] PageName);

/// <summary>
/// Work for audiences and computed traits as it stands in the received log, so that a replay does the same at the same place. Integers are variable-length:
/// <code>
/// events 1:u8 space:u16 computation version from to count { identifier name timestamp receivedAt−timestamp tie:u64 source properties context pageName }*
/// pass   2:u8 space:u16 after:text step
/// </code>
/// </summary>
internal sealed class GatheredRecord
{
    private const byte EventsKind = 1;
    private const byte PassKind = 2;

    // What a record without it means.
    private const int StepDefault = 500;

    /// <summary>Most profiles of one step of a pass: events wait while they are asked.</summary>
    public const int StepMax = 2_000;

    /// <summary>As <see cref="After"/>: from wherever the pass is, once one has begun.</summary>
    public const string Onwards = "+";

    public required ushort Space { get; init; }

    /// <summary>Of events: the computation; 0 for a step of a pass.</summary>
    public uint Computation { get; init; }

    public uint Version { get; init; }

    /// <summary>Where in the event log the events begin. Another record has already brought them when the state is beyond it.</summary>
    public long From { get; init; }

    /// <summary>Up to where in the event log they reach; everything between that matters is here.</summary>
    public long To { get; init; }

    public IReadOnlyList<PastEvent> Events { get; init; } = [];

    /// <summary>Of a step of a pass: the last profile that was done before; empty to begin, or <see cref="Onwards"/>.</summary>
    public string After { get; init; } = "";

    /// <summary>Of a step of a pass: how many profiles it is, 1 to <see cref="StepMax"/>. It stands in the record because a replay must take the same steps.</summary>
    public int Step { get; init; } = StepDefault;

    public bool IsPass => Computation == 0;

    public void Write(ByteWriter writer)
    {
        writer.WriteByte(IsPass ? PassKind : EventsKind);
        writer.WriteUInt16(Space);
        if (IsPass)
        {
            writer.WriteString(After);
            writer.WriteUnsigned((ulong)Step);
            return;
        }

        writer.WriteUnsigned(Computation);
        writer.WriteUnsigned(Version);
        writer.WriteUnsigned((ulong)From);
        writer.WriteUnsigned((ulong)To);
        writer.WriteUnsigned((ulong)Events.Count);
        foreach (var past in Events)
        {
            writer.WriteBlob(past.Identifier);
            writer.WriteBlob(past.Name);
            FoldBytes.Write(writer, past.At);
            writer.WriteUnsigned(past.Source);
            writer.WriteBlob(past.Properties);
            writer.WriteBlob(past.Context);
            writer.WriteBlob(past.PageName);
        }
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="InvalidDataException">A newer binary wrote it.</exception>
    public static GatheredRecord Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        var kind = reader.ReadByte();
        var space = System.Buffers.Binary.BinaryPrimitives.ReadUInt16LittleEndian(reader.Take(2));
        if (kind == PassKind) return new GatheredRecord { Space = space, After = reader.ReadString(), Step = reader.Left > 0 ? Math.Clamp(reader.ReadCount(), 1, StepMax) : StepDefault };
        if (kind != EventsKind) throw new InvalidDataException("Gathered work was written by a newer version of Tributary.");
        var computation = (uint)reader.ReadUnsigned();
        var version = (uint)reader.ReadUnsigned();
        var from = (long)reader.ReadUnsigned();
        var to = (long)reader.ReadUnsigned();
        var events = new PastEvent[reader.ReadCount()];
        for (var i = 0; i < events.Length; i++)
        {
            var identifier = reader.ReadBlob().ToArray();
            var name = reader.ReadBlob().ToArray();
            var at = FoldBytes.ReadInstant(ref reader);
            events[i] = new PastEvent(identifier, name, at, (uint)reader.ReadUnsigned(), reader.ReadBlob().ToArray(), reader.ReadBlob().ToArray(), reader.ReadBlob().ToArray());
        }

        return new GatheredRecord { Space = space, Computation = computation, Version = version, From = from, To = to, Events = events };
    }
}
