using System.Text;
using Tributary.Engine.Delivery.Fql;

namespace Tributary.Engine.Delivery.Mapping;

/// <summary><c>@template</c> with a text that stands in the mapping.</summary>
internal sealed class TemplateNode(MappingTemplate template) : MappingNode
{
    public override ScriptValue Resolve(MappingRun run, ScriptValue payload) => run.Spend() ? template.Render(run, payload) : default;

    public override bool TryWrite(MappingRun run, ScriptValue payload, ScriptWriter writer, ReadOnlySpan<byte> before) =>
        run.Spend() && template.TryWrite(run, payload, writer, before);
}

/// <summary><c>@if</c>: what is chosen is written without being built.</summary>
internal sealed class IfNode(MappingNode asked, bool asksBlank, MappingNode? then, MappingNode? otherwise) : MappingNode
{
    public override ScriptValue Resolve(MappingRun run, ScriptValue payload) => Choose(run, payload)?.Resolve(run, payload) ?? default;

    public override bool TryWrite(MappingRun run, ScriptValue payload, ScriptWriter writer, ReadOnlySpan<byte> before) =>
        Choose(run, payload) is { } chosen && chosen.TryWrite(run, payload, writer, before);

    private MappingNode? Choose(MappingRun run, ScriptValue payload)
    {
        if (!run.Spend()) return null;
        var value = asked.Resolve(run, payload);
        var isThere = !value.IsNullish;
        if (isThere && asksBlank)
        {
            if (!MappingCompiler.IsLooselyEmpty(value, out var isEmpty))
            {
                run.Fail("@if: Cannot convert object to primitive value");
                return null;
            }

            isThere = !isEmpty;
        }

        return isThere ? then : otherwise;
    }
}

/// <summary><c>@case</c>. ASCII is changed on its way from the event to the payload; anything else becomes a text first.</summary>
internal sealed class CaseNode(MappingNode value, string target, Func<MappingRun, ScriptValue, ScriptValue> change) : MappingNode
{
    public override ScriptValue Resolve(MappingRun run, ScriptValue payload) => run.Spend() ? change(run, value.Resolve(run, payload)) : default;

    public override bool TryWrite(MappingRun run, ScriptValue payload, ScriptWriter writer, ReadOnlySpan<byte> before)
    {
        if (!run.Spend()) return false;
        var found = value.Resolve(run, payload);
        if (target is "lower" or "upper" && TextNodes.TryFindPlain(found, out var text) && Ascii.IsValid(text))
        {
            if (!run.Spend(text.Length)) return false;
            var room = TextNodes.Room(writer, before, text.Length);
            if (target == "lower") Ascii.ToLower(text, room, out _);
            else Ascii.ToUpper(text, room, out _);
            return true;
        }

        var changed = change(run, found);
        if (changed.IsUndefined) return false;
        writer.Value(before, changed);
        return true;
    }
}

/// <summary><c>@replace</c>. A plain pattern is replaced on the way from the event to the payload; anything else becomes a text first.</summary>
/// <param name="value">In what.</param>
/// <param name="pattern">Characters that stand for themselves, also in JSON; null when there is more to it.</param>
/// <param name="replacement">The same.</param>
/// <param name="isGlobal">Not only the first.</param>
/// <param name="change">The replacement in all its meaning.</param>
internal sealed class ReplaceNode(MappingNode value, string? pattern, string? replacement, bool isGlobal, Func<MappingRun, ScriptValue, ScriptValue> change) : MappingNode
{
    private readonly byte[] _pattern = Encoding.ASCII.GetBytes(pattern ?? "");
    private readonly byte[] _replacement = Encoding.ASCII.GetBytes(replacement ?? "");

    public override ScriptValue Resolve(MappingRun run, ScriptValue payload) => run.Spend() ? change(run, value.Resolve(run, payload)) : default;

    public override bool TryWrite(MappingRun run, ScriptValue payload, ScriptWriter writer, ReadOnlySpan<byte> before)
    {
        if (!run.Spend()) return false;
        var found = value.Resolve(run, payload);
        if (pattern is null || !TextNodes.TryFindPlain(found, out var text))
        {
            var changed = change(run, found);
            if (changed.IsUndefined) return false;
            writer.Value(before, changed);
            return true;
        }

        if (!run.Spend(1 + text.Length)) return false;
        writer.Raw(before);
        writer.Raw((byte)'"');
        while (text.IndexOf(_pattern) is var at and >= 0)
        {
            if (!run.Spend(1 + _replacement.Length)) return false;
            writer.Raw(text[..at]);
            writer.Raw(_replacement);
            text = text[(at + _pattern.Length)..];
            if (!isGlobal) break;
        }

        writer.Raw(text);
        writer.Raw((byte)'"');
        return true;
    }
}

/// <summary>What the nodes that write texts have in common.</summary>
file static class TextNodes
{
    /// <summary>The bytes of a text of an event that has no escapes.</summary>
    public static bool TryFindPlain(ScriptValue value, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (value is not { Kind: ScriptKind.Text, Document: { } document } || document.At(value.Index).IsEscaped) return false;
        text = document.Inner(value.Index);
        return true;
    }

    /// <summary>Room for the bytes of a text, between its quotes and behind what has to stand before it.</summary>
    public static Span<byte> Room(ScriptWriter writer, ReadOnlySpan<byte> before, int length)
    {
        var room = writer.Room(before.Length + length + 2);
        before.CopyTo(room);
        room[before.Length] = (byte)'"';
        room[^1] = (byte)'"';
        return room.Slice(before.Length + 1, length);
    }
}
