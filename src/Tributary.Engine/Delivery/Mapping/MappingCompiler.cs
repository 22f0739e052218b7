using Tributary.Engine.Delivery.Fql;

namespace Tributary.Engine.Delivery.Mapping;

/// <summary>
/// Makes a mapping ready to run. Whatever the original only notices when it runs becomes a part that fails when it is reached, so that a mapping which never
/// reaches it works here too.
/// </summary>
internal static partial class MappingCompiler
{
    /// <summary>Deepest nesting of a mapping.</summary>
    public const int DepthMax = 200;

    private static readonly Needle Apply = new("apply");
    private static readonly Needle Blank = new("blank");
    private static readonly Needle Direction = new("direction");
    private static readonly Needle Else = new("else");
    private static readonly Needle Exists = new("exists");
    private static readonly Needle First = new("0");
    private static readonly Needle Global = new("global");
    private static readonly Needle IgnoreCase = new("ignorecase");
    private static readonly Needle Mapping = new("mapping");
    private static readonly Needle Mode = new("mode");
    private static readonly Needle Objects = new("objects");
    private static readonly Needle OmitArrays = new("omitArrays");
    private static readonly Needle Operator = new("operator");
    private static readonly Needle Pattern = new("pattern");
    private static readonly Needle Pattern2 = new("pattern2");
    private static readonly Needle Replacement = new("replacement");
    private static readonly Needle Replacement2 = new("replacement2");
    private static readonly Needle Root = new("__segment_internal_directive");
    private static readonly Needle Second = new("1");
    private static readonly Needle Separator = new("separator");
    private static readonly Needle Then = new("then");
    private static readonly Needle ValueOf = new("value");

    /// <summary>The mapping that is run: a directive for the root takes everything beside it as its own mapping.</summary>
    public static (ScriptValue Mapping, string? Fault) Prepare(ScriptValue mapping)
    {
        if (mapping.IsNullish) return (default, "The mapping must be an object.");
        var members = new ScriptObject();
        Assign(members, mapping);
        if (members.Find(Root.Text) is { IsUndefined: true }) return (ScriptValue.Of(members), null);
        var custom = new ScriptObject();
        foreach (var (name, member) in members.Members)
        {
            if (name != Root.Text) custom.Set(name, member);
        }

        var root = members.Find(Root.Text);
        if (root.IsNullish) return (default, "The root directive must be an object");
        var outer = new ScriptObject();
        Assign(outer, root);
        if (outer.Count > 1) return (default, "The root mapping must only have a single directive object");
        var (directive, options) = outer.Members.FirstOrDefault();
        if (options.Kind == ScriptKind.Object)
        {
            var inner = new ScriptObject();
            Assign(inner, options);
            inner.Set(Mapping.Text, ScriptValue.Of(custom));
            outer.Set(directive, ScriptValue.Of(inner));
        }
        else if (options.Kind != ScriptKind.Array)
        {
            return (default, "The root directive must be an object");
        }

        return (root.Kind == ScriptKind.Array ? ScriptValue.Of([.. outer.Members.Select(member => member.Value)]) : ScriptValue.Of(outer), null);
    }

    /// <summary>Copies members as <c>Object.assign</c> does: of texts and lists those are their elements, other values have none.</summary>
    public static void Assign(ScriptObject to, ScriptValue from)
    {
        var at = 0;
        switch (from.Kind)
        {
            case ScriptKind.Object:
                foreach (var (name, member) in from.AsObject().Members) to.Set(name, member);
                break;
            case ScriptKind.Array:
                foreach (var element in from.AsList()) to.Set(IndexName(at++), element);
                break;
            case ScriptKind.Text:
                foreach (var unit in from.Text) to.Set(IndexName(at++), ScriptValue.Of(unit.ToString()));
                break;
        }
    }

    public static MappingNode Compile(ScriptValue mapping, int depth = 0)
    {
        if (depth > DepthMax) return new FaultNode($"A mapping is at most {DepthMax} levels deep.");
        if (mapping.Kind == ScriptKind.Array)
        {
            var elements = mapping.AsList().ConvertAll(element => Compile(element, depth + 1));
            return IsVerbatim(mapping, elements) ? new ConstantNode(mapping, isVerbatim: true) : new ListNode([.. elements]);
        }

        if (mapping.Kind != ScriptKind.Object) return new ConstantNode(mapping, isVerbatim: true);
        var members = mapping.AsObject().Members.ToList();
        var isDirective = members.Exists(member => member.Key.StartsWith('@')) && members.TrueForAll(member => member.Key.StartsWith('@') || member.Key == "_metadata");
        if (isDirective && members.Find(member => member.Key.StartsWith('@')) is var (name, options)) return Directive(name, options, depth + 1);
        var compiled = members.ConvertAll(member => (member.Key, Node: Compile(member.Value, depth + 1)));
        return IsVerbatim(mapping, compiled.Select(member => member.Node)) ? new ConstantNode(mapping, isVerbatim: true) : new ObjectNode(compiled);
    }

    // A value may only stand for itself where copying it makes no difference.
    private static bool IsVerbatim(ScriptValue mapping, IEnumerable<MappingNode> parts) => mapping.Document is { IsPlain: true } && parts.All(part => part.IsVerbatim);

    private static string IndexName(int index) => index.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static MappingNode Literal(ScriptValue options, int depth)
    {
        var literal = Compile(options, depth);
        return literal.IsVerbatim ? new ConstantNode(options) : literal;
    }

    private static MappingNode Directive(string name, ScriptValue options, int depth) => name switch
    {
        "@path" => Path(options, depth),
        "@template" => Template(options, depth),
        "@literal" => Literal(options, depth),
        "@if" => If(options, depth),
        "@case" => Case(options, depth),
        "@replace" => Replace(options, depth),
        "@arrayPath" => ArrayPath(options, depth),
        "@flatten" => Flatten(options, depth),
        "@json" => Json(options, depth),
        "@merge" => Merge(options, depth),
        "@transform" => Transform(options, depth),
        "@excludeWhenNull" => ExcludeWhenNull(options, depth),
        "@liquid" => Liquid(options),
        _ => new FaultNode($"{name} is not a valid directive, got undefined"),
    };
}
