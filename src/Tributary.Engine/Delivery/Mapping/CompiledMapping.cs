using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using Tributary.Engine.Delivery.Fql;

namespace Tributary.Engine.Delivery.Mapping;

/// <summary>
/// A mapping of an action, ready to run: the thirteen directives of Segment's <c>mapping-kit</c> with their exact meaning. Rules:
/// spec/actions-and-functions.md §4.2. Immutable; may be applied by many threads at once, each with a document of its own.
/// </summary>
/// <remarks>
/// Limits: a mapping is at most <see cref="BytesMax"/> large and <see cref="DepthMax"/> levels deep, a payload at most <see cref="OutputBytesMax"/> large, and one
/// application costs at most 16 Mi steps and characters of text made. Members that JavaScript objects inherit (<c>constructor</c>) are not found.
/// </remarks>
public sealed class CompiledMapping
{
    /// <summary>Largest mapping, in bytes of JSON.</summary>
    public const int BytesMax = 1 << 20;

    /// <summary>Deepest nesting of a mapping.</summary>
    public const int DepthMax = MappingCompiler.DepthMax;

    /// <summary>Largest payload that a mapping may make, in bytes.</summary>
    public const int OutputBytesMax = 4 << 20;

    private const int KeptBytesMax = 64 << 10;

    [ThreadStatic]
    private static ScriptWriter? _kept;

    private readonly MappingNode _root;

    private CompiledMapping(MappingNode root) => _root = root;

    /// <summary>Reads a mapping.</summary>
    /// <returns>The mapping, or every fault that can be seen without running it, in mapping-kit's words.</returns>
    public static (CompiledMapping? Mapping, ImmutableArray<string> Faults) Compile(JsonObject mapping) => Compile(Encoding.UTF8.GetBytes(mapping.ToJsonString()));

    /// <summary>Reads a mapping from its JSON.</summary>
    public static (CompiledMapping? Mapping, ImmutableArray<string> Faults) Compile(ReadOnlyMemory<byte> json)
    {
        if (json.Length > BytesMax) return (null, [$"A mapping has at most {BytesMax} bytes."]);
        if (EventDocument.Read(json) is not { } document) return (null, ["The mapping is not valid JSON."]);
        if (!IsShallow(document)) return (null, [$"A mapping is at most {DepthMax} levels deep."]);
        var (prepared, fault) = MappingCompiler.Prepare(document.Root);
        if (fault is not null) return (null, [fault]);
        var faults = MappingRules.Check(prepared);
        return faults.Count > 0 ? (null, [.. faults]) : (new CompiledMapping(MappingCompiler.Compile(prepared)), []);
    }

    /// <summary>Maps one event.</summary>
    public MappingOutcome Apply(ReadOnlyMemory<byte> message) => EventDocument.Read(message) is { } document
        ? Apply(document)
        : new MappingOutcome(default, $"The event is not valid JSON or deeper than {EventDocument.DepthMax} levels.");

    /// <summary>Maps one event that is already read.</summary>
    public MappingOutcome Apply(EventDocument message)
    {
        var payload = message.Root;
        return payload.Kind == ScriptKind.Object ? Apply(payload) : new MappingOutcome(default, $"data must be an object, got {payload.TypeName}");
    }

    /// <summary>Maps every element of a list of events; an event that leads to nothing becomes null.</summary>
    public MappingOutcome ApplyBatch(EventDocument messages)
    {
        if (messages.Root.Kind != ScriptKind.Array) return new MappingOutcome(default, $"data must be an array, got {messages.Root.TypeName}");
        var writer = new ScriptWriter(OutputBytesMax);
        writer.Raw((byte)'[');
        var isFirst = true;
        foreach (var payload in messages.Root.AsList())
        {
            var run = new MappingRun();
            var comma = isFirst ? default : ","u8;
            isFirst = false;
            if (!_root.TryWrite(run, payload, writer, comma)) writer.Null(comma);
            if (run.Fault is { } fault) return new MappingOutcome(default, fault);
        }

        writer.Raw((byte)']');
        return Finish(writer);
    }

    private MappingOutcome Apply(ScriptValue payload)
    {
        // A writer that has grown large is not kept, so that one large event does not hold its memory for ever.
        var writer = _kept ?? new ScriptWriter(OutputBytesMax);
        _kept = null;
        writer.Clear();
        var run = new MappingRun();
        _root.TryWrite(run, payload, writer, default);
        var outcome = run.Fault is { } fault ? new MappingOutcome(default, fault) : Finish(writer);
        if (writer.Count > KeptBytesMax) return outcome;
        _kept = writer;
        return outcome with { Output = outcome.Output.ToArray() };
    }

    private static MappingOutcome Finish(ScriptWriter writer) =>
        writer.IsFull ? new MappingOutcome(default, $"The payload is larger than {OutputBytesMax} bytes.") : new MappingOutcome(writer.Written, null);

    private static bool IsShallow(EventDocument document)
    {
        var open = new Stack<int>();
        for (var at = 0; at < document.At(0).Next; at++)
        {
            while (open.TryPeek(out var end) && end <= at) open.Pop();
            if (document.At(at).Kind is ScriptKind.Object or ScriptKind.Array) open.Push(document.At(at).Next);
            if (open.Count > DepthMax) return false;
        }

        return true;
    }
}
