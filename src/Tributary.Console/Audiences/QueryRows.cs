using System.Globalization;
using Tributary.Engine.Traits.Language;

namespace Tributary.Console.Audiences;

/// <summary>What a row of the builder is about.</summary>
public enum RowKind
{
    /// <summary>How often people did something.</summary>
    Event,

    /// <summary>What is known of them, and which audiences they are in.</summary>
    Trait,

    /// <summary>What no form shows, as text.</summary>
    Text,
}

/// <summary>One property that events of a row must have.</summary>
public sealed class PropertyRow
{
    /// <summary>The path of the property.</summary>
    public string Path { get; set; } = "";

    /// <summary>One of <see cref="QueryRows.Comparers"/>.</summary>
    public string Comparer { get; set; } = "=";

    /// <summary>What it is compared with, as people type it; several are parted by commas.</summary>
    public string Value { get; set; } = "";
}

/// <summary>One condition of the builder.</summary>
public sealed class QueryRow
{
    public RowKind Kind { get; set; }

    /// <summary>The opposite is wanted.</summary>
    public bool IsNot { get; set; }

    /// <summary>The name of the event, or the path of the trait.</summary>
    public string Name { get; set; } = "";

    /// <summary>One of <see cref="QueryRows.Comparers"/>.</summary>
    public string Comparer { get; set; } = ">=";

    /// <summary>What is compared with.</summary>
    public string Value { get; set; } = "1";

    /// <summary>Properties that the events must have, all of them.</summary>
    public List<PropertyRow> Where { get; } = [];

    /// <summary>Within how long; empty for ever.</summary>
    public string Within { get; set; } = "";

    /// <summary>The unit of <see cref="Within"/>.</summary>
    public string Unit { get; set; } = "days";

    /// <summary>Of <see cref="RowKind.Text"/>: the condition.</summary>
    public string Text { get; set; } = "";
}

/// <summary>Rows that belong together, and groups among them.</summary>
public sealed class RowGroup
{
    /// <summary>One of them is enough; otherwise all must hold.</summary>
    public bool IsAny { get; set; }

    /// <summary>Each a <see cref="QueryRow"/> or a <see cref="RowGroup"/>.</summary>
    public List<object> Items { get; } = [];
}

/// <summary>Turns conditions into rows that people can edit, and back. What does not fit a form becomes a row of text, so nothing is ever lost.</summary>
public static class QueryRows
{
    /// <summary>Ways to compare, as the language writes them.</summary>
    public static IReadOnlyList<(string Code, string Name)> Comparers { get; } =
    [
        ("=", "is"), ("!=", "is not"), (">=", "at least"), (">", "more than"), ("<=", "at most"), ("<", "less than"), ("exists", "is known"), ("absent", "is not known"),
        ("contains", "contains"), ("starts_with", "begins with"), ("ends_with", "ends with"), ("one_of", "is one of"), ("none_of", "is none of"),
    ];

    /// <summary>Those that make sense for a number of events.</summary>
    public static IReadOnlyList<(string Code, string Name)> CountComparers { get; } = [(">=", "at least"), ("=", "exactly"), ("<=", "at most"), (">", "more than"), ("<", "less than")];

    /// <summary>Units of time.</summary>
    public static IReadOnlyList<string> Units { get; } = ["minutes", "hours", "days"];

    /// <summary>The rows of a query; null when it cannot be read.</summary>
    public static RowGroup? Of(string query, string type)
    {
        if (!QueryParser.TryParse(query, type == "ACCOUNTS" ? DefinitionScope.Accounts : DefinitionScope.Users, DefinitionKind.Audience, out var definition, out _)) return null;
        return ItemOf(definition.Condition!) is var item && item is RowGroup group ? group : new RowGroup { Items = { item } };
    }

    /// <summary>The query that rows say; empty when there are none. It may be one that cannot be read, while something is missing in a row.</summary>
    public static string Query(RowGroup group)
    {
        var parts = group.Items.Select(item => item is RowGroup inner ? Wrapped(inner) : Wrapped((QueryRow)item, group)).Where(part => part.Length > 0).ToList();
        return string.Join(group.IsAny ? " OR " : " AND ", parts);
    }

    private static string Wrapped(RowGroup group)
    {
        var text = Query(group);
        return group.Items.Count > 1 ? $"({text})" : text;
    }

    private static string Wrapped(QueryRow row, RowGroup group)
    {
        if (row.Kind == RowKind.Text && row.Text.Trim().Length > 0) return row.IsNot ? $"NOT ({row.Text})" : group.Items.Count > 1 ? $"({row.Text})" : row.Text;
        var text = row.Kind switch
        {
            RowKind.Event => $"event({Quoted(row.Name)}){Filters(row)}.count() {row.Comparer} {row.Value.Trim()}",
            RowKind.Trait => Compared($"trait({Quoted(row.Name)})", row.Comparer, row.Value),
            _ => "",
        };
        return row.IsNot ? $"NOT {text}" : text;
    }

    private static string Filters(QueryRow row)
    {
        var where = row.Where.Count == 0 ? "" : $".where({string.Join(" AND ", row.Where.Select(property => Compared($"property({Quoted(property.Path)})", property.Comparer, property.Value)))})";
        return row.Within.Trim().Length == 0 ? where : $"{where}.within({row.Within.Trim()} {row.Unit})";
    }

