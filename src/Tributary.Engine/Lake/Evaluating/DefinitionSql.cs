using System.Globalization;
using System.Text;
using Tributary.Engine.Traits.Language;

namespace Tributary.Engine.Lake.Evaluating;

/// <summary>
/// Turns a definition into one SQL statement over <c>_tributary.history</c> and the tables of profiles. It means what the river's evaluator means: the structure
/// (who, which events, windows, funnels, sessions, reducers) is SQL, the rules of single values are <see cref="ValueFunctions"/>.
/// </summary>
/// <remarks>
/// <para>Every part is a common table expression. A stream becomes rows with <c>g</c>, what they are reduced by: the subject, or inside <c>where</c> the enclosing
/// event. A reducer becomes one row for each <c>g</c>, which is joined to where its value is compared.</para>
/// <para>Texts of the definition stand in the statement as literals that <see cref="LakeDatabase.Literal"/> quotes, or in the form of <see cref="EncodedValues"/>;
/// nothing else of it gets there.</para>
/// </remarks>
internal sealed partial class DefinitionSql
{
    private readonly DefinitionQuestion _question;
    private readonly bool _isOfAccounts;
    private readonly StringBuilder _parts = new();
    private readonly Dictionary<string, string> _once = new(StringComparer.Ordinal);
    private int _count;

    private DefinitionSql(DefinitionQuestion question, bool isOfAccounts) => (_question, _isOfAccounts) = (question, isOfAccounts);

    /// <summary>Of whom something is asked.</summary>
    private enum Place
    {
        /// <summary>A person.</summary>
        Person,

        /// <summary>An account: its own traits, the events of all its people together.</summary>
        Account,

        /// <summary>One person of an account.</summary>
        Member,

        /// <summary>The events of one person of an account, and the account's traits: what a condition without ANY or ALL means.</summary>
        MemberOfAccount,
    }

    /// <summary>Compiles a definition.</summary>
    public static CompiledSql Compile(Definition definition, DefinitionQuestion question)
    {
        var sql = new DefinitionSql(question, definition.Scope == DefinitionScope.Accounts);
        var place = definition.Scope == DefinitionScope.Accounts ? Place.Account : Place.Person;
        var frame = new Frame(place);
        var answer = definition.Condition is { } condition ? sql.Condition(condition, frame) : sql.Value(definition.Value!, frame);
        if (place == Place.Person && question.FilterByExternalIds.Count > 0) answer = sql.Filtered(answer, frame, definition.Condition is not null);
        var select = $"SELECT r.own AS profile, {answer} AS answer FROM {sql.Subjects(place)} r{frame.Joins}";
        return new CompiledSql($"WITH {sql._parts}\n{select}", definition.Condition is not null, definition.Value is Reduction { Reducer: ReducerKind.Unique });
    }

    private string Filtered(string answer, Frame frame, bool isAudience)
    {
        var counted = Counted(_question.FilterByExternalIds);
        frame.Join(counted, "r.own");
        return $"CASE WHEN {counted}.g IS NULL THEN {(isAudience ? "false" : "NULL")} ELSE {answer} END";
    }

    private string Condition(Condition condition, Frame frame)
    {
        switch (condition)
        {
            case AllOf all:
                return $"({string.Join(" AND ", all.Parts.Select(part => Condition(part, frame)))})";
            case OneOf one:
                return $"({string.Join(" OR ", one.Parts.Select(part => Condition(part, frame)))})";
            case Not not:
                return $"(NOT {Condition(not.Inner, frame)})";
            case Quantified quantified:
                return Members(Place.Member, quantified.IsAll, quantified.Inner, frame);
            case Comparison comparison when frame is { Place: Place.Account, Rows: null } && ReadsEvents(comparison):
                return Members(Place.MemberOfAccount, isAll: false, comparison, frame);
            case Comparison comparison:
                return Compare(comparison, frame);
            default:
                throw new InvalidOperationException("Not a condition.");
        }
    }

    private static bool ReadsEvents(Comparison comparison) =>
        comparison.Left is Reduction || comparison.Operands.Any(operand => operand is Reference { Value: Reduction });

