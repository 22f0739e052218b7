using System.Text;
using Tributary.Engine.Log;
using Tributary.Model;

namespace Tributary.Engine.Identity;

/// <summary>A stored violation with the event it happened to.</summary>
internal sealed record RecordedViolation(
    ViolationKind Kind, string Type, Identifier? Demoted, ProfileId Profile, EventType EventType, uint Source, long ReceivedAt, string MessageId);

/// <summary>
/// A violation as bytes: <c>kind:u8 eventType:u8 profile:20 source receivedAt type messageId demoted:u8 [collection:u8 type value]</c>, integers and
/// strings as in <see cref="ProfileCodec"/>.
/// </summary>
internal static class ViolationCodec
{
    public static void Encode(ByteWriter writer, in Violation violation, in DecidedCause cause, ProfileId profile)
    {
        writer.WriteByte((byte)violation.Kind);
        writer.WriteByte((byte)cause.Type);
        profile.Write(writer.Reserve(ProfileId.Size));
        writer.WriteUnsigned(cause.Source);
        writer.WriteSigned(cause.ReceivedAt);
        writer.WriteString(violation.Type);
        writer.WriteBlob(cause.MessageId.Span);
        writer.WriteByte(violation.Demoted is null ? (byte)0 : (byte)1);
        if (violation.Demoted is not { } demoted) return;
        writer.WriteByte((byte)demoted.Collection);
        writer.WriteString(demoted.Type);
        writer.WriteString(demoted.Value);
    }

    public static RecordedViolation Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        var kind = (ViolationKind)reader.ReadByte();
        var eventType = (EventType)reader.ReadByte();
        var profile = ProfileId.Read(reader.Take(ProfileId.Size));
        var source = (uint)reader.ReadUnsigned();
        var receivedAt = reader.ReadSigned();
        var type = reader.ReadString();
        var messageId = Encoding.UTF8.GetString(reader.ReadBlob());
        Identifier? demoted = reader.ReadByte() == 0 ? null : new Identifier((ProfileCollection)reader.ReadByte(), reader.ReadString(), reader.ReadString());
        return new RecordedViolation(kind, type, demoted, profile, eventType, source, receivedAt, messageId);
    }
}
