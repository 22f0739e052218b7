using System.Text;
using System.Text.Json;

namespace Tributary.Engine.Ingest;

/// <summary>
/// One message as it was sent: its body, its members in order, and of each known field the last member with that name (the last wins).
/// </summary>
internal readonly ref struct MessageView
{
    /// <summary>Longest id accepted, in characters; the same as an identifier's value.</summary>
    public const int IdLengthMax = Model.Identifier.ValueLengthMax;

    /// <summary>Longest message id accepted, in characters: Segment's documented limit (spec/connections.md §1.4).</summary>
    public const int MessageIdLengthMax = 100;

    /// <summary>Longest event name accepted, in characters; no limit is documented, ours keeps names fit for tables and menus.</summary>
    public const int EventNameLengthMax = 1_024;

    private readonly ReadOnlySpan<Member> _latest;

    /// <summary>Views a message; <paramref name="latest"/> is room for <see cref="MessageFields.Count"/> members, cleared.</summary>
    public MessageView(ReadOnlySpan<byte> body, ReadOnlySpan<Member> members, Span<Member> latest)
    {
        foreach (ref readonly var member in members) latest[(int)member.Field] = member;
        Body = body;
        Members = members;
        _latest = latest;
    }

    public ReadOnlySpan<byte> Body { get; }

    public ReadOnlySpan<Member> Members { get; }

    public ref readonly Member this[MessageField field] => ref _latest[(int)field];

    public ReadOnlySpan<byte> Value(MessageField field) => this[field].Value(Body);

    /// <summary>An id is there: a string that is not empty, or a number. Null and "" count as absent (spec/connections.md §1.8).</summary>
    public bool HasId(MessageField field) => this[field].Kind switch
    {
        JsonTokenType.String => this[field].End - this[field].Start > 2,
        JsonTokenType.Number => true,
        _ => false,
    };

    /// <summary>An id is of a kind that names nobody: an object, an array or a boolean.</summary>
    public bool HasIdOfOtherKind(MessageField field) =>
        this[field].IsGiven && this[field].Kind is not (JsonTokenType.String or JsonTokenType.Number);

    /// <summary>A string or number is longer than <paramref name="charactersMax"/>.</summary>
    public bool IsLongerThan(MessageField field, int charactersMax)
    {
        ref readonly var member = ref this[field];
        if (member.Kind is not (JsonTokenType.String or JsonTokenType.Number) || member.End - member.Start - 2 <= charactersMax)
            return false;
        if (member.Kind == JsonTokenType.Number) return member.End - member.Start > charactersMax;
        var reader = new Utf8JsonReader(member.Value(Body));
        reader.Read();
        Span<char> text = member.End - member.Start <= 8 * EventNameLengthMax ? stackalloc char[8 * EventNameLengthMax] : [];
        return text.IsEmpty || reader.CopyString(text) > charactersMax;
    }

    /// <summary>An empty array stands for an empty object: PHP cannot tell the two apart.</summary>
    public bool IsEmptyArray(MessageField field)
    {
        ref readonly var member = ref this[field];
        return member.Kind == JsonTokenType.StartArray && Body[(member.Start + 1)..(member.End - 1)].TrimStart(" \t\r\n"u8).IsEmpty;
    }

    /// <summary>
    /// The text of an id without quotes and escapes; writes to <paramref name="target"/> and returns the part used, empty when absent or
    /// too long.
    /// </summary>
    public ReadOnlySpan<byte> IdText(MessageField field, Span<byte> target)
    {
        if (!HasId(field)) return [];
        ref readonly var member = ref this[field];
        if (member.Kind == JsonTokenType.Number) return member.Value(Body);
        var text = member.Text(Body);
        if (!text.Contains((byte)'\\')) return text;
        if (text.Length > target.Length) return [];
        var reader = new Utf8JsonReader(member.Value(Body));
        reader.Read();
        return target[..reader.CopyString(target)];
    }

    /// <summary>The members that are none of ours, each name once with its last value.</summary>
    public List<Member> Others()
    {
        var others = new List<Member>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var at = Members.Length - 1; at >= 0; at--)
        {
            if (Members[at].IsOther && seen.Add(NameOf(Members[at]))) others.Add(Members[at]);
        }

        others.Reverse();
        return others;
    }

    /// <summary>The value of the last member of a name that is none of ours; empty when there is none. Names with escapes are not looked at.</summary>
    public ReadOnlySpan<byte> Other(ReadOnlySpan<byte> name)
    {
        for (var at = Members.Length - 1; at >= 0; at--)
        {
            if (Members[at].IsOther && Members[at].QuotedName(Body)[1..^1].SequenceEqual(name)) return Members[at].Value(Body);
        }

        return [];
    }

    private string NameOf(in Member member)
    {
        var quoted = member.QuotedName(Body);
        if (!quoted.Contains((byte)'\\')) return Encoding.UTF8.GetString(quoted[1..^1]);
        var reader = new Utf8JsonReader(quoted);
        reader.Read();
        return reader.GetString()!;
    }
}