    private static string Compared(string left, string comparer, string value) => comparer switch
    {
        "exists" or "absent" => $"{left}.{comparer}()",
        "=" or "!=" or ">=" or ">" or "<=" or "<" => $"{left} {comparer} {Literal(value)}",
        "one_of" or "none_of" => $"{left}.{comparer}({string.Join(", ", value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Literal))})",
        _ => $"{left}.{comparer}({Literal(value)})",
    };

    // Numbers and truths are what they look like; quotes make a text of them.
    private static string Literal(string value)
    {
        var text = value.Trim();
        if (text is "true" or "false" || IsNumber(text)) return text;
        return text is ['\'', .., '\''] && text.Length >= 2 ? Quoted(text[1..^1]) : Quoted(text);
    }

    private static bool IsNumber(string text) => double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _);

    private static string Quoted(string value) => $"'{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";

    private static RowGroup GroupOf(Sequence<Condition> parts, bool isAny)
    {
        var group = new RowGroup { IsAny = isAny };
        foreach (var part in parts) group.Items.Add(ItemOf(part));
        return group;
    }

    private static object ItemOf(Condition condition)
    {
        switch (condition)
        {
            case AllOf all:
                return GroupOf(all.Parts, isAny: false);
            case OneOf one:
                return GroupOf(one.Parts, isAny: true);
            case Not { Inner: Comparison comparison } when RowOf(comparison) is { } negated:
                negated.IsNot = true;
                return negated;
            case Comparison comparison when RowOf(comparison) is { } row:
                return row;
            default:
                return new QueryRow { Kind = RowKind.Text, Text = QueryPrinter.Print(condition) };
        }
    }

    private static QueryRow? RowOf(Comparison comparison)
    {
        if (CodeOf(comparison.Comparer) is not { } code || ValueOf(comparison.Operands) is not { } value) return null;
        switch (comparison.Left)
        {
            case TraitScalar trait:
                return new QueryRow { Kind = RowKind.Trait, Name = trait.Path.ToString(), Comparer = code, Value = value };
            case Reduction { Reducer: ReducerKind.Count } count when CountComparers.Any(each => each.Code == code) && comparison.Operands is [Constant { Value.Kind: QueryValueKind.Number }]:
                var row = new QueryRow { Kind = RowKind.Event, Name = count.Stream.Event, Comparer = code, Value = value };
                foreach (var filter in count.Stream.Filters)
                {
                    // Where after within is another query, although it says the same.
                    if (row.Within.Length > 0 || !Take(row, filter)) return null;
                }

                return row;
            default:
                return null;
        }
    }

    private static bool Take(QueryRow row, StreamFilter filter)
    {
        switch (filter)
        {
            case WithinFilter { OfParent: false, Duration: var within } when within.Unit != TimeUnit.Second:
                (row.Within, row.Unit) = (within.Count.ToString(CultureInfo.InvariantCulture), $"{within.Unit.ToString().ToLowerInvariant()}s");
                return true;
            case WhereFilter where when row.Where.Count == 0:
                foreach (var part in where.Condition is AllOf all ? all.Parts.Items : [where.Condition])
                {
                    if (part is not Comparison { Left: EventScalar { Part: EventPart.Properties, OfParent: false } property } comparison) return false;
                    if (CodeOf(comparison.Comparer) is not { } code || ValueOf(comparison.Operands) is not { } value) return false;
                    row.Where.Add(new PropertyRow { Path = property.Path.ToString(), Comparer = code, Value = value });
                }

                return true;
            default:
                return false;
        }
    }

    private static string? CodeOf(Comparer comparer) => comparer switch
    {
        Comparer.Equals => "=",
        Comparer.Differs => "!=",
        Comparer.AtLeast => ">=",
        Comparer.GreaterThan => ">",
        Comparer.AtMost => "<=",
        Comparer.LessThan => "<",
        Comparer.Exists => "exists",
        Comparer.Absent => "absent",
        Comparer.Contains => "contains",
        Comparer.StartsWith => "starts_with",
        Comparer.EndsWith => "ends_with",
        Comparer.OneOf => "one_of",
        Comparer.NoneOf => "none_of",
        _ => null,
    };

    // Null for what the form cannot show: references, dates, and texts that would be parted at a comma.
    private static string? ValueOf(Sequence<Operand> operands)
    {
        var values = new List<string>();
        foreach (var operand in operands)
        {
            if (operand is not Constant { Value: { Kind: QueryValueKind.Number or QueryValueKind.Text or QueryValueKind.Boolean } constant }) return null;
            var text = constant.ToString();
            if (constant.Kind == QueryValueKind.Text)
            {
                if (text != text.Trim() || (operands.Count > 1 && (text.Contains(',', StringComparison.Ordinal) || text.Length == 0))) return null;
                if (text is "true" or "false" or "" || IsNumber(text) || text[0] == '\'') text = $"'{text}'";
            }
            else if (constant.Kind == QueryValueKind.Number && !IsNumber(text))
            {
                return null;
            }

            values.Add(text);
        }

        return string.Join(", ", values);
    }
}
