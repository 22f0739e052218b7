using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Tributary.Engine.Workspace;

/// <summary>
/// Reads and checks the identity rules of a space as they are sent: <c>{"identifiers":[{"type","matchKeys","limit","window","priority","blocked"}]}</c>.
/// Rules: Segment's identity resolution settings, <c>spec/unify… §1.3</c>.
/// </summary>
public static partial class IdentitySettingsForm
{
    /// <summary>Most identifier types of one space.</summary>
    public const int IdentifiersMax = 100;

    /// <summary>Most keys that one type is looked up under.</summary>
    public const int MatchKeysMax = 20;

    /// <summary>Most blocked values of one type.</summary>
    public const int BlockedMax = 200;

    // A pattern is matched against every identifier that comes in. The engine without backtracking takes time in proportion to the value, whatever the
    // pattern; the bounds keep its automaton small.
    private const int PatternLengthMax = 500;
    private const int PatternSizeMax = 200;

    /// <summary>Reads the rules. What is left out gets Segment's defaults: limit 5 (user_id 1), window Ever, priority the place in the list.</summary>
    /// <returns>The rules, or every fault with its field, e.g. <c>identifiers[2].window</c>.</returns>
    public static (IdentitySettings Settings, WorkspaceRefusal? Refusal) Parse(JsonInput input)
    {
        input.Allow("identifiers", "demotion");
        if (!input.Has("identifiers")) input.Fault("identifiers", "identifiers is required: the list of identifier types with their rules.");
        var rules = ImmutableArray.CreateBuilder<IdentifierRule>();
        var types = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in input.Objects("identifiers", IdentifiersMax))
        {
            var rule = Rule(item, rules.Count + 1);
            if (rule.Type.Length > 0 && !types.Add(rule.Type)) item.Fault("type", $"The type \"{rule.Type}\" is in the list twice.");
            rules.Add(rule);
        }

        var settings = new IdentitySettings
        {
            Identifiers = rules.ToImmutable(),
            Demotion = Named<DemotionRule>(input, "demotion") ?? DemotionRule.LowestOnEvent,
        };
        return (settings, input.Faults.Count == 0 ? null : WorkspaceRefusal.Invalid(input.Faults));
    }

    /// <summary>How a pattern is compiled, here and where it is matched.</summary>
    public static Regex Compile(string pattern) => new(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    private static IdentifierRule Rule(JsonInput item, int place)
    {
        item.Allow("type", "matchKeys", "limit", "window", "priority", "blocked");
        var type = item.Text("type", Model.Identifier.TypeLengthMax, required: true) ?? "";
        if (type.Length > 0 && !TypeName().IsMatch(type))
            item.Fault("type", $"\"{type}\" is no identifier type: lower-case letters, digits, dots, dashes and underscores, beginning with a letter or digit.");
        return new IdentifierRule
        {
            Type = type,
            MatchKeys = item.Texts("matchKeys", MatchKeysMax, Model.Identifier.TypeLengthMax),
            Limit = item.Whole("limit", 1) ?? (type == "user_id" ? 1 : IdentitySettings.PresetLimit),
            Window = Named<LimitWindow>(item, "window") ?? LimitWindow.Ever,
            Priority = item.Whole("priority", 1) ?? place,
            Blocked = [.. item.Objects("blocked", BlockedMax).Select(Blocked)],
        };
    }

    private static BlockedValue Blocked(JsonInput item)
    {
        item.Allow("exact", "pattern");
        var exact = item.Verbatim("exact", Model.Identifier.ValueLengthMax);
        var pattern = item.Verbatim("pattern", PatternLengthMax);
        if (item.Has("exact") == item.Has("pattern")) item.Fault("", "A blocked value has either \"exact\" or \"pattern\".");
        if (pattern is not null && FaultOf(pattern) is { } fault) item.Fault("pattern", fault);
        return new BlockedValue { Exact = exact, Pattern = pattern };
    }

    private static string? FaultOf(string pattern)
    {
        try
        {
            // First, because what repeats too much is expensive to compile as well.
            if (PatternSize.Of(pattern) > PatternSizeMax)
                return $"With its repetitions written out, the pattern has more than {PatternSizeMax} letters and classes, so that events could wait for seconds. Use smaller repetitions, or several patterns.";
            Compile(pattern);
            return null;
        }
        catch (NotSupportedException)
        {
            return "The pattern uses look-around, back-references or atomic groups, which could take for ever on some values. Write it without.";
        }
        catch (ArgumentException failure)
        {
            return $"The pattern is no regular expression: {failure.Message}";
        }
    }

    private static T? Named<T>(JsonInput input, string field) where T : struct, Enum
    {
        if (input.Text(field, 100) is not { } name) return null;
        foreach (var value in Enum.GetValues<T>())
        {
            if (string.Equals(value.ToString(), name, StringComparison.OrdinalIgnoreCase)) return value;
        }

        input.Fault(field, $"\"{name}\" is unknown. Possible are {string.Join(", ", Enum.GetNames<T>())}.");
        return null;
    }

    [GeneratedRegex(@"^[a-z0-9][a-z0-9_.\-]*$", RegexOptions.CultureInvariant)]
    private static partial Regex TypeName();
}
