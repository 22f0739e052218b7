using System.Text.Json;
using System.Text.Unicode;
using Tributary.Model;

namespace Tributary.Engine.Identity;

/// <summary>Why an event was not attached to a profile although it was accepted.</summary>
internal enum Unresolved : byte
{
    /// <summary>It was attached.</summary>
    None = 0,

    /// <summary>No identifier was left.</summary>
    NoIdentifiers = 1,

    /// <summary><c>integrations</c> keeps it out of the space.</summary>
    OptedOut = 2,

    /// <summary>An identify with 300 or more traits.</summary>
    TooManyTraits = 3,

    /// <summary>More than 300 properties or traits.</summary>
    TooManyProperties = 4,

    /// <summary>A group id of more than 500 characters, or an empty <c>context.groupId</c> on a track call.</summary>
    BadGroupId = 5,

    /// <summary>A message id of more than 100 characters.</summary>
    MessageIdTooLong = 6,
}

/// <summary>
/// What identity and profiles need of an event, read in one pass over its JSON: the identifiers it carries, where its traits lie, and whether it may
/// enter the space at all. Reused from event to event.
/// </summary>
/// <remarks>Places, precedence and limits: unify specification §1.2 and §1.4.</remarks>
internal sealed class EventFields
{
    private const int GroupIdLengthMax = 500;
    private const int MessageIdLengthMax = 100;
    private const int FieldsMax = 300;

    // First value found per match key and place; traits rank before context.traits, which rank before properties.
    private byte[]?[] _matched = [];
    private byte[] _scratch = new byte[1024];
    private ushort _space;
    private IdentityRules _rules = null!;

    // context.device and context.externalIds may come in any order of members, so they are collected first.
    private byte[]? _deviceType;
    private byte[]? _deviceId;
    private byte[]? _advertisingId;
    private byte[]? _pushToken;
    private bool _mayTrack;
    private bool _personas;
    private bool? _personasSaid;
    private bool _isTrack;
    private int _fieldCount;
    private int _traitCount;
    private bool _badGroupId;

    public CarriedIdentifiers Users { get; } = new();

    public CarriedIdentifiers Accounts { get; } = new();

    /// <summary>The top-level <c>traits</c> object as JSON; empty when there is none.</summary>
    public ReadOnlyMemory<byte> Traits { get; private set; }

    /// <summary>The top-level <c>properties</c> object as JSON; empty when there is none.</summary>
    public ReadOnlyMemory<byte> Properties { get; private set; }

    /// <summary>The top-level <c>context</c> object as JSON; empty when there is none.</summary>
    public ReadOnlyMemory<byte> Context { get; private set; }

    /// <summary>Of a track call the event's name, of page and screen calls the page's; unescaped UTF-8, empty when there is none.</summary>
    public ReadOnlyMemory<byte> Name { get; private set; }

    /// <summary><c>context.app.version</c>; null when there is none.</summary>
    public byte[]? AppVersion { get; private set; }

    /// <summary>Whether the event may enter the space; says nothing yet about identifiers.</summary>
    public Unresolved Verdict { get; private set; }

