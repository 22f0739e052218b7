using System.Text.Json;
using Tributary.Model;

namespace Tributary.Engine.Ingest;

/// <summary>
/// The checks at the door: a message that fails one is answered 200 and kept as a discard with its code. Rules and codes:
/// spec/connections.md §1.8
/// (Segment's "Failed on ingest"), and those of <see cref="DiscardReason"/> that are ours.
/// </summary>
internal static class MessageRules
{
    private static ReadOnlySpan<byte> ConsentEvent => "Segment Consent Preference Updated"u8;

    /// <summary>The first rule that the message breaks; null when it keeps all.</summary>
    public static DiscardReason? FirstBroken(in MessageView message, EventType type, in ContextFacts context, bool traitsIdentify) =>
        BrokenByIds(message, type, traitsIdentify)
        ?? BrokenByType(message, type)
        ?? BrokenByObjects(message)
        ?? BrokenByContext(message, type, context);

    private static DiscardReason? BrokenByIds(in MessageView message, EventType type, bool traitsIdentify)
    {
        if (message.HasIdOfOtherKind(MessageField.UserId) || message.HasIdOfOtherKind(MessageField.AnonymousId)
            || message.HasIdOfOtherKind(MessageField.GroupId) || message.HasIdOfOtherKind(MessageField.PreviousId)
            || message.HasIdOfOtherKind(MessageField.MessageId))
            return DiscardReason.IdNotString;
        if (message.IsLongerThan(MessageField.MessageId, MessageView.MessageIdLengthMax)
            || message.IsLongerThan(MessageField.UserId, MessageView.IdLengthMax)
            || message.IsLongerThan(MessageField.AnonymousId, MessageView.IdLengthMax)
            || message.IsLongerThan(MessageField.GroupId, MessageView.IdLengthMax)
            || message.IsLongerThan(MessageField.PreviousId, MessageView.IdLengthMax))
            return DiscardReason.FieldTooLong;
        if (type == EventType.Alias)
            return message.HasId(MessageField.UserId) && message.HasId(MessageField.PreviousId) ? null : DiscardReason.IdRequired;
        if (type == EventType.Set) return null;
        if (!traitsIdentify && !message.HasId(MessageField.UserId) && !message.HasId(MessageField.AnonymousId))
            return DiscardReason.NoUserAnonId;
        return type == EventType.Group && !message.HasId(MessageField.GroupId) ? DiscardReason.IdRequired : null;
    }

    private static DiscardReason? BrokenByType(in MessageView message, EventType type) => type switch
    {
        EventType.Track => BrokenByEventName(message) ?? NotAnObject(message, MessageField.Properties, DiscardReason.PropertiesNotObject),
        EventType.Page or EventType.Screen =>
            BrokenByNames(message) ?? NotAnObject(message, MessageField.Properties, DiscardReason.PropertiesNotObject),
        EventType.Identify or EventType.Group => NotAnObject(message, MessageField.Traits, DiscardReason.TraitsNotObject),
        EventType.Alias => null,
        EventType.Set => ObjectRules.AreKept(message) ? null : DiscardReason.ObjectInvalid,
    };

    private static DiscardReason? BrokenByEventName(in MessageView message)
    {
        ref readonly var name = ref message[MessageField.Event];
        if (!name.IsGiven) return DiscardReason.EventNotDefined;
        if (name.Kind != JsonTokenType.String) return DiscardReason.EventNotString;
        if (name.Text(message.Body).IsEmpty) return DiscardReason.EventNotDefined;
        return message.IsLongerThan(MessageField.Event, MessageView.EventNameLengthMax) ? DiscardReason.FieldTooLong : null;
    }

    // An empty category is legal because the C# library always sends one; an empty name is not.
    private static DiscardReason? BrokenByNames(in MessageView message)
    {
        ref readonly var name = ref message[MessageField.Name];
        if (name.IsGiven && (name.Kind != JsonTokenType.String || name.Text(message.Body).IsEmpty)) return DiscardReason.NameNotString;
        ref readonly var category = ref message[MessageField.Category];
        if (category.IsGiven && category.Kind != JsonTokenType.String) return DiscardReason.CategoryNotString;
        return message.IsLongerThan(MessageField.Name, MessageView.EventNameLengthMax) ? DiscardReason.FieldTooLong : null;
    }

    private static DiscardReason? BrokenByObjects(in MessageView message)
    {
        var context = message.IsEmptyArray(MessageField.Context)
            ? null
            : NotAnObject(message, MessageField.Context, DiscardReason.ContextNotObject);
        if (context is not null || message.IsEmptyArray(MessageField.Integrations)) return context;
        return NotAnObject(message, MessageField.Integrations, DiscardReason.IntegrationsNotObject);
    }

    private static DiscardReason? BrokenByContext(in MessageView message, EventType type, in ContextFacts context)
    {
        if (context.AdvertisingId is not (JsonTokenType.None or JsonTokenType.Null or JsonTokenType.String))
            return DiscardReason.DeviceAdvertisingIdShouldBeString;
        if (context.ConsentVersion is not (JsonTokenType.None or JsonTokenType.Null or JsonTokenType.Number))
            return DiscardReason.ConsentVersionShouldBeNumber;
        if (type != EventType.Track || !message[MessageField.Event].Text(message.Body).SequenceEqual(ConsentEvent)) return null;
        if (context.CategoryPreferences is JsonTokenType.None or JsonTokenType.Null)
            return DiscardReason.ConsentCategoryPreferencesShouldExist;
        if (context.CategoryPreferences != JsonTokenType.StartObject) return DiscardReason.ConsentFieldsShouldBeObject;
        return context.HasPreferenceOfOtherKind ? DiscardReason.ConsentFieldsShouldBeBool : null;
    }

    private static DiscardReason? NotAnObject(in MessageView message, MessageField field, DiscardReason reason) =>
        message[field].IsGiven && message[field].Kind != JsonTokenType.StartObject ? reason : null;
}
