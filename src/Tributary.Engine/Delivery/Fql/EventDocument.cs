namespace Tributary.Engine.Delivery.Fql;

/// <summary>
/// One JSON text and the place of every value in it. It is read once and then asked by all triggers, filters and mappings of a destination, so that none of
/// them walks the text again. Reading replaces what was read before and reuses the memory; values taken from it end with it. Not for two threads at once.
/// </summary>
public sealed partial class EventDocument
{
    /// <summary>Deepest nesting that is read. The log holds nothing deeper.</summary>
    public const int DepthMax = 1_000;

    private const int PlainNumberLengthMax = 300;

    private Place[] _places = new Place[64];
    private int _count;

    /// <summary>The text that was read.</summary>
    public ReadOnlyMemory<byte> Json { get; private set; }

    /// <summary>Whether a part of the text may be copied as it stands: it holds no member <c>__proto__</c> and no number that a double cannot hold.</summary>
    internal bool IsPlain { get; private set; }

    /// <summary>Reads a text.</summary>
    /// <returns>The document, or null when the text is no JSON value or is nested deeper than <see cref="DepthMax"/>.</returns>
    public static EventDocument? Read(ReadOnlyMemory<byte> json)
    {
        var document = new EventDocument();
        return document.TryRead(json) ? document : null;
    }

    /// <summary>Reads another text into this document.</summary>
    /// <returns>False when the text is no JSON value or is nested deeper than <see cref="DepthMax"/>; the document is then empty.</returns>
    public bool TryRead(ReadOnlyMemory<byte> json)
    {
        Json = json;
        IsPlain = true;
        _count = 0;
        if (Scan(json.Span)) return true;
        _count = 0;
        return false;
    }

    internal ScriptValue Root => _count == 0 ? default : ScriptValue.In(this, 0);

    internal ref readonly Place At(int index) => ref _places[index];

    /// <summary>The value as it stands in the text, with the quotes of a string.</summary>
    internal ReadOnlySpan<byte> Raw(int index)
    {
        ref readonly var place = ref _places[index];
        return place.Kind == ScriptKind.Text ? Json.Span.Slice(place.Start - 1, place.Length + 2) : Json.Span.Slice(place.Start, place.Length);
    }

    /// <summary>The characters of a string or a member's name, escaped as they are in the text.</summary>
    internal ReadOnlySpan<byte> Inner(int index)
    {
        ref readonly var place = ref _places[index];
        return Json.Span.Slice(place.Start, place.Length);
    }

    internal string Text(int index) => JsonText.Read(Inner(index), _places[index].IsEscaped);

    /// <summary>Whether a string or a name is this one.</summary>
    internal bool IsText(int index, Needle text)
    {
        ref readonly var place = ref _places[index];
        return place.IsEscaped ? JsonText.Read(Inner(index), true) == text.Text : Inner(index).SequenceEqual(text.Utf8) && text.IsWellFormed;
    }

    /// <summary>The value of a member; the last one counts when several have the name.</summary>
    /// <returns>Its index, or -1.</returns>
    internal int FindMember(int index, Needle name)
    {
        var places = _places;
        var end = places[index].Next;
        var head = name.Head;
        var found = -1;
        for (var at = index + 1; at < end; at = places[at].Next)
        {
            ref readonly var place = ref places[at];
            if ((place.Head == head || place.IsEscaped) && IsName(at, name)) found = at + 1;
        }

        return found;
    }

    /// <summary>Follows a path through the document. A step from a value that counts as false stays at that value.</summary>
    internal ScriptValue Walk(int index, ReadOnlySpan<Needle> steps)
    {
        for (var taken = 0; taken < steps.Length; taken++)
        {
            if (_places[index].Kind != ScriptKind.Object) return ScriptValue.In(this, index).WalkAny(steps[taken..]);
            index = FindMember(index, steps[taken]);
            if (index < 0) return default;
        }

        return ScriptValue.In(this, index);
    }

    /// <summary>The element of a list; -1 when there is none.</summary>
    internal int FindElement(int index, int number)
    {
        var end = _places[index].Next;
        for (var at = index + 1; at < end; at = _places[at].Next)
        {
            if (number-- == 0) return at;
        }

        return -1;
    }

    internal int CountElements(int index)
    {
        var count = 0;
        for (var at = index + 1; at < _places[index].Next; at = _places[at].Next) count++;
        return count;
    }

    // The heads are equal, so a short name is told apart by its length alone.
    private bool IsName(int index, Needle name)
    {
        ref readonly var place = ref _places[index];
        if (place.IsEscaped) return IsText(index, name);
        return place.Length == name.Utf8.Length && name.IsWellFormed && (place.Length <= sizeof(ulong) || Inner(index).SequenceEqual(name.Utf8));
    }

    /// <summary>Where a value or a member's name lies. A member is its name and then its value.</summary>
    internal struct Place
    {
        /// <summary>Of a member's name: its first eight bytes, see <see cref="Needle.HeadOf"/>.</summary>
        public ulong Head;

        /// <summary>Of a string: behind its quote.</summary>
        public int Start;
        public int Length;

        /// <summary>The index behind the value and everything in it; of a name, behind its member.</summary>
        public int Next;
        public ScriptKind Kind;
        public bool IsEscaped;
    }
}
