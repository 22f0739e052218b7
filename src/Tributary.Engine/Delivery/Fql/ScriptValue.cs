using System.Globalization;

namespace Tributary.Engine.Delivery.Fql;

/// <summary>
/// A value as JavaScript would see it: a place in a document that is not copied, or something that was made. Members that JavaScript inherits
/// (<c>constructor</c>, <c>toString</c>) are not there; <c>length</c> of texts and lists is.
/// </summary>
internal readonly struct ScriptValue
{
    private readonly object? _of;
    private readonly double _number;

    private ScriptValue(ScriptKind kind, object? of = null, double number = 0) => (Kind, _of, _number) = (kind, of, number);

    public ScriptKind Kind { get; }

    public static ScriptValue Null => new(ScriptKind.Null);

    public static ScriptValue In(EventDocument document, int index) => new(document.At(index).Kind, document, index);

    public static ScriptValue Of(string text) => new(ScriptKind.Text, text);

    public static ScriptValue Of(double number) => new(ScriptKind.Number, null, number);

    public static ScriptValue Of(bool value) => new(value ? ScriptKind.True : ScriptKind.False);

    public static ScriptValue Of(ScriptObject value) => new(ScriptKind.Object, value);

    public static ScriptValue Of(List<ScriptValue> value) => new(ScriptKind.Array, value);

    public bool IsUndefined => Kind == ScriptKind.Undefined;

    public bool IsNullish => Kind is ScriptKind.Undefined or ScriptKind.Null;

    /// <summary>Its place, when it is one.</summary>
    public EventDocument? Document => _of as EventDocument;

    public int Index => (int)_number;

    public bool IsTruthy => Kind switch
    {
        ScriptKind.Undefined or ScriptKind.Null or ScriptKind.False => false,
        ScriptKind.True or ScriptKind.Object or ScriptKind.Array => true,
        ScriptKind.Number => Number is not (0 or double.NaN),
        ScriptKind.Text => _of is EventDocument document ? document.At(Index).Length > 0 : ((string)_of!).Length > 0,
    };

    /// <summary>The value of a number.</summary>
    public double Number => _of is EventDocument document ? ScriptNumber.Read(document.Inner(Index)) : _number;

    /// <summary>The characters of a text.</summary>
    public string Text => _of is EventDocument document ? document.Text(Index) : (string)_of!;

    /// <summary>The name of its type as in <c>Object.prototype.toString</c>, in lower case.</summary>
    public string TypeName => Kind switch
    {
        ScriptKind.Undefined => "undefined",
        ScriptKind.Null => "null",
        ScriptKind.False or ScriptKind.True => "boolean",
        ScriptKind.Number => "number",
        ScriptKind.Text => "string",
        ScriptKind.Object => "object",
        ScriptKind.Array => "array",
    };

    public ScriptObject AsObject()
    {
        if (_of is not EventDocument document) return (ScriptObject)_of!;
        var members = new ScriptObject();
        var end = document.At(Index).Next;
        for (var at = Index + 1; at < end; at = document.At(at + 1).Next) members.Define(document.Text(at), In(document, at + 1));
        return members;
    }

    public List<ScriptValue> AsList()
    {
        if (_of is not EventDocument document) return (List<ScriptValue>)_of!;
        var elements = new List<ScriptValue>();
        var end = document.At(Index).Next;
        for (var at = Index + 1; at < end; at = document.At(at).Next) elements.Add(In(document, at));
        return elements;
    }

    /// <summary>The member, element or length of this name; undefined where there is none.</summary>
    public ScriptValue Get(Needle name)
    {
        switch (Kind)
        {
            case ScriptKind.Object:
                if (_of is EventDocument document) return document.FindMember(Index, name) is var member and >= 0 ? In(document, member) : default;
                return ((ScriptObject)_of!).Find(name.Text);
            case ScriptKind.Array:
                if (name.IsLength) return Of(_of is EventDocument counted ? counted.CountElements(Index) : ((List<ScriptValue>)_of!).Count);
                if (name.Index < 0) return default;
                if (_of is EventDocument list) return list.FindElement(Index, name.Index) is var element and >= 0 ? In(list, element) : default;
                return (List<ScriptValue>)_of! is var elements && name.Index < elements.Count ? elements[name.Index] : default;
            case ScriptKind.Text:
                if (name.IsLength) return Of(Text.Length);
                if (name.Index < 0) return default;
                return Text is var text && name.Index < text.Length ? Of(text[name.Index].ToString(CultureInfo.InvariantCulture)) : default;
            case ScriptKind.Undefined or ScriptKind.Null or ScriptKind.False or ScriptKind.True or ScriptKind.Number:
                return default;
            default:
                throw new InvalidOperationException("There is no such kind of value.");
        }
    }

    /// <summary>Follows a path. A step from a value that counts as false stays at that value, as both packages do it.</summary>
    public ScriptValue Walk(ReadOnlySpan<Needle> steps) => _of is EventDocument document ? document.Walk(Index, steps) : WalkAny(steps);

    /// <summary>The same from a value of any kind, step by step.</summary>
    internal ScriptValue WalkAny(ReadOnlySpan<Needle> steps)
    {
        var at = this;
        foreach (var step in steps)
        {
            if (!at.IsTruthy) return at;
            at = at.Get(step);
        }

        return at;
    }

    /// <summary>What <c>String(value)</c> is.</summary>
    /// <returns>False where JavaScript throws: an object that has a member <c>toString</c> of its own.</returns>
    public bool TryWriteText(out string text)
    {
        text = Kind switch
        {
            ScriptKind.Undefined => "undefined",
            ScriptKind.Null => "null",
            ScriptKind.False => "false",
            ScriptKind.True => "true",
            ScriptKind.Number => ScriptNumber.Write(Number),
            ScriptKind.Text => Text,
            ScriptKind.Object => "[object Object]",
            ScriptKind.Array => "",
        };
        if (Kind == ScriptKind.Object) return Get(OwnToString).IsUndefined;
        if (Kind != ScriptKind.Array) return true;
        var elements = AsList();
        var parts = new string[elements.Count];
        for (var at = 0; at < parts.Length; at++)
        {
            parts[at] = "";
            if (!elements[at].IsNullish && !elements[at].TryWriteText(out parts[at])) return false;
        }

        text = string.Join(',', parts);
        return true;
    }

    private static readonly Needle OwnToString = new("toString");
}
