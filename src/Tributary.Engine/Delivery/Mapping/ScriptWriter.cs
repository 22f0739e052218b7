using System.Buffers;
using System.Text;
using Tributary.Engine.Delivery.Fql;

namespace Tributary.Engine.Delivery.Mapping;

/// <summary>Writes values as JSON into one growing piece of memory. Values of a document are copied as they stand where that is safe.</summary>
/// <param name="bytesMax">Writing stops there, and <see cref="IsFull"/> says so.</param>
/// <param name="isExact">
/// Writes what <c>JSON.stringify</c> would, character for character: the order of members, the form of numbers, the escapes. Otherwise only the values are the
/// same, and members <c>__proto__</c> are left out, because assigning them makes no member.
/// </param>
internal sealed class ScriptWriter(int bytesMax, bool isExact = false)
{
    private static readonly SearchValues<char> Special = SearchValues.Create(
        string.Concat(Enumerable.Range(0, 32).Select(code => (char)code)) + "\"\\" + string.Concat(Enumerable.Range(0xd800, 0x800).Select(code => (char)code)));

    private byte[] _bytes = new byte[512];

    public int Count { get; private set; }

    public bool IsFull { get; private set; }

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Count);

    public void Clear()
    {
        Count = 0;
        IsFull = false;
    }

    public void Raw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    /// <summary>Writes a value, behind what has to stand before it. What can be copied is copied with it in one piece.</summary>
    public void Value(ReadOnlySpan<byte> before, ScriptValue value)
    {
        if (isExact || value.Document is not { IsPlain: true } document)
        {
            Raw(before);
            Value(value);
            return;
        }

        var raw = document.Raw(value.Index);
        var taken = Take(before.Length + raw.Length);
        before.CopyTo(taken);
        raw.CopyTo(taken[before.Length..]);
    }

    /// <summary>Writes null, behind what has to stand before it.</summary>
    public void Null(ReadOnlySpan<byte> before)
    {
        Raw(before);
        Raw("null"u8);
    }

    public void Raw(byte character) => Take(1)[0] = character;

    /// <summary>Writes a value; undefined becomes null, as in a list.</summary>
    public void Value(ScriptValue value)
    {
        if (IsFull) return;
        if (!isExact && value.Document is { IsPlain: true } document)
        {
            Raw(document.Raw(value.Index));
            return;
        }

        switch (value.Kind)
        {
            case ScriptKind.False:
                Raw("false"u8);
                break;
            case ScriptKind.True:
                Raw("true"u8);
                break;
            case ScriptKind.Number:
                Number(value.Number);
                break;
            case ScriptKind.Text:
                Text(value.Text);
                break;
            case ScriptKind.Object:
                Object(value.AsObject());
                break;
            case ScriptKind.Array:
                List(value.AsList());
                break;
            case ScriptKind.Undefined or ScriptKind.Null:
                Raw("null"u8);
                break;
        }
    }

    public void Text(string text)
    {
        Raw((byte)'"');
        Inner(text);
        Raw((byte)'"');
    }

    /// <summary>Room for bytes that the caller fills.</summary>
    public Span<byte> Room(int length) => Take(length);

    /// <summary>Writes what stands between the quotes of a text.</summary>
    public void Inner(string text)
    {
        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            var plain = rest.IndexOfAny(Special);
            if (plain < 0) plain = rest.Length;
            var taken = Take(Encoding.UTF8.GetMaxByteCount(plain), out var reserved);
            var written = Encoding.UTF8.GetBytes(rest[..plain], taken);
            if (reserved > 0) Count -= reserved - written;
            rest = rest[plain..];
            if (rest.IsEmpty) break;
            var length = rest.Length > 1 && char.IsSurrogatePair(rest[0], rest[1]) ? 2 : 1;
            if (length == 2) Raw(Encoding.UTF8.GetBytes(rest[..2].ToArray()));
            else Escape(rest[0]);
            rest = rest[length..];
        }
    }

    public void Number(double number) => Raw(double.IsFinite(number) ? Encoding.UTF8.GetBytes(ScriptNumber.Write(number)) : "null"u8);

    private void Object(ScriptObject value)
    {
        Raw((byte)'{');
        var isFirst = true;
        foreach (var (name, member) in value.Members)
        {
            if (member.IsUndefined || (!isExact && name == "__proto__")) continue;
            if (!isFirst) Raw((byte)',');
            isFirst = false;
            Text(name);
            Raw((byte)':');
            Value(member);
        }

        Raw((byte)'}');
    }

    private void List(List<ScriptValue> elements)
    {
        Raw((byte)'[');
        for (var at = 0; at < elements.Count; at++)
        {
            if (at > 0) Raw((byte)',');
            Value(elements[at]);
        }

        Raw((byte)']');
    }

    private void Escape(char character)
    {
        switch (character)
        {
            case '"' or '\\':
                Raw([(byte)'\\', (byte)character]);
                break;
            case '\b' or '\t' or '\n' or '\f' or '\r':
                Raw([(byte)'\\', (byte)"btn?fr"[character - '\b']]);
                break;
            default:
                Raw(Encoding.ASCII.GetBytes($"\\u{(int)character:x4}"));
                break;
        }
    }

    private Span<byte> Take(int length) => Take(length, out _);

    // When there is no room, what is asked for goes to memory that is thrown away, so that no caller has to look.
    private Span<byte> Take(int length, out int reserved)
    {
        reserved = 0;
        if (IsFull || Count + (long)length > bytesMax)
        {
            IsFull = true;
            return new byte[length];
        }

        if (Count + length > _bytes.Length) Array.Resize(ref _bytes, (int)Math.Min(Math.Max(_bytes.Length * 2L, Count + length), Array.MaxLength));
        var taken = _bytes.AsSpan(Count, length);
        Count += length;
        reserved = length;
        return taken;
    }
}
