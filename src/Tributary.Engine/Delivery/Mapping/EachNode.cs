using Tributary.Engine.Delivery.Fql;

namespace Tributary.Engine.Delivery.Mapping;

/// <summary><c>@arrayPath</c> with a shape: every element of a list in that shape, an object as the only element, anything else as it is.</summary>
internal sealed class EachNode(MappingNode root, MappingNode shape) : MappingNode
{
    public override ScriptValue Resolve(MappingRun run, ScriptValue payload)
    {
        if (!run.Spend()) return default;
        var found = root.Resolve(run, payload);
        if (found.Kind == ScriptKind.Object) return ScriptValue.Of([shape.Resolve(run, found)]);
        if (found.Kind != ScriptKind.Array) return found;
        var elements = found.AsList();
        var resolved = new List<ScriptValue>(elements.Count);
        foreach (var element in elements)
        {
            if (!run.Spend()) break;
            resolved.Add(shape.Resolve(run, element));
        }

        return ScriptValue.Of(resolved);
    }

    public override bool TryWrite(MappingRun run, ScriptValue payload, ScriptWriter writer, ReadOnlySpan<byte> before)
    {
        if (!run.Spend()) return false;
        var found = root.Resolve(run, payload);
        if (found.IsUndefined) return false;
        writer.Raw(before);
        if (found.Kind is not (ScriptKind.Object or ScriptKind.Array))
        {
            writer.Value(found);
            return true;
        }

        writer.Raw((byte)'[');
        if (found.Kind == ScriptKind.Object) Write(run, found, writer, isFirst: true);
        else if (found.Document is { } document) WriteAll(run, document, found.Index, writer);
        else foreach (var (at, element) in found.AsList().Index()) Write(run, element, writer, at == 0);
        writer.Raw((byte)']');
        return true;
    }

    private void WriteAll(MappingRun run, EventDocument document, int list, ScriptWriter writer)
    {
        var end = document.At(list).Next;
        for (var at = list + 1; at < end && run.Fault is null; at = document.At(at).Next) Write(run, ScriptValue.In(document, at), writer, at == list + 1);
    }

    private void Write(MappingRun run, ScriptValue element, ScriptWriter writer, bool isFirst)
    {
        var comma = isFirst ? default : ","u8;
        if (run.Spend() && !shape.TryWrite(run, element, writer, comma)) writer.Null(comma);
    }
}
