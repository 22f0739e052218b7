using System.Text.Json;
using Tributary.Model;

namespace Tributary.Engine.Ingest;

/// <summary>Writes one normalised message into a span that is known to be large enough.</summary>
internal ref struct MessageWriter(Span<byte> target, MessageView message)
{
    private readonly Span<byte> _target = target;
    private readonly MessageView _message = message;
    private int _at;

    /// <summary>What readers need first: type, message id, time and ids.</summary>
    public void Head(EventType type, ReadOnlySpan<byte> messageId, long timestamp)
    {
        Put(type switch
        {
            EventType.Identify => "{\"type\":\"identify\",\"messageId\":"u8,
            EventType.Track => "{\"type\":\"track\",\"messageId\":"u8,
            EventType.Page => "{\"type\":\"page\",\"messageId\":"u8,
            EventType.Screen => "{\"type\":\"screen\",\"messageId\":"u8,
            EventType.Group => "{\"type\":\"group\",\"messageId\":"u8,
            EventType.Alias => "{\"type\":\"alias\",\"messageId\":"u8,
            EventType.Set => "{\"type\":\"set\",\"messageId\":"u8,
        });
        if (_message.HasId(MessageField.MessageId)) PutId(MessageField.MessageId);
        else PutQuoted(messageId);
        Put(",\"timestamp\":"u8);
        PutTime(timestamp);
        Id(MessageField.UserId, ",\"userId\":"u8);
        Id(MessageField.AnonymousId, ",\"anonymousId\":"u8);
        Id(MessageField.GroupId, ",\"groupId\":"u8);
        Id(MessageField.PreviousId, ",\"previousId\":"u8);
    }

    /// <summary>What was sent of the members that belong to types, as it was sent; nulls say nothing and are left out.</summary>
    public void Members()
    {
        Raw(MessageField.Event, ",\"event\":"u8);
        Raw(MessageField.Name, ",\"name\":"u8);
        Raw(MessageField.Category, ",\"category\":"u8);
        Raw(MessageField.Properties, ",\"properties\":"u8);
        Raw(MessageField.Traits, ",\"traits\":"u8);
    }

    /// <summary>An object under a name; nothing when it is empty.</summary>
    public void Object(ReadOnlySpan<byte> name, ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty) return;
        PutName(name);
        Put(json);
    }

    /// <summary>The context with the peer's address put in front of what it has.</summary>
    public void ContextWithAddress(ReadOnlySpan<byte> context, ReadOnlySpan<byte> address)
    {
        Put(",\"context\":{\"ip\":"u8);
        PutQuoted(address);
        var rest = context.IsEmpty ? "}"u8 : context[1..].TrimStart(" \t\r\n"u8);
        if (rest[0] != (byte)'}') Put(","u8);
        Put(rest);
    }

    /// <summary>What the server knows. A client's own channel stays; all else here is the server's to say.</summary>
    public void Tail(in MessageTimes times, ReadOnlySpan<byte> receivedAt, SourceFacts source, ReadOnlySpan<byte> writeKey)
    {
        Put(",\"originalTimestamp\":"u8);
        PutTime(times.Original);
        if (times.SentAt is { } sentAt)
        {
            Put(",\"sentAt\":"u8);
            PutTime(sentAt);
        }

        Put(",\"receivedAt\":"u8);
        PutQuoted(receivedAt);
        Put(",\"version\":2,\"channel\":"u8);
        if (_message[MessageField.Channel].Kind == JsonTokenType.String && _message.HasId(MessageField.Channel))
            Put(_message.Value(MessageField.Channel));
        else Put(source.Channel);
        Put(source.Identity);
        Put(",\"writeKey\":"u8);
        PutQuoted(writeKey);
    }

    /// <summary>All other members as they were sent, each name once.</summary>
    public void Others()
    {
        var count = 0;
        foreach (ref readonly var member in _message.Members) count += member.IsOther ? 1 : 0;
        if (count == 0) return;
        if (count > 1 && HasRepeatedName())
        {
            foreach (var member in _message.Others()) Whole(member);
            return;
        }

        foreach (ref readonly var member in _message.Members)
        {
            if (member.IsOther) Whole(member);
        }
    }

    /// <summary>Closes the object and returns how many bytes were written.</summary>
    public int End()
    {
        Put("}"u8);
        return _at;
    }

    // True also when it cannot be told quickly: then the slow path sorts it out.
    private readonly bool HasRepeatedName()
    {
        var members = _message.Members;
        if (members.Length > 64) return true;
        for (var i = 0; i < members.Length; i++)
        {
            if (!members[i].IsOther) continue;
            var name = members[i].QuotedName(_message.Body);
            if (name.Contains((byte)'\\')) return true;
            for (var j = 0; j < i; j++)
            {
                if (members[j].IsOther && name.SequenceEqual(members[j].QuotedName(_message.Body))) return true;
            }
        }

        return false;
    }

    private void Whole(in Member member)
    {
        Put(","u8);
        Put(member.Whole(_message.Body));
    }

    private void Id(MessageField field, ReadOnlySpan<byte> name)
    {
        if (!_message.HasId(field)) return;
        Put(name);
        PutId(field);
    }

    // A number becomes a string of the same digits: ids are strings everywhere behind this point.
    private void PutId(MessageField field)
    {
        if (_message[field].Kind == JsonTokenType.Number) PutQuoted(_message.Value(field));
        else Put(_message.Value(field));
    }

    private void Raw(MessageField field, ReadOnlySpan<byte> name)
    {
        if (!_message[field].IsGiven) return;
        Put(name);
        Put(_message.Value(field));
    }

    private void PutTime(long ms)
    {
        _target[_at] = (byte)'"';
        IsoTime.Format(ms, _target[(_at + 1)..]);
        _target[_at + 1 + IsoTime.Length] = (byte)'"';
        _at += IsoTime.Length + 2;
    }

    private void PutName(ReadOnlySpan<byte> name)
    {
        Put(","u8);
        PutQuoted(name);
        Put(":"u8);
    }

    private void PutQuoted(ReadOnlySpan<byte> text)
    {
        _target[_at] = (byte)'"';
        text.CopyTo(_target[(_at + 1)..]);
        _target[_at + 1 + text.Length] = (byte)'"';
        _at += text.Length + 2;
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_target[_at..]);
        _at += bytes.Length;
    }
}
