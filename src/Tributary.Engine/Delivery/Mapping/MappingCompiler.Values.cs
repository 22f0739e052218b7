using Tributary.Engine.Delivery.Fql;

namespace Tributary.Engine.Delivery.Mapping;

/// <summary>Directives that find, choose and change single values.</summary>
internal static partial class MappingCompiler
{
    private static MappingNode Path(ScriptValue options, int depth)
    {
        if (options.Kind == ScriptKind.Text) return new PathNode(MappingPath.OfDirective(options.Text));
        var path = Compile(options, depth);
        return new DirectiveNode((run, payload) =>
        {
            var text = path.Resolve(run, payload);
            return text.Kind == ScriptKind.Text ? MappingPath.OfDirective(text.Text).Find(run, payload) : run.Fail($"@path: expected string, got {text.TypeName}");
        });
    }

    private static MappingNode Template(ScriptValue options, int depth)
    {
        if (options.Kind == ScriptKind.Text) return new TemplateNode(new MappingTemplate(options.Text));
        var template = Compile(options, depth);
        return new DirectiveNode((run, payload) =>
        {
            var text = template.Resolve(run, payload);
            return text.Kind == ScriptKind.Text ? new MappingTemplate(text.Text).Render(run, payload) : run.Fail($"@template: expected string, got {text.TypeName}");
        });
    }

    private static MappingNode If(ScriptValue options, int depth)
    {
        if (options.Kind != ScriptKind.Object) return new FaultNode("@if requires an object with an \"exists\" key");
        var (exists, blank) = (options.Get(Exists), options.Get(Blank));
        if (!exists.IsTruthy && !blank.IsTruthy) return new FaultNode("@if requires an \"exists\" key or a \"blank\" key");
        var asked = Compile(exists.IsUndefined ? blank : exists, depth);
        var then = options.Get(Then) is { IsUndefined: false } given ? Compile(given, depth) : null;
        var otherwise = options.Get(Else) is { IsTruthy: true } alternative ? Compile(alternative, depth) : null;
        var asksBlank = exists.IsUndefined;
        return new IfNode(asked, asksBlank, then, otherwise);
    }

    // What == '' is in JavaScript: numbers and truth values that are 0, and lists whose text is empty, count as empty too.
    internal static bool IsLooselyEmpty(ScriptValue value, out bool isEmpty)
    {
        isEmpty = value.Kind == ScriptKind.Number ? value.Number == 0 : !value.IsTruthy;
        if (value.Kind is not (ScriptKind.Array or ScriptKind.Object)) return true;
        var isText = value.TryWriteText(out var text);
        isEmpty = text.Length == 0;
        return isText;
    }

    private static MappingNode Case(ScriptValue options, int depth)
    {
        if (options.Kind != ScriptKind.Object) return new FaultNode("@case requires an object with a \"operator\" key");
        if (!options.Get(Operator).IsTruthy) return new FaultNode("@case requires a \"operator\" key");
        if (!options.Get(ValueOf).IsTruthy) return new ConstantNode(default);
        var value = Compile(options.Get(ValueOf), depth);
        var target = options.Get(Operator) is { Kind: ScriptKind.Text } text ? text.Text : "";
        return new CaseNode(value, target, (run, resolved) =>
        {
            if (resolved.Kind != ScriptKind.Text || resolved.Text is not { } given || !run.Spend(given.Length)) return resolved;
            return target switch
            {
                "lower" => ScriptValue.Of(ScriptCase.Lower(given)),
                "upper" => ScriptValue.Of(ScriptCase.Upper(given)),
                _ => run.Fail("operator key should have a value of \"lower\" or \"upper\""),
            };
        });
    }

