using System.Text.Json;

namespace Tributary.Engine.Ingest;

/// <summary>The members of a message that Ingest reads or sets; all others are passed on as they came.</summary>
internal enum MessageField : byte
{
    Other,
    Type,
    MessageId,
    Timestamp,
    OriginalTimestamp,
    SentAt,
    ReceivedAt,
    UserId,
    AnonymousId,
    GroupId,
    PreviousId,
    Event,
    Name,
    Category,
    Properties,
    Traits,
    Context,
    Integrations,
    Version,
    Channel,
    ProjectId,
    WriteKey,
    Batch,
}

/// <summary>Finds the field that a member's name stands for.</summary>
internal static class MessageFields
{
    /// <summary>How many fields there are.</summary>
    public const int Count = (int)MessageField.Batch + 1;

    // A name with escapes that is longer than this cannot be one of ours: the longest, originalTimestamp, is 17 letters.
    private const int EscapedMax = 17 * 6;

    /// <summary>The field of the property name that the reader stands on.</summary>
    public static MessageField Of(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped) return Of(reader.ValueSpan);
        if (reader.ValueSpan.Length > EscapedMax) return MessageField.Other;
        Span<byte> name = stackalloc byte[EscapedMax];
        return Of(name[..reader.CopyString(name)]);
    }

    /// <summary>The field of a name; a name is told apart by its length first.</summary>
    public static MessageField Of(ReadOnlySpan<byte> name) => name.Length switch
    {
        4 => name.SequenceEqual("type"u8) ? MessageField.Type : name.SequenceEqual("name"u8) ? MessageField.Name : MessageField.Other,
        5 => name.SequenceEqual("event"u8) ? MessageField.Event : name.SequenceEqual("batch"u8) ? MessageField.Batch : MessageField.Other,
        6 => name.SequenceEqual("userId"u8) ? MessageField.UserId
            : name.SequenceEqual("sentAt"u8) ? MessageField.SentAt
            : name.SequenceEqual("traits"u8) ? MessageField.Traits : MessageField.Other,
        7 => name.SequenceEqual("context"u8) ? MessageField.Context
            : name.SequenceEqual("groupId"u8) ? MessageField.GroupId
            : name.SequenceEqual("version"u8) ? MessageField.Version
            : name.SequenceEqual("channel"u8) ? MessageField.Channel : MessageField.Other,
        8 => name.SequenceEqual("writeKey"u8) ? MessageField.WriteKey
            : name.SequenceEqual("category"u8) ? MessageField.Category : MessageField.Other,
        9 => name.SequenceEqual("messageId"u8) ? MessageField.MessageId
            : name.SequenceEqual("timestamp"u8) ? MessageField.Timestamp
            : name.SequenceEqual("projectId"u8) ? MessageField.ProjectId
            : name.SequenceEqual("write_key"u8) ? MessageField.WriteKey : MessageField.Other,
        10 => name.SequenceEqual("properties"u8) ? MessageField.Properties
            : name.SequenceEqual("receivedAt"u8) ? MessageField.ReceivedAt
            : name.SequenceEqual("previousId"u8) ? MessageField.PreviousId : MessageField.Other,
        11 => name.SequenceEqual("anonymousId"u8) ? MessageField.AnonymousId : MessageField.Other,
        12 => name.SequenceEqual("integrations"u8) ? MessageField.Integrations : MessageField.Other,
        17 => name.SequenceEqual("originalTimestamp"u8) ? MessageField.OriginalTimestamp : MessageField.Other,
        _ => MessageField.Other,
    };
}
