namespace Tributary.Engine.Delivery.Fql;

/// <summary>What a value is to JavaScript.</summary>
internal enum ScriptKind : byte
{
    Undefined,
    Null,
    False,
    True,
    Number,
    Text,
    Object,
    Array,
}
