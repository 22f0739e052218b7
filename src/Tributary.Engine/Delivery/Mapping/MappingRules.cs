using Tributary.Engine.Delivery.Fql;

namespace Tributary.Engine.Delivery.Mapping;

/// <summary>
/// What can be said against a mapping before it runs, with the words and the gaps of Segment's <c>mapping-kit</c>: lists and objects within the options of a
/// directive are not looked into, so faults there show when the mapping runs. Rules: spec/actions-and-functions.md §4.2.
/// </summary>
internal sealed class MappingRules
{
    /// <summary>Longest pattern and longest replacement of <c>@replace</c>, in UTF-16 characters.</summary>
    public const int PatternLengthMax = 10;

    private readonly List<string> _faults = [];

    public static List<string> Check(ScriptValue mapping)
    {
        var rules = new MappingRules();
        rules.Any(mapping, "");
        return rules._faults;
    }

    public static bool HasDirectiveName(ScriptValue value) => value.Kind == ScriptKind.Object && value.AsObject().Members.Any(member => member.Key.StartsWith('@'));

    private void Any(ScriptValue value, string path)
    {
        if (HasDirectiveName(value)) Directive(value, path);
        else if (value.Kind == ScriptKind.Object) Object(value, path);
    }

    private void Directive(ScriptValue value, string path)
    {
        var names = value.AsObject().Members.Select(member => member.Key).ToList();
        var directives = names.FindAll(name => name.StartsWith('@'));
        if (directives.Count > 1) Fault(path, $"should only have one @-prefixed key but it has {directives.Count} keys");
        else if (names.Exists(name => name[..Math.Min(1, name.Length)] != "@" && name != "_metadata")) Fault(path, $"should only have one @-prefixed key but it has {names.Count} keys");
        else Options(directives[0], value.Get(new Needle(directives[0])), $"{path}/{directives[0]}", path);
    }

    private void Options(string directive, ScriptValue options, string path, string outer)
    {
        switch (directive)
        {
            case "@path" or "@template":
                TextOrDirective(options, path);
                break;
            case "@literal" or "@excludeWhenNull":
                Raw(options, path);
                break;
            case "@liquid":
                Text(options, path);
                break;
            case "@if":
                Fields(options, path, ("exists", false, Raw), ("then", false, Raw), ("else", false, Raw));
                break;
            case "@case":
                Fields(options, path, ("operator", false, Text), ("value", false, TextOrDirective));
                break;
            case "@replace":
                Fields(options, path, ("pattern", true, Pattern), ("replacement", false, Replacement), ("value", true, TextOrDirective), ("ignorecase", false, Flag), ("global", false, Flag));
                break;
            case "@json":
                Fields(options, path, ("value", true, Raw), ("mode", true, (value, at) => OneOf(value, at, "encode", "decode")));
                break;
            case "@flatten":
                Fields(options, path, ("separator", false, Text), ("value", true, Raw));
                break;
            case "@transform":
                Fields(options, path, ("apply", true, ObjectOrDirective), ("mapping", true, ObjectOrDirective));
                break;
            case "@merge":
                if (Fields(options, path, ("direction", false, (value, at) => OneOf(value, at, "left", "right")), ("objects", true, List))) Sources(options.Get(new Needle("objects")));
                break;
            case "@arrayPath":
                if (Passes(() => List(options, path)) && Passes(() => TextOrDirective(options.Get(new Needle("0")), path))) Any(options.Get(new Needle("1")), path);
                break;
            default:
                Fault(outer, $"has an invalid directive: {directive}");
                break;
        }
    }

    // The path is lost here in the original, and so it is in the message.
    private void Sources(ScriptValue objects)
    {
        foreach (var value in objects.AsList())
        {
            if (!Passes(() => ObjectOrDirective(value, ""))) return;
        }
    }

    private bool Fields(ScriptValue options, string path, params ReadOnlySpan<(string Name, bool IsRequired, Action<ScriptValue, string> Check)> fields)
    {
        var before = _faults.Count;
        if (HasDirectiveName(options) || options.Kind != ScriptKind.Object) Fault(path, $"should be an object but it is {TypeOf(options)}");
        else Object(options, path);
        if (_faults.Count > before) return false;
        foreach (var (name, isRequired, check) in fields)
        {
            var value = options.Get(new Needle(name));
            if (!value.IsUndefined) check(value, $"{path}/{name}");
            else if (isRequired) Fault(path, $"should have field \"{name}\" but it doesn't");
        }

        return _faults.Count == before;
    }

    private void Object(ScriptValue value, string path)
    {
        foreach (var (name, member) in value.AsObject().Members) Any(member, $"{path}/{name}");
    }

    private void Raw(ScriptValue value, string path)
    {
        if (HasDirectiveName(value)) Directive(value, path);
        else if (value.IsUndefined) Fault(path, "should be a mapping directive or a JSON value but it is an undefined");
    }

    private void TextOrDirective(ScriptValue value, string path)
    {
        if (HasDirectiveName(value)) Directive(value, path);
        else if (value.Kind != ScriptKind.Text) Fault(path, $"should be a string or a mapping directive but it is {TypeOf(value)}");
    }

    private void ObjectOrDirective(ScriptValue value, string path)
    {
        if (HasDirectiveName(value)) Directive(value, path);
        else if (value.Kind == ScriptKind.Object) Object(value, path);
        else Fault(path, $"should be a object or a mapping directive but it is {TypeOf(value)}");
    }

    private void Text(ScriptValue value, string path)
    {
        if (value.Kind != ScriptKind.Text) Fault(path, $"should be a string but it is {TypeOf(value)}");
    }

    private void Flag(ScriptValue value, string path)
    {
        if (value.Kind is not (ScriptKind.True or ScriptKind.False)) Fault(path, $"should be a boolean but it is {TypeOf(value)}");
    }

    private void List(ScriptValue value, string path)
    {
        if (value.Kind != ScriptKind.Array) Fault(path, $"should be an array but it is {TypeOf(value)}");
    }

    private void Pattern(ScriptValue value, string path)
    {
        if (!Passes(() => Text(value, path))) return;
        if (value.Text.Length < 1) Fault(path, "should be a string of length 1 or greater");
        if (value.Text.Length > PatternLengthMax) Fault(path, $"should be a string of length {PatternLengthMax} or less");
    }

    private void Replacement(ScriptValue value, string path)
    {
        if (Passes(() => Text(value, path)) && value.Text.Length > PatternLengthMax) Fault(path, $"should be a string of length {PatternLengthMax} or less");
    }

    private void OneOf(ScriptValue value, string path, string first, string second)
    {
        if (!Passes(() => Text(value, path))) return;
        var text = ScriptCase.Lower(value.Text);
        if (text != first && text != second) Fault(path, $"should be one of {first}, {second} but it is \"{value.Text}\"");
    }

    private bool Passes(Action check)
    {
        var before = _faults.Count;
        check();
        return _faults.Count == before;
    }

    private static string TypeOf(ScriptValue value)
    {
        var type = HasDirectiveName(value) ? "directive" : value.TypeName;
        return type[0] is 'a' or 'e' or 'i' or 'o' or 'u' ? $"an {type}" : $"a {type}";
    }

    private void Fault(string path, string text) => _faults.Add($"{(path.Length == 0 ? "/" : path)} {text}.");
}