    private string Members(Place place, bool isAll, Condition inner, Frame outer)
    {
        var frame = new Frame(place);
        var holds = Condition(inner, frame);
        var part = Part($"SELECT r.own AS g, {(isAll ? "bool_and" : "bool_or")}({holds}) AS holds FROM {Subjects(place)} r{frame.Joins} GROUP BY r.own");
        outer.Join(part, "r.own");
        return $"coalesce({part}.holds, false)";
    }

    private string Compare(Comparison comparison, Frame frame)
    {
        if (comparison.Comparer is Comparer.Absent or Comparer.Exists) return $"({Value(comparison.Left, frame)} IS {(comparison.Comparer == Comparer.Exists ? "NOT " : "")}NULL)";
        if (Counted(comparison, frame) is { } counted) return counted;
        var code = (int)comparison.Comparer;
        if (comparison.Operands is [Length length])
            return $"trib_dated({code}, {Value(comparison.Left, frame)}, {Number(length.Duration.Milliseconds)}, {Number(_question.Now)})";
        // None of several is another question than not one of several, and one operand may read several values.
        if (comparison.Comparer is Comparer.Contains or Comparer.Omits or Comparer.StartsWith or Comparer.EndsWith or Comparer.OneOf or Comparer.NoneOf
            && comparison.Operands is not [Constant]) code += ValueFunctions.OfList;
        var operands = Operands(comparison.Operands, frame);
        // One call instead of two, and nothing written in between.
        return comparison.Left is EventScalar scalar && !IsName(scalar)
            ? Narrowed(comparison, frame, $"trib_meets({code}, {Json(scalar, frame)}, {LakeDatabase.Literal(EncodedValues.Path(scalar.Path))}, {operands})")
            : $"trib_holds({code}, {Value(comparison.Left, frame)}, {operands})";
    }

    // How often something happened, compared with a number: what most audiences ask.
    private string? Counted(Comparison comparison, Frame frame)
    {
        if (comparison is not { Left: Reduction { Reducer: ReducerKind.Count or ReducerKind.UniqueCount } reduction, Operands: [Constant { Value.Kind: QueryValueKind.Number } constant] }) return null;
        var sign = comparison.Comparer switch
        {
            Comparer.Equals => "=",
            Comparer.Differs => "<>",
            Comparer.GreaterThan => ">",
            Comparer.AtLeast => ">=",
            Comparer.LessThan => "<",
            Comparer.AtMost => "<=",
            Comparer.Absent or Comparer.Exists or Comparer.Contains or Comparer.Omits or Comparer.StartsWith or Comparer.EndsWith or Comparer.OneOf or Comparer.NoneOf
                or Comparer.BeforeDate or Comparer.AfterDate or Comparer.WithinLast or Comparer.WithinNext or Comparer.BeforeLast or Comparer.AfterNext => null,
        };
        if (sign is null) return null;
        return $"(coalesce({Reduced(reduction, frame)}.n, 0)::DOUBLE {sign} '{constant.Value.Number.ToString("R", CultureInfo.InvariantCulture)}'::DOUBLE)";
    }

    // An event whose JSON holds neither the text nor any escape cannot have it as a value, and DuckDB looks for texts much faster than JSON is read.
    private static string Narrowed(Comparison comparison, Frame frame, string test)
    {
        if (comparison is not { Comparer: Comparer.Equals, Left: EventScalar { Part: EventPart.Properties or EventPart.Context } scalar, Operands: [Constant { Value: { Kind: QueryValueKind.Text } constant }] }) return test;
        if (constant.Text.Length < 3 || !constant.Text.All(char.IsAsciiLetter) || constant.Text is "true" or "false") return test;
        var json = Json(scalar, frame);
        return $"((contains({json}, {LakeDatabase.Literal(constant.Text)}) OR contains({json}, '\\')) IS TRUE AND {test})";
    }

    private string Operands(Sequence<Operand> operands, Frame frame)
    {
        if (operands.All(operand => operand is Constant))
        {
            var values = operands.Select(operand => EncodedValues.Write(((Constant)operand).Value)).OfType<string>();
            return LakeDatabase.Literal(string.Join(EncodedValues.Separator, values));
        }

        var each = operands.Select(operand => operand switch
        {
            Constant constant => EncodedValues.Write(constant.Value) is { } text ? LakeDatabase.Literal(text) : "NULL",
            Reference reference => Value(reference.Value, frame),
            _ => throw new InvalidOperationException("Not an operand."),
        }).ToList();
        return each.Count == 1 ? $"coalesce({each[0]}, '')" : $"concat_ws(chr(30), {string.Join(", ", each)})";
    }