    /// <summary>Reads an event.</summary>
    /// <param name="space">The space's number.</param>
    /// <param name="rules">The space's rules.</param>
    /// <param name="type">The event's type.</param>
    /// <param name="messageId">Its message id in UTF-8.</param>
    /// <param name="payload">The normalised message.</param>
    /// <exception cref="JsonException">The payload is not what Ingest writes; the record is quarantined.</exception>
    public void Read(ushort space, IdentityRules rules, EventType type, ReadOnlySpan<byte> messageId, ReadOnlyMemory<byte> payload)
    {
        Begin(space, rules, type);
        // An object is about nobody, whatever its properties are called.
        if (type == EventType.Set)
        {
            Verdict = Unresolved.None;
            return;
        }

        var reader = new Utf8JsonReader(payload.Span, new JsonReaderOptions { MaxDepth = 128 });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) throw new JsonException("An event is not an object.");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName) ReadMember(ref reader, type, payload);
        AddMatched(type);
        AddDevice();
        Verdict = Judge(type, messageId);
    }

    private void Begin(ushort space, IdentityRules rules, EventType type)
    {
        Users.Clear();
        Accounts.Clear();
        Traits = Properties = Context = Name = default;
        AppVersion = null;
        _space = space;
        _rules = rules;
        _isTrack = type == EventType.Track;
        if (_matched.Length != rules.Count * 3) _matched = new byte[rules.Count * 3][];
        else Array.Clear(_matched);
        _deviceType = _deviceId = _advertisingId = _pushToken = null;
        _mayTrack = _badGroupId = false;
        _personas = true;
        _personasSaid = null;
        _fieldCount = _traitCount = 0;
    }

    private void ReadMember(ref Utf8JsonReader reader, EventType type, ReadOnlyMemory<byte> payload)
    {
        if (reader.ValueTextEquals("userId"u8)) AddUser(ref reader, "user_id");
        else if (reader.ValueTextEquals("anonymousId"u8)) AddUser(ref reader, "anonymous_id");
        else if (reader.ValueTextEquals("groupId"u8) && type == EventType.Group) ReadGroupId(ref reader);
        else if (reader.ValueTextEquals("traits"u8) && type is EventType.Identify or EventType.Group) ReadTraits(ref reader, payload);
        else if (reader.ValueTextEquals("properties"u8)) ReadProperties(ref reader, payload);
        else if (reader.ValueTextEquals("context"u8)) ReadWholeContext(ref reader, payload);
        else if (EventLabels.IsName(ref reader, type)) ReadName(ref reader, payload);
        else if (reader.ValueTextEquals("integrations"u8)) ReadIntegrations(ref reader);
        else SkipValue(ref reader);
    }

    private void ReadTraits(ref Utf8JsonReader reader, ReadOnlyMemory<byte> payload)
    {
        var peek = reader;
        peek.Read();
        var start = (int)peek.TokenStartIndex;
        _traitCount = ReadKeys(ref reader, place: 0);
        Traits = payload[start..(int)reader.BytesConsumed];
    }

    private void ReadProperties(ref Utf8JsonReader reader, ReadOnlyMemory<byte> payload)
    {
        var peek = reader;
        peek.Read();
        var start = (int)peek.TokenStartIndex;
        _fieldCount = ReadKeys(ref reader, place: 2);
        Properties = payload[start..(int)reader.BytesConsumed];
    }

    private void ReadWholeContext(ref Utf8JsonReader reader, ReadOnlyMemory<byte> payload)
    {
        var peek = reader;
        peek.Read();
        var start = (int)peek.TokenStartIndex;
        ReadContext(ref reader);
        Context = payload[start..(int)reader.BytesConsumed];
    }

    private void ReadName(ref Utf8JsonReader reader, ReadOnlyMemory<byte> payload)
    {
        var peek = reader;
        peek.Read();
        if (peek.TokenType == JsonTokenType.String && !peek.ValueIsEscaped && Utf8.IsValid(peek.ValueSpan))
        {
            Name = payload.Slice((int)peek.TokenStartIndex + 1, peek.ValueSpan.Length);
            reader = peek;
            return;
        }

        Name = EventLabels.Text(ref reader);
    }

    private void ReadGroupId(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.String) return;
        var value = Unescaped(ref reader);
        _badGroupId |= value.Length > GroupIdLengthMax;
        if (_rules.FindConfigured("group_id") is { } rule) AddUnlessBlocked(Accounts, ProfileCollection.Accounts, rule, value);
    }

    private void AddUser(ref Utf8JsonReader reader, string type)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String && _rules.FindConfigured(type) is { } rule) AddUnlessBlocked(Users, ProfileCollection.Users, rule, Unescaped(ref reader));
        else if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray) reader.Skip();
    }

    // Counts the members of an object and keeps the values of match keys.
    private int ReadKeys(ref Utf8JsonReader reader, int place)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return 0;
        }

        var keys = _rules.MatchKeys;
        var count = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            count++;
            var matched = -1;
            for (var i = 0; i < keys.Length && matched < 0; i++)
                if (reader.ValueTextEquals(keys[i].Utf8)) matched = i;
            reader.Read();
            if (matched >= 0 && Scalar(ref reader, keys[matched].Rule) is { Length: > 0 } value) _matched[(place * _rules.Count) + matched] = value;
            reader.Skip();
        }

        return count;
    }

    // Text identifies; so does a whole number, except as an email.
    private byte[]? Scalar(ref Utf8JsonReader reader, TypeRule rule) => reader.TokenType switch
    {
        JsonTokenType.String => Unescaped(ref reader).ToArray(),
        JsonTokenType.Number when rule.Type != "email" && reader.TryGetInt64(out _) => reader.ValueSpan.ToArray(),
        _ => null,
    };

    private void ReadContext(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) return;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("traits"u8)) ReadKeys(ref reader, place: 1);
            else if (reader.ValueTextEquals("device"u8)) ReadDevice(ref reader);
            else if (reader.ValueTextEquals("externalIds"u8)) ReadExternalIds(ref reader);
            else if (reader.ValueTextEquals("integrations"u8)) ReadGoogleAnalytics(ref reader);
            else if (reader.ValueTextEquals("groupId"u8)) ReadContextGroupId(ref reader);
            else if (reader.ValueTextEquals("app"u8)) AppVersion = EventLabels.ReadVersion(ref reader);
            else SkipValue(ref reader);
        }
    }

    private void ReadContextGroupId(ref Utf8JsonReader reader)
    {
        reader.Read();
        _badGroupId |= _isTrack && reader.TokenType == JsonTokenType.String && Unescaped(ref reader).IsEmpty;
        reader.Skip();
    }

    private void ReadDevice(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("type"u8)) _deviceType = Text(ref reader);
            else if (reader.ValueTextEquals("id"u8)) _deviceId = Text(ref reader);
            else if (reader.ValueTextEquals("advertisingId"u8)) _advertisingId = Text(ref reader);
            else if (reader.ValueTextEquals("token"u8)) _pushToken = Text(ref reader);
            else if (reader.ValueTextEquals("adTrackingEnabled"u8)) _mayTrack = reader.Read() && reader.TokenType == JsonTokenType.True;
            else SkipValue(ref reader);
        }
    }

    // The names of types on devices do not depend on what else the device is called.
    private void AddDevice()
    {
        var system = _deviceType switch
        {
            null => null,
            _ when _deviceType.AsSpan().SequenceEqual("ios"u8) => "ios",
            _ when _deviceType.AsSpan().SequenceEqual("android"u8) => "android",
            _ => null,
        };
        if (system is null) return;
        AddDeviceValue(system == "ios" ? "ios.id" : "android.id", _deviceId);
        AddDeviceValue(system == "ios" ? "ios.push_token" : "android.push_token", _pushToken);
        if (_mayTrack) AddDeviceValue(system == "ios" ? "ios.idfa" : "android.idfa", _advertisingId);
    }

    private void AddDeviceValue(string type, byte[]? value)
    {
        if (value is not null && _rules.FindConfigured(type) is { } rule) AddUnlessBlocked(Users, ProfileCollection.Users, rule, value);
    }

    private void ReadGoogleAnalytics(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!reader.ValueTextEquals("Google Analytics"u8))
            {
                SkipValue(ref reader);
                continue;
            }

            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("clientId"u8)) AddDeviceValue("ga_client_id", Text(ref reader));
                else SkipValue(ref reader);
            }
        }
    }

    private void ReadExternalIds(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.StartObject) ReadExternalId(ref reader);
            else reader.Skip();
        }
    }

    // All four members must be there; anything else is ignored.
    private void ReadExternalId(ref Utf8JsonReader reader)
    {
        byte[]? id = null, type = null, collection = null, encoding = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("id"u8)) id = Text(ref reader);
            else if (reader.ValueTextEquals("type"u8)) type = Text(ref reader);
            else if (reader.ValueTextEquals("collection"u8)) collection = Text(ref reader);
            else if (reader.ValueTextEquals("encoding"u8)) encoding = Text(ref reader);
            else SkipValue(ref reader);
        }

        if (id is null || type is null or { Length: 0 or > Identifier.TypeLengthMax } || !encoding.AsSpan().SequenceEqual("none"u8)) return;
        if (type.AsSpan().Contains((byte)0)) return;
        var rule = _rules.Find(Names.Intern(type));
        if (collection.AsSpan().SequenceEqual("users"u8) && rule.Type != "group_id") AddUnlessBlocked(Users, ProfileCollection.Users, rule, id);
        else if (collection.AsSpan().SequenceEqual("accounts"u8)) AddUnlessBlocked(Accounts, ProfileCollection.Accounts, rule, id);
    }

    private void ReadIntegrations(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) return;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isAll = reader.ValueTextEquals("All"u8);
            var isSpace = !isAll && reader.ValueTextEquals("Personas"u8);
            reader.Read();
            if (isAll && reader.TokenType == JsonTokenType.False) _personas = false;
            if (isSpace) _personasSaid = reader.TokenType != JsonTokenType.False;
            reader.Skip();
        }
    }

    private void AddMatched(EventType type)
    {
        // An alias is stored, but only its userId and anonymousId identify.
        if (type == EventType.Alias) return;
        for (var i = 0; i < _rules.Count; i++)
        {
            if ((_matched[i] ?? _matched[_rules.Count + i] ?? _matched[(2 * _rules.Count) + i]) is not { } value) continue;
            var rule = _rules.MatchKeys[i].Rule;
            // Several spellings of one key, or several keys of one type: the first that holds a value.
            if (!IsMatchedBefore(i, rule)) AddUnlessBlocked(Users, ProfileCollection.Users, rule, value);
        }
    }

    private bool IsMatchedBefore(int index, TypeRule rule)
    {
        for (var i = 0; i < index; i++)
        {
            if (_rules.MatchKeys[i].Rule == rule && (_matched[i] ?? _matched[_rules.Count + i] ?? _matched[(2 * _rules.Count) + i]) is not null) return true;
        }

        return false;
    }

    private void AddUnlessBlocked(CarriedIdentifiers carried, ProfileCollection collection, TypeRule rule, ReadOnlySpan<byte> value)
    {
        if (rule.Blocks(value)) Blocked.Add((rule, System.Text.Encoding.UTF8.GetString(value)));
        else carried.Add(_space, collection, rule, value);
    }

    /// <summary>Identifiers that were left out because their value is blocked; cleared by the reader of the list.</summary>
    public List<(TypeRule Rule, string Value)> Blocked { get; } = [];

    private Unresolved Judge(EventType type, ReadOnlySpan<byte> messageId)
    {
        if (!(_personasSaid ?? _personas)) return Unresolved.OptedOut;
        if (_badGroupId) return Unresolved.BadGroupId;
        if (messageId.Length > MessageIdLengthMax && System.Text.Encoding.UTF8.GetCharCount(messageId) > MessageIdLengthMax) return Unresolved.MessageIdTooLong;
        if (type == EventType.Identify && _traitCount >= FieldsMax) return Unresolved.TooManyTraits;
        return _traitCount > FieldsMax || _fieldCount > FieldsMax ? Unresolved.TooManyProperties : Unresolved.None;
    }

    private byte[]? Text(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String) return Unescaped(ref reader).ToArray();
        reader.Skip();
        return null;
    }

    private ReadOnlySpan<byte> Unescaped(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped) return reader.ValueSpan;
        if (_scratch.Length < reader.ValueSpan.Length) _scratch = new byte[reader.ValueSpan.Length];
        return _scratch.AsSpan(0, reader.CopyString(_scratch));
    }

    private static void SkipValue(ref Utf8JsonReader reader)
    {
        reader.Read();
        reader.Skip();
    }
}