    private static MappingNode Replace(ScriptValue options, int depth)
    {
        if (options.Kind != ScriptKind.Object) return new FaultNode("@replace requires an object with a \"pattern\" key");
        if (!options.Get(Pattern).IsTruthy) return new FaultNode("@replace requires a \"pattern\" key");
        if (!options.Get(ValueOf).IsTruthy) return new ConstantNode(default);
        var value = Compile(options.Get(ValueOf), depth);
        var first = (Pattern: TextOrNull(options.Get(Pattern)), With: TextOrPreset(options.Get(Replacement)));
        var second = options.Get(Pattern2).IsTruthy ? (Pattern: TextOrNull(options.Get(Pattern2)), With: TextOrPreset(options.Get(Replacement2))) : default;
        var (ignoresCase, isGlobal) = (FlagOrNull(options.Get(IgnoreCase), false), FlagOrNull(options.Get(Global), true));
        // Without a case to ignore and with nothing that has a meaning in it, one replacement is that of bytes.
        var isPlain = second.Pattern is null && !options.Get(Pattern2).IsTruthy && ignoresCase == false && isGlobal is not null
            && first is ({ Length: > 0 and <= MappingRules.PatternLengthMax } wanted, { Length: <= MappingRules.PatternLengthMax } put)
            && IsPlain(wanted) && IsPlain(put) && !put.Contains('$', StringComparison.Ordinal);
        return new ReplaceNode(value, isPlain ? first.Pattern : null, first.With, isGlobal == true, (run, resolved) =>
        {
            var isText = resolved.Kind is ScriptKind.Text or ScriptKind.Number or ScriptKind.True or ScriptKind.False;
            if (!isText || first is not ({ } pattern, { } with) || ignoresCase is not { } ignores || isGlobal is not { } all) return ScriptValue.Of("");
            resolved.TryWriteText(out var text);
            var replaced = MappingReplace.Replace(run, text, pattern, with, all, ignores);
            if (replaced is not null && second is ({ } pattern2, { } with2)) replaced = MappingReplace.Replace(run, replaced, pattern2, with2, all, ignores);
            return replaced is null ? default : ScriptValue.Of(replaced);
        });
    }

    // Characters that stand for themselves in JSON, one byte each.
    private static bool IsPlain(string text)
    {
        foreach (var letter in text)
        {
            if (letter is < ' ' or '"' or '\\' or > '~') return false;
        }

        return true;
    }

    private static string? TextOrNull(ScriptValue value) => value.Kind == ScriptKind.Text ? value.Text : null;

    private static string? TextOrPreset(ScriptValue value) => value.IsNullish ? "" : TextOrNull(value);

    private static bool? FlagOrNull(ScriptValue value, bool preset) =>
        value.IsNullish ? preset : value.Kind is ScriptKind.True or ScriptKind.False ? value.Kind == ScriptKind.True : null;

    private static MappingNode Json(ScriptValue options, int depth)
    {
        if (options.Kind != ScriptKind.Object) return new FaultNode("@json requires an object with a \"value\" key");
        if (!options.Get(Mode).IsTruthy) return new FaultNode("@json requires a \"mode\" key");
        if (!options.Get(ValueOf).IsTruthy) return new FaultNode("@json requires a \"value\" key");
        var value = Compile(options.Get(ValueOf), depth);
        var mode = TextOrNull(options.Get(Mode));
        return new DirectiveNode((run, payload) =>
        {
            var resolved = value.Resolve(run, payload);
            return mode switch
            {
                "encode" => resolved.IsUndefined ? default : Encode(run, resolved),
                "decode" => resolved.Kind == ScriptKind.Text ? Decode(run, resolved) : resolved,
                _ => default,
            };
        });
    }

    private static ScriptValue Encode(MappingRun run, ScriptValue value)
    {
        var writer = new ScriptWriter(CompiledMapping.OutputBytesMax, isExact: true);
        writer.Value(value);
        if (writer.IsFull) return run.Fail($"@json: the text is longer than {CompiledMapping.OutputBytesMax} bytes");
        return run.Spend(writer.Count) ? ScriptValue.Of(System.Text.Encoding.UTF8.GetString(writer.Written.Span)) : default;
    }

    private static ScriptValue Decode(MappingRun run, ScriptValue value)
    {
        var text = value.Text;
        if (!run.Spend(text.Length)) return default;
        // Half a surrogate pair has no bytes; within JSON it can only stand in a text, where its escape means the same.
        if (JsonText.HasLoneSurrogate(text)) text = EscapeLoneSurrogates(text);
        return EventDocument.Read(System.Text.Encoding.UTF8.GetBytes(text)) is { } document ? document.Root : value;
    }

    private static string EscapeLoneSurrogates(string text)
    {
        var escaped = new System.Text.StringBuilder(text.Length + 6);
        for (var at = 0; at < text.Length; at++)
        {
            if (at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1])) escaped.Append(text, at++, 2);
            else if (char.IsSurrogate(text[at])) escaped.Append("\\u").Append(((int)text[at]).ToString("x4", System.Globalization.CultureInfo.InvariantCulture));
            else escaped.Append(text[at]);
        }

        return escaped.ToString();
    }
}