    private string Value(Scalar scalar, Frame frame)
    {
        switch (scalar)
        {
            case TraitScalar trait:
                return Trait(trait.Path, frame);
            case EventScalar part:
                return EventValue(part, frame);
            case Reduction { Reducer: ReducerKind.Count or ReducerKind.UniqueCount } reduction:
                return $"('n' || coalesce({Reduced(reduction, frame)}.n, 0))";
            case Reduction reduction:
                return $"{Reduced(reduction, frame)}.v";
            default:
                throw new InvalidOperationException("Not a value.");
        }
    }

    private static string Json(EventScalar scalar, Frame frame)
    {
        Invariant.Holds(frame.Rows is not null && (!scalar.OfParent || frame.HasParent));
        return $"r.{(scalar.OfParent ? "p_" : "")}{(scalar.Part == EventPart.Properties ? "properties" : "context")}";
    }

    private static string EventValue(EventScalar scalar, Frame frame)
    {
        var value = $"trib_value({Json(scalar, frame)}, {LakeDatabase.Literal(EncodedValues.Path(scalar.Path))})";
        if (!IsName(scalar)) return value;
        var of = scalar.OfParent ? "r.p_" : "r.";
        var isPage = scalar.Path.Steps[0] == "page_name";
        return $"coalesce({value}, CASE WHEN {of}name {(isPage ? "=" : "<>")} 'Page Viewed' AND {of}page_name <> '' THEN trib_text({of}page_name) END)";
    }

    // A property, or of page and screen calls the name that stands beside the properties.
    private static bool IsName(EventScalar scalar) => scalar is { Part: EventPart.Properties, Path: { IsMany: false, Steps: ["page_name" or "screen_name"] } };

    private string Reduced(Reduction reduction, Frame frame)
    {
        // What asks nothing of the enclosing event is the same for each of a subject's.
        var isOwn = frame.Rows is null || !ReadsParent(reduction.Stream);
        var part = Reduce(reduction, frame.Place, isOwn ? null : frame.Rows);
        frame.Join(part, isOwn ? "r.s" : "r.k");
        return part;
    }

    private static bool ReadsParent(EventStream stream) => stream.Filters.Any(filter => filter switch
    {
        WithinFilter within => within.OfParent,
        BetweenFilter between => between.OfParent,
        WhereFilter where => ReadsParent(where.Condition),
        _ => false,
    });

    // A stream inside the condition has another parent.
    private static bool ReadsParent(Condition condition) => condition switch
    {
        AllOf all => all.Parts.Any(ReadsParent),
        OneOf one => one.Parts.Any(ReadsParent),
        Not not => ReadsParent(not.Inner),
        Comparison comparison => comparison.Left is EventScalar { OfParent: true } || comparison.Operands.Any(operand => operand is Reference { Value: EventScalar { OfParent: true } }),
        _ => false,
    };

    /// <summary>Adds a part; returns its name.</summary>
    private string Part(string sql)
    {
        var name = $"c{(++_count).ToString(CultureInfo.InvariantCulture)}";
        _parts.Append(_parts.Length == 0 ? "" : ",\n").Append(name).Append(" AS (").Append(sql).Append(')');
        return name;
    }

    private string Once(string key, Func<string> sql)
    {
        if (!_once.TryGetValue(key, out var name)) _once[key] = name = Part(sql());
        return name;
    }

    private static string Number(long number) => $"{number.ToString(CultureInfo.InvariantCulture)}::BIGINT";

    /// <summary>Where an expression is evaluated: rows called <c>r</c>, and what is joined to them.</summary>
    private sealed class Frame(Place place, string? rows = null, bool hasParent = false)
    {
        private readonly StringBuilder _joins = new();
        private readonly HashSet<string> _joined = new(StringComparer.Ordinal);

        public Place Place => place;

        /// <summary>The part whose rows are events; null when they are subjects.</summary>
        public string? Rows => rows;

        /// <summary>The events lie inside the <c>where</c> of others.</summary>
        public bool HasParent => hasParent;

        public string Joins => _joins.ToString();

        public void Join(string part, string on)
        {
            if (_joined.Add(part)) _joins.Append($" LEFT JOIN {part} ON {part}.g = {on}");
        }
    }
}
