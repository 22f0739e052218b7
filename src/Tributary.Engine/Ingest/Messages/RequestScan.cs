using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;

namespace Tributary.Engine.Ingest;

/// <summary>How the items of a request lie in its body.</summary>
internal enum BodyShape
{
    /// <summary>The body is one message whose type is that of the route.</summary>
    Message,

    /// <summary>The body is an envelope with <c>batch</c>.</summary>
    Envelope,
}

/// <summary>Why a body could not be read at all.</summary>
internal readonly record struct ScanFault(string Message)
{
    public static ScanFault None => default;

    public bool IsFault => Message is not null;
}

/// <summary>One message within a body.</summary>
/// <param name="Start">Offset of its first byte.</param>
/// <param name="End">Offset after its last byte.</param>
/// <param name="IsObject">False for items that are no object; nothing else is known of them.</param>
/// <param name="Depth">Levels of nesting; an object of plain values has one.</param>
/// <param name="FirstMember">Index of its first member.</param>
/// <param name="MemberCount">How many members it has.</param>
/// <param name="Context">What its <c>context</c> says.</param>
internal readonly record struct ScannedItem(
    int Start, int End, bool IsObject, int Depth, int FirstMember, int MemberCount, ContextFacts Context)
{
    public int Length => End - Start;
}

/// <summary>
/// Where everything lies in one request's body, found in one pass without building strings or objects. Reused from request to request;
/// valid until
/// the next <see cref="Read"/>.
/// </summary>
internal sealed class RequestScan
{
    /// <summary>
    /// Most items of a batch that are looked at; what stands behind is discarded with <c>batch_too_long</c>. Segment's documented limit.
    /// </summary>
    public const int ItemsMax = 2_500;

    /// <summary>Most items, surplus included, of a body that is taken at all; bounds the discards that one request can cause.</summary>
    public const int SurplusMax = 50_000;

    private readonly List<Member> _members = new(256);
    private readonly List<ScannedItem> _items = new(64);
    private byte[] _body = [];
    private int _start;
    private int _end;

    public ReadOnlySpan<byte> Body => _body.AsSpan(_start, _end - _start);

    public IReadOnlyList<ScannedItem> Items => _items;

    public BodyShape Shape { get; private set; }

    /// <summary>The envelope's or message's write key; not given when absent.</summary>
    public Member WriteKey { get; private set; }

    /// <summary>Of an envelope: when it was sent. Of a message its own <c>sentAt</c> counts instead.</summary>
    public Member SentAt { get; private set; }

    public Member EnvelopeTimestamp { get; private set; }

    /// <summary>Of an envelope: what every item's context is merged over.</summary>
    public Member Context { get; private set; }

    public ContextFacts ContextFacts { get; private set; }

    /// <summary>Of an envelope: what every item's integrations are merged over.</summary>
    public Member Integrations { get; private set; }

    /// <summary>
    /// Of an envelope: the levels that its context and integrations bring into each item, the item's own first level included.
    /// </summary>
    public int DefaultsDepth { get; private set; }

