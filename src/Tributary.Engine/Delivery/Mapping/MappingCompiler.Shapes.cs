using Tributary.Engine.Delivery.Fql;

namespace Tributary.Engine.Delivery.Mapping;

/// <summary>Directives that make and change objects and lists.</summary>
internal static partial class MappingCompiler
{
    private static MappingNode ArrayPath(ScriptValue options, int depth)
    {
        if (options.Kind != ScriptKind.Array) return new FaultNode($"@arrayPath expected array, got {options.TypeName}");
        var root = options.Get(First) is { Kind: ScriptKind.Text } path ? new PathNode(MappingPath.OfDirective(path.Text)) : Compile(options.Get(First), depth);
        var shaped = options.Get(Second);
        if (shaped.Kind != ScriptKind.Object || shaped.AsObject().Count == 0) return new DirectiveNode(root.Resolve);
        var shape = Compile(shaped, depth);
        return new EachNode(root, shape);
    }

    private static MappingNode Flatten(ScriptValue options, int depth)
    {
        if (options.Kind != ScriptKind.Object) return new FaultNode("@flatten requires an object with a \"separator\" key");
        if (!options.Get(Separator).IsTruthy) return new FaultNode("@flatten requires a \"separator\" key");
        var between = Compile(options.Get(Separator), depth);
        var value = Compile(options.Get(ValueOf), depth);
        var omitsLists = options.Get(OmitArrays).IsTruthy;
        return new DirectiveNode((run, payload) =>
        {
            var separator = between.Resolve(run, payload);
            if (separator.Kind != ScriptKind.Text) return run.Fail("@flatten requires a string separator");
            var flat = new ScriptObject();
            Flatten(run, flat, value.Resolve(run, payload), "", separator.Text, omitsLists);
            return ScriptValue.Of(flat);
        });
    }

    private static void Flatten(MappingRun run, ScriptObject to, ScriptValue value, string prefix, string separator, bool omitsLists)
    {
        if (!run.Spend(1 + prefix.Length)) return;
        if (value.Kind == ScriptKind.Object)
        {
            foreach (var (name, member) in value.AsObject().Members) Flatten(run, to, member, Join(prefix, separator, name), separator, omitsLists);
        }
        else if (value.Kind == ScriptKind.Array && !omitsLists)
        {
            var at = 0;
            foreach (var element in value.AsList()) Flatten(run, to, element, Join(prefix, separator, IndexName(at++)), separator, omitsLists);
        }
        else
        {
            to.Define(prefix, value);
        }
    }

    private static string Join(string prefix, string separator, string name) => prefix.Length == 0 ? name : $"{prefix}{separator}{name}";

    private static MappingNode Merge(ScriptValue options, int depth)
    {
        if (options.Kind != ScriptKind.Object) return new FaultNode("@merge requires an object with an \"objects\" key and a \"direction\" key");
        if (!options.Get(Direction).IsTruthy) return new FaultNode("@merge requires a \"direction\" key");
        if (!options.Get(Objects).IsTruthy) return new FaultNode("@merge requires a \"objects\" key");
        if (options.Get(Objects).Kind != ScriptKind.Array) return new FaultNode("@merge: the objects must be an array");
        var direction = Compile(options.Get(Direction), depth);
        var sources = options.Get(Objects).AsList().ConvertAll(source => Compile(source, depth));
        return new DirectiveNode((run, payload) =>
        {
            var isFromRight = direction.Resolve(run, payload) is { Kind: ScriptKind.Text, Text: "left" };
            var merged = new ScriptObject();
            for (var at = 0; at < sources.Count; at++)
            {
                var source = sources[isFromRight ? sources.Count - 1 - at : at].Resolve(run, payload);
                if (source.Kind == ScriptKind.Text && !run.Spend(source.Text.Length)) return default;
                Assign(merged, source);
            }

            return ScriptValue.Of(merged);
        });
    }

    private static MappingNode Transform(ScriptValue options, int depth)
    {
        if (options.Kind != ScriptKind.Object) return new FaultNode("@transform requires an object with an \"apply\" key and a \"mapping\" key");
        if (!options.Get(Mapping).IsTruthy) return new FaultNode("@transform requires a \"mapping\" key");
        if (!options.Get(Apply).IsTruthy) return new FaultNode("@transform requires a \"apply\" key");
        if (options.Get(Apply).Kind != ScriptKind.Object) return new FaultNode("@transform \"apply\" key should be an object");
        var (prepared, fault) = Prepare(options.Get(Apply));
        if (fault is null && MappingRules.Check(prepared) is [var first, ..]) fault = first;
        if (fault is not null) return new FaultNode(fault);
        var apply = Compile(prepared, depth);
        var mapping = Compile(options.Get(Mapping), depth);
        return new DirectiveNode((run, payload) =>
        {
            // Nothing counts as an empty object here, but null does not.
            var from = payload.IsUndefined ? ScriptValue.Of(new ScriptObject()) : payload;
            return from.Kind == ScriptKind.Object
                ? mapping.Resolve(run, WithoutUndefined(apply.Resolve(run, from)))
                : run.Fail($"data must be an object, got {from.TypeName}");
        });
    }

    private static ScriptValue WithoutUndefined(ScriptValue value)
    {
        if (value.Document is { IsPlain: true }) return value;
        if (value.Kind == ScriptKind.Array) return ScriptValue.Of(value.AsList().ConvertAll(WithoutUndefined));
        if (value.Kind != ScriptKind.Object) return value;
        var cleaned = new ScriptObject();
        foreach (var (name, member) in value.AsObject().Members)
        {
            if (!member.IsUndefined) cleaned.Set(name, WithoutUndefined(member));
        }

        return ScriptValue.Of(cleaned);
    }

    private static MappingNode ExcludeWhenNull(ScriptValue options, int depth)
    {
        var value = Compile(options, depth);
        return new DirectiveNode((run, payload) => WithoutNulls(run, value.Resolve(run, payload)));
    }

    private static ScriptValue WithoutNulls(MappingRun run, ScriptValue value)
    {
        if (value.Kind == ScriptKind.Null || !run.Spend()) return default;
        if (value.Kind != ScriptKind.Object) return value;
        var cleaned = new ScriptObject();
        foreach (var (name, member) in value.AsObject().Members) cleaned.Set(name, WithoutNulls(run, member));
        return ScriptValue.Of(cleaned);
    }
}
