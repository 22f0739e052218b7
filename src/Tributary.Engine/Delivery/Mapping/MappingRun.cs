using Tributary.Engine.Delivery.Fql;

namespace Tributary.Engine.Delivery.Mapping;

/// <summary>One application of a mapping: what it may still cost, and what went wrong first.</summary>
internal sealed class MappingRun
{
    /// <summary>Most that one application may cost; a unit is a step, or a character of a text that was made.</summary>
    public const int CostMax = 16 << 20;

    private const int NotLookedFor = -2;

    private int _left = CostMax;
    private EventDocument? _document;
    private Parts _parts;

    public string? Fault { get; private set; }

    /// <summary>The number of a member of an event that is found once for all paths in it; -1 of any other.</summary>
    public static int PartOf(string name) => name switch { "properties" => 0, "context" => 1, "traits" => 2, _ => -1 };

    /// <summary>Where a part of a document lies, or -1.</summary>
    public int FindPart(int part, EventDocument document, Needle name)
    {
        // A document of this application: another one comes from a text that was decoded.
        if (!ReferenceEquals(_document, document))
        {
            _document = document;
            for (var at = 0; at < Parts.Count; at++) _parts[at] = NotLookedFor;
        }

        if (_parts[part] == NotLookedFor) _parts[part] = document.FindMember(0, name);
        return _parts[part];
    }

    [System.Runtime.CompilerServices.InlineArray(Count)]
    private struct Parts
    {
        public const int Count = 3;
        private int _first;
    }

    /// <summary>Pays for work that is about to be done.</summary>
    /// <returns>False when there was already a fault, or this is one too many.</returns>
    public bool Spend(int cost = 1)
    {
        if ((_left -= cost) >= 0) return Fault is null;
        _left = 0;
        Fail($"the mapping does more than {CostMax} steps or makes more text than that");
        return false;
    }

    /// <summary>Notes the fault, unless there was one before.</summary>
    /// <returns>Undefined, to go on with.</returns>
    public ScriptValue Fail(string message)
    {
        Fault ??= message;
        return default;
    }
}
