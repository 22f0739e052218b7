using System.Collections.Frozen;
using Tributary.Model;

namespace Tributary.Console.Sources;

/// <summary>What the codes of refused messages mean, and what to do.</summary>
public static class Refusals
{
    private static readonly FrozenDictionary<string, DiscardReason> Reasons = Enum.GetValues<DiscardReason>().ToFrozenDictionary(reason => reason.Code(), StringComparer.Ordinal);

    /// <summary>A code, as sentences.</summary>
    /// <param name="code">A discard code, or of a quarantined message the kind of failure.</param>
    /// <param name="detail">What is known beside the code; may be empty.</param>
    public static string Explain(string code, string detail) => Reasons.TryGetValue(code, out var reason)
        ? Explain(reason)
        : $"A stage could not cope with it, which is a fault of the server. Its payload is kept and can be replayed. {detail}";

    private static string Explain(DiscardReason reason) => reason switch
    {
        DiscardReason.NoUserAnonId => "It names nobody: send userId or anonymousId.",
        DiscardReason.EventNotDefined => "A track call needs the name of its event.",
        DiscardReason.EventNotString => "The name of an event must be a text.",
        DiscardReason.PropertiesNotObject => "properties must be an object.",
        DiscardReason.TraitsNotObject => "traits must be an object.",
        DiscardReason.NameNotString => "name must be a text.",
        DiscardReason.CategoryNotString => "category must be a text.",
        DiscardReason.IdRequired => "It needs an id: groupId of a group call, previousId of an alias call.",
        DiscardReason.IdNotString => "An id must be a text or a number.",
        DiscardReason.ConsentCategoryPreferencesShouldExist => "context.consent has no categoryPreferences.",
        DiscardReason.ConsentFieldsShouldBeObject => "context.consent.categoryPreferences must be an object.",
        DiscardReason.ConsentFieldsShouldBeBool => "Each consent category must be true or false.",
        DiscardReason.DeviceAdvertisingIdShouldBeString => "context.device.advertisingId must be a text.",
        DiscardReason.ConsentVersionShouldBeNumber => "context.consent.version must be a number.",
        DiscardReason.EmptyBatch => "The batch holds no messages.",
        DiscardReason.EmptyBatchResult => "No message of the batch could be used.",
        DiscardReason.MultiUserError => "The message names more than one person.",
        DiscardReason.SourceDisabled => "The source is disabled. Enable it in its settings.",
        DiscardReason.MessageTooLarge => "It is larger than 32 KiB.",
        DiscardReason.BatchTooLong => "It stands behind the 2,500th of its batch. Send smaller batches.",
        DiscardReason.NestedTooDeep => "It is nested deeper than 64 levels.",
        DiscardReason.NotAnObject => "An item of the batch is no object.",
        DiscardReason.TypeUnknown => "Its type is none of track, identify, page, screen, group and alias.",
        DiscardReason.ContextNotObject => "context must be an object.",
        DiscardReason.IntegrationsNotObject => "integrations must be an object.",
        DiscardReason.FieldTooLong => "An id or the name of an event is too long.",
        DiscardReason.ObjectInvalid => "The object has no proper collection or id, or properties that are not plain values.",
    };
}
