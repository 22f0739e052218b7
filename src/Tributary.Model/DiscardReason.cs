namespace Tributary.Model;

/// <summary>
/// Why a message that was answered 200 was not accepted. Names are Segment's codes of "Failed on ingest" where one exists, ours otherwise.
/// The numbers are part of the log format: add at the end, never renumber.
/// </summary>
public enum DiscardReason : ushort
{
    NoUserAnonId = 1,
    EventNotDefined = 2,
    EventNotString = 3,
    PropertiesNotObject = 4,
    TraitsNotObject = 5,
    NameNotString = 6,
    CategoryNotString = 7,
    IdRequired = 8,
    IdNotString = 9,
    ConsentCategoryPreferencesShouldExist = 10,
    ConsentFieldsShouldBeObject = 11,
    ConsentFieldsShouldBeBool = 12,
    DeviceAdvertisingIdShouldBeString = 13,
    ConsentVersionShouldBeNumber = 14,
    EmptyBatch = 15,
    EmptyBatchResult = 16,
    MultiUserError = 17,
    SourceDisabled = 18,

    /// <summary>An item of a batch is larger than the limit for one message.</summary>
    MessageTooLarge = 19,

    /// <summary>The item stands behind the 2,500th of its batch.</summary>
    BatchTooLong = 20,

    /// <summary>The item is nested deeper than 64 levels.</summary>
    NestedTooDeep = 21,

    /// <summary>The item of a batch is not a JSON object.</summary>
    NotAnObject = 22,

    /// <summary>The item's <c>type</c> is absent or names no event type.</summary>
    TypeUnknown = 23,

    /// <summary><c>context</c> is present and not an object.</summary>
    ContextNotObject = 24,

    /// <summary><c>integrations</c> is present and not an object.</summary>
    IntegrationsNotObject = 25,

    /// <summary>An id, a message id or an event name is longer than what is accepted.</summary>
    FieldTooLong = 26,

    /// <summary>An object has no proper collection or id, or properties that are not plain values.</summary>
    ObjectInvalid = 27,
}

/// <summary>The codes of discard reasons as the API shows them.</summary>
public static class DiscardReasons
{
    /// <summary>The code, in snake case as Segment writes it.</summary>
    public static string Code(this DiscardReason reason) => reason switch
    {
        DiscardReason.NoUserAnonId => "no_user_anon_id",
        DiscardReason.EventNotDefined => "event_not_defined",
        DiscardReason.EventNotString => "event_not_string",
        DiscardReason.PropertiesNotObject => "properties_not_object",
        DiscardReason.TraitsNotObject => "traits_not_object",
        DiscardReason.NameNotString => "name_not_string",
        DiscardReason.CategoryNotString => "category_not_string",
        DiscardReason.IdRequired => "id_required",
        DiscardReason.IdNotString => "id_not_string",
        DiscardReason.ConsentCategoryPreferencesShouldExist => "consent_categorypreferences_should_exist",
        DiscardReason.ConsentFieldsShouldBeObject => "consent_categorypreferences_fields_should_be_object",
        DiscardReason.ConsentFieldsShouldBeBool => "consent_categorypreferences_fields_should_be_bool",
        DiscardReason.DeviceAdvertisingIdShouldBeString => "device_advertisingid_should_be_string",
        DiscardReason.ConsentVersionShouldBeNumber => "consent_version_should_be_number",
        DiscardReason.EmptyBatch => "empty_batch",
        DiscardReason.EmptyBatchResult => "empty_batch_result",
        DiscardReason.MultiUserError => "multi_user_error",
        DiscardReason.SourceDisabled => "source_disabled",
        DiscardReason.MessageTooLarge => "message_too_large",
        DiscardReason.BatchTooLong => "batch_too_long",
        DiscardReason.NestedTooDeep => "nested_too_deep",
        DiscardReason.NotAnObject => "not_an_object",
        DiscardReason.TypeUnknown => "type_unknown",
        DiscardReason.ContextNotObject => "context_not_object",
        DiscardReason.IntegrationsNotObject => "integrations_not_object",
        DiscardReason.FieldTooLong => "field_too_long",
        DiscardReason.ObjectInvalid => "object_invalid",
    };
}
