namespace Tributary.Model;

/// <summary>The six kinds of message of Segment's specification, and objects. The numbers are part of the log format.</summary>
public enum EventType : byte
{
    Identify = 1,
    Track = 2,
    Page = 3,
    Screen = 4,
    Group = 5,
    Alias = 6,

    /// <summary>
    /// What is known of one object of a collection, e.g. a ticket. It is about nobody: it has no profile, and only warehouses and the lake take it. Source functions
    /// send it; the tracking API does not take it.
    /// </summary>
    Set = 7,
}

/// <summary>The names of event types on the wire.</summary>
public static class EventTypes
{
    /// <summary>The lower-case name as it stands in a message's <c>type</c>.</summary>
    public static string Name(this EventType type) => type switch
    {
        EventType.Identify => "identify",
        EventType.Track => "track",
        EventType.Page => "page",
        EventType.Screen => "screen",
        EventType.Group => "group",
        EventType.Alias => "alias",
        EventType.Set => "set",
    };

    /// <summary>Reads a name as it stands in a message's <c>type</c>; false for any other text.</summary>
    public static bool TryParse(ReadOnlySpan<byte> name, out EventType type)
    {
        type = name switch
        {
            _ when name.SequenceEqual("identify"u8) => EventType.Identify,
            _ when name.SequenceEqual("track"u8) => EventType.Track,
            _ when name.SequenceEqual("page"u8) => EventType.Page,
            _ when name.SequenceEqual("screen"u8) => EventType.Screen,
            _ when name.SequenceEqual("group"u8) => EventType.Group,
            _ when name.SequenceEqual("alias"u8) => EventType.Alias,
            _ when name.SequenceEqual("set"u8) => EventType.Set,
            _ => default,
        };
        return type != default;
    }
}
