using System.Text.Json;
using Tributary.Model;

namespace Tributary.Engine.Lake;

/// <summary>Members of a message that definitions read.</summary>
internal enum EventPlace
{
    Elsewhere,
    Properties,
    Context,

    /// <summary>Of a track call its event, of page and screen calls the page's name.</summary>
    Name,
}

/// <summary>
/// Where in an event's JSON lies what definitions read of it, noted in the one pass that <see cref="EventRows"/> makes. Valid until the next event.
/// </summary>
internal sealed class EventPlaces
{
    private byte[] _name = new byte[256];
    private int _nameLength;
    private bool _isTrack;
    private bool _isRead;

    /// <summary>Whether definitions read events of this type.</summary>
    public bool IsRead => _isRead;

    /// <summary>Whether the pass came to the end of the event.</summary>
    public bool IsWhole { get; set; }

    /// <summary>The JSON of its properties; empty when there are none.</summary>
    public Range Properties { get; private set; }

    /// <summary>The JSON of its context; empty when there is none.</summary>
    public Range Context { get; private set; }

    /// <summary>Unescaped; empty when there is none.</summary>
    public ReadOnlySpan<byte> Name => _name.AsSpan(0, _nameLength);

    /// <summary>Begins with an event.</summary>
    public void Begin(EventType type)
    {
        _isTrack = type == EventType.Track;
        _isRead = _isTrack || type is EventType.Page or EventType.Screen;
        (IsWhole, Properties, Context, _nameLength) = (false, default, default, 0);
    }

    /// <summary>What the name at hand is the name of.</summary>
    public EventPlace PartOf(ref Utf8JsonReader reader)
    {
        if (!_isRead) return EventPlace.Elsewhere;
        if (reader.ValueTextEquals("properties"u8)) return EventPlace.Properties;
        if (reader.ValueTextEquals("context"u8)) return EventPlace.Context;
        return reader.ValueTextEquals(_isTrack ? "event"u8 : "name"u8) ? EventPlace.Name : EventPlace.Elsewhere;
    }

    /// <summary>Notes where a value lies; the last one of a name counts.</summary>
    public void Set(EventPlace part, int start, int end)
    {
        if (part == EventPlace.Properties) Properties = start..end;
        else if (part == EventPlace.Context) Context = start..end;
    }

    /// <summary>Notes the name.</summary>
    public void SetName(ReadOnlySpan<byte> name)
    {
        if (_name.Length < name.Length) _name = new byte[name.Length * 2];
        name.CopyTo(_name);
        _nameLength = name.Length;
    }
}