    public ReadOnlySpan<Member> MembersOf(in ScannedItem item) =>
        System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_members).Slice(item.FirstMember, item.MemberCount);

    public ref readonly ScannedItem this[int index] => ref System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_items)[index];

    /// <summary>
    /// Reads a body. Its bytes may be changed in place (lone surrogates, numbers beyond a double) and must stay untouched while the scan is
    /// in use.
    /// </summary>
    public ScanFault Read(ArraySegment<byte> body, BodyShape shape)
    {
        Shape = shape;
        var text = JsonRepair.WithoutMark(body);
        if (text.IsEmpty) return new ScanFault("The body is empty; it must be a JSON object.");
        if (!Utf8.IsValid(text)) return new ScanFault("The body is not valid UTF-8.");
        JsonRepair.ReplaceLoneSurrogates(text);
        var fault = TryRead(body.Array!, body.Offset + body.Count - text.Length, body.Offset + body.Count, shape);
        if (!fault.IsFault) return fault;

        // Slow path, only after strict reading has failed: Python writes NaN and Infinity as bare words.
        var mended = new ArrayBufferWriter<byte>(text.Length + 64);
        if (!JsonRepair.TryReplaceNonFinite(text, mended)) return fault;
        var copy = mended.WrittenSpan.ToArray();
        return TryRead(copy, 0, copy.Length, shape);
    }

    /// <summary>Lets go of the body, and of lists that one large request has made grow.</summary>
    public void Release()
    {
        (_body, _start, _end) = ([], 0, 0);
        _members.Clear();
        _items.Clear();
        if (_members.Capacity > 1 << 16) _members.Capacity = 256;
        if (_items.Capacity > 1 << 13) _items.Capacity = 64;
    }

    private ScanFault TryRead(byte[] body, int start, int end, BodyShape shape)
    {
        (_body, _start, _end) = (body, start, end);
        _members.Clear();
        _items.Clear();
        (WriteKey, SentAt, EnvelopeTimestamp, Context, Integrations) = (default, default, default, default, default);
        (ContextFacts, DefaultsDepth) = (default, 0);
        try
        {
            var walk = new JsonWalk(body.AsSpan(start, end - start));
            walk.Read();
            if (walk.Kind != JsonTokenType.StartObject) return new ScanFault("The body must be a JSON object.");
            var fault = shape == BodyShape.Envelope ? ReadEnvelope(ref walk) : ReadMessage(ref walk);
            if (!fault.IsFault) walk.Read();
            return fault;
        }
        catch (JsonException malformed)
        {
            return new ScanFault($"The body is not valid JSON (line {malformed.LineNumber + 1}, byte {malformed.BytePositionInLine + 1}).");
        }
    }

    private ScanFault ReadMessage(scoped ref JsonWalk walk)
    {
        ReadItem(ref walk);
        foreach (ref readonly var member in MembersOf(_items[0]))
        {
            if (member.Field == MessageField.WriteKey) WriteKey = member;
        }

        return ScanFault.None;
    }

    private ScanFault ReadEnvelope(scoped ref JsonWalk walk)
    {
        while (walk.NextMember())
        {
            var nameStart = walk.TokenStart;
            var field = walk.Field();
            var kind = walk.ReadValueStart();
            var start = walk.TokenStart;
            if (field == MessageField.Batch && kind == JsonTokenType.StartArray)
            {
                if (!ReadBatch(ref walk)) return new ScanFault($"The batch has more than {SurplusMax} items.");
                continue;
            }

            walk.Deepest = 0;
            if (field == MessageField.Context && kind == JsonTokenType.StartObject) ContextFacts = Ingest.ContextFacts.Read(ref walk);
            else walk.SkipValue();
            if (field is MessageField.Context or MessageField.Integrations) DefaultsDepth = Math.Max(DefaultsDepth, walk.Deepest + 1);
            var member = new Member(field, kind, nameStart, start, walk.TokenEnd);
            if (field == MessageField.WriteKey) WriteKey = member;
            else if (field == MessageField.SentAt) SentAt = member;
            else if (field == MessageField.Timestamp) EnvelopeTimestamp = member;
            else if (field == MessageField.Context) Context = member;
            else if (field == MessageField.Integrations) Integrations = member;
        }

        return ScanFault.None;
    }

    // A second batch member replaces the first, as with every repeated name.
    private bool ReadBatch(scoped ref JsonWalk walk)
    {
        _members.Clear();
        _items.Clear();
        while (true)
        {
            walk.Read();
            if (walk.Kind == JsonTokenType.EndArray) return true;
            if (_items.Count == SurplusMax) return false;
            if (walk.Kind == JsonTokenType.StartObject && _items.Count < ItemsMax) ReadItem(ref walk);
            else ReadOther(ref walk);
        }
    }

    private void ReadOther(scoped ref JsonWalk walk)
    {
        var start = walk.TokenStart;
        var isObject = walk.Kind == JsonTokenType.StartObject;
        walk.Classify();
        walk.SkipValue();
        _items.Add(new ScannedItem(start, walk.TokenEnd, isObject, 0, 0, 0, default));
    }

    private void ReadItem(scoped ref JsonWalk walk)
    {
        var itemStart = walk.TokenStart;
        var itemDepth = walk.Depth;
        var first = _members.Count;
        var context = default(ContextFacts);
        walk.Deepest = itemDepth;
        while (walk.NextMember())
        {
            var nameStart = walk.TokenStart;
            var field = walk.Field();
            var kind = walk.ReadValueStart();
            var start = walk.TokenStart;
            if (field == MessageField.Context) context = default;
            if (field == MessageField.Context && kind == JsonTokenType.StartObject) context = Ingest.ContextFacts.Read(ref walk);
            else walk.SkipValue();
            _members.Add(new Member(field, kind, nameStart, start, walk.TokenEnd));
        }

        _items.Add(new ScannedItem(
            itemStart, walk.TokenEnd, true, walk.Deepest - itemDepth + 1, first, _members.Count - first, context));
    }
}
