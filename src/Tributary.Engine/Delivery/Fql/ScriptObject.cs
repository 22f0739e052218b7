using System.Globalization;

namespace Tributary.Engine.Delivery.Fql;

/// <summary>An object that was made while mapping. Names that are whole numbers come first and in order, as JavaScript keeps them.</summary>
internal sealed class ScriptObject
{
    private readonly OrderedDictionary<string, ScriptValue> _members = new(StringComparer.Ordinal);
    private bool _hasIndexes;

    public int Count => _members.Count;

    /// <summary>Assigns, as <c>object[name] = value</c> does. In JavaScript the name <c>__proto__</c> makes no member then.</summary>
    public void Set(string name, ScriptValue value)
    {
        if (name != "__proto__") Define(name, value);
    }

    /// <summary>Makes a member of any name, as a literal or parsed JSON does.</summary>
    public void Define(string name, ScriptValue value)
    {
        _members[name] = value;
        _hasIndexes |= name.Length > 0 && char.IsAsciiDigit(name[0]);
    }

    public ScriptValue Find(string name) => _members.TryGetValue(name, out var value) ? value : default;

    /// <summary>The members in the order in which JavaScript lists them.</summary>
    public IEnumerable<KeyValuePair<string, ScriptValue>> Members
    {
        get
        {
            if (!_hasIndexes) return _members;
            var numbered = _members.Where(member => IndexOf(member.Key) is not null).OrderBy(member => IndexOf(member.Key));
            return numbered.Concat(_members.Where(member => IndexOf(member.Key) is null));
        }
    }

    private static uint? IndexOf(string name) =>
        uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < uint.MaxValue && (name[0] != '0' || name.Length == 1) ? index : null;
}
