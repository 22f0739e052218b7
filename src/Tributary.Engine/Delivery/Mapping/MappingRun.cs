using Tributary.Engine.Delivery.Fql;

namespace Tributary.Engine.Delivery.Mapping;

/// <summary>One application of a mapping: what it may still cost, and what went wrong first.</summary>
internal sealed class MappingRun
{
    /// <summary>Most that one application may cost; a unit is a step, or a character of a text that was made.</summary>
    public const int CostMax = 16 << 20;

    private int _left = CostMax;

    public string? Fault { get; private set; }

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
