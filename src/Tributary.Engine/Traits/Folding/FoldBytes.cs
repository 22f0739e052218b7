using System.Buffers.Binary;
using Tributary.Engine.Identity;
using Tributary.Engine.Traits.Language;

namespace Tributary.Engine.Traits.Folding;

/// <summary>
/// Values inside folds as bytes: <c>kind:u8</c> and by kind nothing, <c>u8</c> (boolean), <c>f64</c> (number; a whole one below 2⁵³ as kind 6 and a signed integer),
/// a blob (text) or a signed integer and a blob (instant).
/// </summary>
internal static class FoldBytes
{
    private const byte WholeNumber = 6;

    public static void Write(ByteWriter writer, QueryValue value)
    {
        if (value.Kind == QueryValueKind.Number && Math.Abs(value.Number) < 1L << 53 && Math.Floor(value.Number) == value.Number)
        {
            writer.WriteByte(WholeNumber);
            writer.WriteSigned((long)value.Number);
            return;
        }

        writer.WriteByte((byte)value.Kind);
        switch (value.Kind)
        {
            case QueryValueKind.Nothing:
                break;
            case QueryValueKind.Boolean:
                writer.WriteByte(value.Truth ? (byte)1 : (byte)0);
                break;
            case QueryValueKind.Number:
                BinaryPrimitives.WriteDoubleLittleEndian(writer.Reserve(8), value.Number);
                break;
            case QueryValueKind.Text:
                writer.WriteString(value.Text);
                break;
            case QueryValueKind.Instant:
                writer.WriteSigned(value.Instant);
                writer.WriteString(value.Text);
                break;
        }
    }

    public static QueryValue ReadValue(ref ByteReader reader)
    {
        var kind = reader.ReadByte();
        return kind switch
        {
            WholeNumber => QueryValue.Of((double)reader.ReadSigned()),
            (byte)QueryValueKind.Nothing => QueryValue.Nothing,
            (byte)QueryValueKind.Boolean => QueryValue.Of(reader.ReadByte() != 0),
            (byte)QueryValueKind.Number => QueryValue.Of(BinaryPrimitives.ReadDoubleLittleEndian(reader.Take(8))),
            (byte)QueryValueKind.Text => QueryValue.Of(reader.ReadString()),
            (byte)QueryValueKind.Instant => QueryValue.OfInstant(reader.ReadSigned(), reader.ReadString()),
            _ => throw new InvalidDataException("A value was written by a newer version of Tributary."),
        };
    }

    public static Values ReadValues(ref ByteReader reader)
    {
        var count = reader.ReadCount();
        if (count == 0) return Values.Nothing;
        if (count == 1) return new Values(ReadValue(ref reader));
        var many = new QueryValue[count];
        for (var i = 0; i < count; i++) many[i] = ReadValue(ref reader);
        return new Values(default, many);
    }

    public static void Write(ByteWriter writer, Instant at)
    {
        writer.WriteSigned(at.Timestamp);
        writer.WriteSigned(at.ReceivedAt - at.Timestamp);
        WriteTie(writer, at.Tie);
    }

    public static Instant ReadInstant(ref ByteReader reader)
    {
        var timestamp = reader.ReadSigned();
        var receivedAt = timestamp + reader.ReadSigned();
        return new Instant(timestamp, receivedAt, ReadTie(ref reader));
    }

    public static void WriteTie(ByteWriter writer, ulong tie) => BinaryPrimitives.WriteUInt64LittleEndian(writer.Reserve(8), tie);

    public static ulong ReadTie(ref ByteReader reader) => BinaryPrimitives.ReadUInt64LittleEndian(reader.Take(8));

    public static void Write(ByteWriter writer, ExactSum sum) => BinaryPrimitives.WriteInt128LittleEndian(writer.Reserve(16), sum.Units);

    public static ExactSum ReadSum(ref ByteReader reader) => new(BinaryPrimitives.ReadInt128LittleEndian(reader.Take(16)));
}
