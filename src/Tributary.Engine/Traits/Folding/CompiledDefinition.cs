using System.IO.Hashing;
using System.Text;
using Tributary.Engine.Identity;
using Tributary.Engine.Traits.Language;

namespace Tributary.Engine.Traits.Folding;

/// <summary>A definition made ready: which streams are kept up to date for it, and how they are asked. Immutable.</summary>
internal sealed class CompiledDefinition
{
    private readonly Clause? _clause;
    private readonly ValueNode? _value;
    private readonly Dictionary<StreamPlan, Influence> _influences;

    private CompiledDefinition(uint computation, uint version, Definition definition, Clause? clause, ValueNode? value, IReadOnlyList<StreamPlan> streams)
    {
        (Computation, Version, Definition, _clause, _value, Streams) = (computation, version, definition, clause, value, streams);
        Traits = DefinitionReferences.Traits(definition);
        _influences = clause is not null && definition.Scope == DefinitionScope.Users ? StreamInfluence.Of(clause) : [];
    }

    /// <summary>The number of the computation.</summary>
    public uint Computation { get; }

    /// <summary>The version of its definition; state of one version is nothing to another.</summary>
    public uint Version { get; }

    public Definition Definition { get; }

    /// <summary>In the order of <see cref="StreamPlan.Index"/>.</summary>
    public IReadOnlyList<StreamPlan> Streams { get; }

    /// <summary>The keys of traits that it reads.</summary>
    public IReadOnlyList<string> Traits { get; }

    /// <summary>Which way an event of a stream can turn the answer.</summary>
    public Influence InfluenceOf(StreamPlan plan) => _influences.GetValueOrDefault(plan, Influence.Any);

    /// <summary>The compiled condition of an audience.</summary>
    public Clause Clause => _clause!;

    /// <summary>Makes a definition ready.</summary>
    /// <param name="computation">The number of the computation.</param>
    /// <param name="version">The version of its definition.</param>
    /// <param name="definition">What was parsed and checked.</param>
    /// <param name="isApart">Its past is cut off by options, so that no other definition may share what it keeps.</param>
    public static CompiledDefinition Of(uint computation, uint version, Definition definition, bool isApart = false)
    {
        var compiler = new DefinitionCompiler(definition);
        var clause = definition.Condition is { } condition ? compiler.Compile(condition) : null;
        var value = definition.Value is { } scalar ? compiler.Compile(scalar) : null;
        var streams = compiler.Finish();
        var owner = isApart ? $"{computation}.{version}" : "";
        foreach (var plan in streams) plan.Sign(owner);
        if (clause is not null && definition.Scope == DefinitionScope.Users) NameSame(clause, owner);
        return new CompiledDefinition(computation, version, definition, clause, value, streams);
    }

    private static void NameSame(Clause clause, string owner)
    {
        foreach (var part in clause.Parts) NameSame(part, owner);
        if (clause.Condition is Comparison comparison && DefinitionReferences.Traits(comparison).Count == 0)
        {
            if (clause is CountClause count) count.Funnel = Funnel.Of(count);
            clause.Same = XxHash128.HashToUInt128(Encoding.UTF8.GetBytes($"{owner}\n{QueryPrinter.Print(comparison)}"));
        }
    }

    /// <summary>The answer for the profile that a reading was begun with: of an audience true or false, of a trait its value, as JSON; null for no value.</summary>
    public byte[]? Ask(Reading reading)
    {
        if (_clause is not null) return _clause.Holds(reading, default, default) ? ComputedResult.True : ComputedResult.False;
        if (_value is ReduceNode { Plan: { Reduction.Reducer: ReducerKind.Unique } plan }) return Reductions.List(reading.Unique(plan));
        return Reductions.Json(_value!.Read(reading, default, default).First);
    }
}
