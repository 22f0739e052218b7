using Tributary.Engine.Delivery.Fql;

namespace Tributary.Engine.Delivery.Mapping;

/// <summary>One part of a compiled mapping.</summary>
internal abstract class MappingNode
{
    /// <summary>The value of this part for a payload. After a fault (see <see cref="MappingRun"/>) the value means nothing.</summary>
    public abstract ScriptValue Resolve(MappingRun run, ScriptValue payload);

    /// <summary>Writes the value with what has to stand before it: a comma, a member's name.</summary>
    /// <returns>False when the value is undefined; nothing was written then.</returns>
    public virtual bool TryWrite(MappingRun run, ScriptValue payload, ScriptWriter writer, ReadOnlySpan<byte> before)
    {
        var value = Resolve(run, payload);
        if (value.IsUndefined) return false;
        writer.Value(before, value);
        return true;
    }

    /// <summary>Whether the part means itself: what stands in the mapping is what comes out.</summary>
    public virtual bool IsVerbatim => false;
}

/// <summary>A value that stands in the mapping itself.</summary>
internal sealed class ConstantNode(ScriptValue value, bool isVerbatim = false) : MappingNode
{
    public override bool IsVerbatim => isVerbatim;

    public override ScriptValue Resolve(MappingRun run, ScriptValue payload) => value;
}

/// <summary>A part that cannot be resolved; the original finds out when it runs, so the mapping compiles.</summary>
internal sealed class FaultNode(string message) : MappingNode
{
    public override ScriptValue Resolve(MappingRun run, ScriptValue payload) => run.Fail(message);
}

/// <summary>A directive, given as what it does.</summary>
internal sealed class DirectiveNode(Func<MappingRun, ScriptValue, ScriptValue> resolve) : MappingNode
{
    public override ScriptValue Resolve(MappingRun run, ScriptValue payload) => run.Spend() ? resolve(run, payload) : default;
}

/// <summary><c>@path</c> with a path that stands in the mapping: by far the most frequent directive.</summary>
internal sealed class PathNode(MappingPath path) : MappingNode
{
    public override ScriptValue Resolve(MappingRun run, ScriptValue payload) => run.Spend() ? path.Find(run, payload) : default;

    public override bool TryWrite(MappingRun run, ScriptValue payload, ScriptWriter writer, ReadOnlySpan<byte> before)
    {
        if (!run.Spend()) return false;
        var found = path.Find(run, payload);
        if (found.IsUndefined) return false;
        writer.Value(before, found);
        return true;
    }
}

/// <summary>A list in a mapping.</summary>
internal sealed class ListNode(MappingNode[] elements) : MappingNode
{
    public override ScriptValue Resolve(MappingRun run, ScriptValue payload)
    {
        var resolved = new List<ScriptValue>(elements.Length);
        if (!run.Spend()) return default;
        foreach (var element in elements) resolved.Add(element.Resolve(run, payload));
        return ScriptValue.Of(resolved);
    }

    public override bool TryWrite(MappingRun run, ScriptValue payload, ScriptWriter writer, ReadOnlySpan<byte> before)
    {
        if (!run.Spend()) return false;
        writer.Raw(before);
        writer.Raw((byte)'[');
        for (var at = 0; at < elements.Length; at++)
        {
            var comma = at > 0 ? ","u8 : default;
            if (!elements[at].TryWrite(run, payload, writer, comma)) writer.Null(comma);
        }

        writer.Raw((byte)']');
        return true;
    }
}

/// <summary>An object in a mapping. It is written member by member without being built, unless a directive needs it whole.</summary>
internal sealed class ObjectNode : MappingNode
{
    private readonly (string Name, byte[] Start, MappingNode Node)[] _members;

    public ObjectNode(IEnumerable<(string Name, MappingNode Node)> members) =>
        _members = [.. members.Where(member => member.Name != "__proto__").Select(member => (member.Name, StartOf(member.Name), member.Node))];

    public override ScriptValue Resolve(MappingRun run, ScriptValue payload)
    {
        var resolved = new ScriptObject();
        if (!run.Spend()) return default;
        foreach (var (name, _, node) in _members) resolved.Set(name, node.Resolve(run, payload));
        return ScriptValue.Of(resolved);
    }

    public override bool TryWrite(MappingRun run, ScriptValue payload, ScriptWriter writer, ReadOnlySpan<byte> before)
    {
        if (!run.Spend()) return false;
        writer.Raw(before);
        writer.Raw((byte)'{');
        var isFirst = true;
        foreach (var (_, start, node) in _members)
        {
            if (node.TryWrite(run, payload, writer, isFirst ? start.AsSpan(1) : start)) isFirst = false;
        }

        writer.Raw((byte)'}');
        return true;
    }

    // A comma, the name, a colon; the first member leaves the comma out.
    private static byte[] StartOf(string name)
    {
        var writer = new ScriptWriter(int.MaxValue);
        writer.Raw((byte)',');
        writer.Text(name);
        writer.Raw((byte)':');
        return writer.Written.ToArray();
    }
}
