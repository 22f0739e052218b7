using System.Text;

namespace Tributary.Engine.Traits.Language;

/// <summary>Writes a definition in the one form that every query with its meaning has. Parsing what is printed gives the same definition.</summary>
internal static class QueryPrinter
{
    /// <summary>Prints a definition.</summary>
    public static string Print(Definition definition) => definition.Condition is { } condition ? Print(condition) : Print(definition.Value!);

    /// <summary>Prints a condition.</summary>
    public static string Print(Condition condition)
    {
        var text = new StringBuilder();
        Write(text, condition);
        return text.ToString();
    }

    /// <summary>Prints a value.</summary>
    public static string Print(Scalar scalar)
    {
        var text = new StringBuilder();
        Write(text, scalar);
        return text.ToString();
    }

    private static void Write(StringBuilder text, Condition condition)
    {
        switch (condition)
        {
            case AllOf all:
                WriteList(text, all.Parts, " AND ", part => part is OneOf);
                break;
            case OneOf one:
                WriteList(text, one.Parts, " OR ", _ => false);
                break;
            case Not not:
                WritePrefixed(text, "NOT ", not.Inner);
                break;
            case Quantified quantified:
                WritePrefixed(text, quantified.IsAll ? "ALL " : "ANY ", quantified.Inner);
                break;
            case Comparison comparison:
                WriteComparison(text, comparison);
                break;
        }
    }

    private static void WriteList(StringBuilder text, Sequence<Condition> parts, string between, Func<Condition, bool> needsBrackets)
    {
        for (var i = 0; i < parts.Count; i++)
        {
            if (i > 0) text.Append(between);
            if (needsBrackets(parts[i])) text.Append('(');
            Write(text, parts[i]);
            if (needsBrackets(parts[i])) text.Append(')');
        }
    }

    private static void WritePrefixed(StringBuilder text, string prefix, Condition inner)
    {
        text.Append(prefix);
        var needsBrackets = inner is AllOf or OneOf;
        if (needsBrackets) text.Append('(');
        Write(text, inner);
        if (needsBrackets) text.Append(')');
    }

    private static void WriteComparison(StringBuilder text, Comparison comparison)
    {
        Write(text, comparison.Left);
        var sign = comparison.Comparer switch
        {
            Comparer.Equals => "=",
            Comparer.Differs => "!=",
            Comparer.GreaterThan => ">",
            Comparer.AtLeast => ">=",
            Comparer.LessThan => "<",
            Comparer.AtMost => "<=",
            _ => null,
        };
        text.Append(sign is null ? $".{Words.ComparerNames[comparison.Comparer]}(" : $" {sign} ");
        for (var i = 0; i < comparison.Operands.Count; i++)
        {
            if (i > 0) text.Append(", ");
            Write(text, comparison.Operands[i]);
        }

        if (sign is null) text.Append(')');
    }

    private static void Write(StringBuilder text, Operand operand)
    {
        switch (operand)
        {
            case Constant constant:
                if (constant.Value.Kind == QueryValueKind.Text) WriteText(text, constant.Value.Text);
                else text.Append(constant.Value);
                break;
            case Length length:
                text.Append(length.Duration);
                break;
            case Reference reference:
                Write(text, reference.Value);
                break;
        }
    }

    private static void Write(StringBuilder text, Scalar scalar)
    {
        switch (scalar)
        {
            case TraitScalar trait:
                text.Append("trait(");
                WriteText(text, trait.Path.ToString());
                text.Append(')');
                break;
            case EventScalar part:
                text.Append(part.Part == EventPart.Context ? "context(" : "property(");
                if (part.OfParent) text.Append("parent: ");
                WriteText(text, part.Path.ToString());
                text.Append(')');
                break;
            case Reduction reduction:
                WriteReduction(text, reduction);
                break;
        }
    }

    private static void WriteReduction(StringBuilder text, Reduction reduction)
    {
        text.Append("event(");
        WriteText(text, reduction.Stream.Event);
        text.Append(')');
        foreach (var filter in reduction.Stream.Filters) Write(text, filter);
        var isUniqueCount = reduction.Reducer == ReducerKind.UniqueCount;
        text.Append('.').Append(isUniqueCount ? "unique" : reduction.Reducer.ToString().ToLowerInvariant()).Append('(');
        if (reduction.Of is { } of) Write(text, of);
        if (reduction.As != ValueType.Unstated) text.Append(" as ").Append(reduction.As.ToString().ToLowerInvariant());
        if (reduction.Reducer == ReducerKind.Mode) text.Append(", ").Append(reduction.Least);
        text.Append(isUniqueCount ? ").count()" : ")");
    }

    private static void Write(StringBuilder text, StreamFilter filter)
    {
        switch (filter)
        {
            case WhereFilter where:
                text.Append(".where(");
                Write(text, where.Condition);
                break;
            case SourcesFilter sources:
                text.Append(".sources({exclude: ");
                for (var i = 0; i < sources.Excluded.Count; i++)
                {
                    if (i > 0) text.Append(", ");
                    WriteText(text, sources.Excluded[i]);
                }

                text.Append('}');
                break;
            case WithinFilter within:
                text.Append(".within(").Append(within.OfParent ? "parent: " : "").Append(within.Duration);
                break;
            case BetweenFilter between:
                text.Append(".between(").Append(between.OfParent ? "parent: " : "").Append(between.Near).Append(", ").Append(between.Far);
                break;
            case SessionFilter session:
                text.Append(".expires_after(").Append(session.Gap);
                break;
        }

        text.Append(')');
    }

    private static void WriteText(StringBuilder text, string value) =>
        text.Append('\'').Append(value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)).Append('\'');
}
