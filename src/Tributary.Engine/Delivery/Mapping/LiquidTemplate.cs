using System.Collections.Frozen;
using System.Globalization;
using System.Text.RegularExpressions;
using Fluid;
using Fluid.Values;
using Tributary.Engine.Delivery.Fql;

namespace Tributary.Engine.Delivery.Mapping;

/// <summary>
/// The template of <c>@liquid</c>, rendered by Fluid within the limits that mapping-kit gives liquidjs. Only tags and filters that mean the same to both are
/// taken; a template with another fails with the reason instead of rendering something else.
/// </summary>
internal sealed partial class LiquidTemplate
{
    /// <summary>Longest template, in UTF-16 characters.</summary>
    public const int LengthMax = 1_000;

    private const int StepsMax = 10_000;

    private static readonly FluidParser Parser = new();

    private static readonly FrozenSet<string> Tags =
        FrozenSet.ToFrozenSet(["if", "elsif", "else", "endif", "unless", "endunless", "assign", "capture", "endcapture", "comment", "endcomment", "raw", "endraw"]);

    private static readonly FrozenSet<string> Filters = FrozenSet.ToFrozenSet(
    [
        "abs", "append", "ceil", "default", "divided_by", "downcase", "first", "floor", "join", "last", "lstrip", "minus", "modulo", "plus", "prepend", "remove",
        "remove_first", "replace", "replace_first", "rstrip", "size", "split", "strip", "times", "upcase",
    ]);

    // What liquidjs has and mapping-kit disables, or what it has and Fluid does in another way. Names that liquidjs does not know pass the value through.
    private static readonly FrozenSet<string> Refused = FrozenSet.ToFrozenSet(
    [
        "array_to_sentence_string", "concat", "find", "find_exp", "find_index", "find_index_exp", "group_by", "group_by_exp", "has", "has_exp", "map", "newline_to_br",
        "reject", "reject_exp", "reverse", "sort", "sort_natural", "uniq", "where_exp", "type",
        "at_least", "at_most", "base64_decode", "base64_encode", "capitalize", "cgi_escape", "compact", "date", "date_to_long_string", "date_to_rfc822",
        "date_to_string", "date_to_xmlschema", "escape", "escape_once", "inspect", "json", "jsonify", "normalize_whitespace", "number_of_words", "pop", "push", "raw",
        "remove_last", "replace_last", "round", "sample", "shift", "slice", "slugify", "strip_html", "strip_newlines", "sum", "to_integer", "truncate",
        "truncatewords", "unshift", "uri_escape", "url_decode", "url_encode", "where", "xml_escape",
    ]);

    private static readonly TemplateOptions Options = CreateOptions();

    private readonly IFluidTemplate _template;

    private LiquidTemplate(IFluidTemplate template) => _template = template;

    /// <summary>Reads a template.</summary>
    /// <returns>The template, or why it cannot be rendered here.</returns>
    public static (LiquidTemplate? Template, string? Fault) Read(string text)
    {
        if (text.Length > LengthMax) return (null, $"liquid template values are limited to {LengthMax} characters");
        foreach (Match tag in TagName().Matches(text))
        {
            if (!Tags.Contains(tag.Groups[1].Value)) return (null, $"@liquid: the tag \"{tag.Groups[1].Value}\" is disabled");
        }

        foreach (Match filter in FilterName().Matches(text))
        {
            if (Refused.Contains(filter.Groups[1].Value)) return (null, $"@liquid: the filter \"{filter.Groups[1].Value}\" is disabled");
        }

        return Parser.TryParse(text, out var template, out var error) ? (new LiquidTemplate(template), null) : (null, $"@liquid: {error}");
    }

    public ScriptValue Render(MappingRun run, ScriptValue payload)
    {
        var context = new TemplateContext(Options);
        if (payload.Kind == ScriptKind.Object)
        {
            foreach (var (name, member) in payload.AsObject().Members) context.SetValue(name, ValueOf(run, member));
        }

        if (run.Fault is not null) return default;
        try
        {
            var text = _template.Render(context, NullEncoder.Default);
            return run.Spend(text.Length) ? ScriptValue.Of(text) : default;
        }
        catch (Exception failure) when (failure is InvalidOperationException or FluidException or FormatException or ArithmeticException or ArgumentException)
        {
            // Templates are text from outside, and Fluid tells of what fails in them by exceptions.
            return run.Fail($"@liquid: {failure.Message}");
        }
    }

    private static TemplateOptions CreateOptions()
    {
        var options = new TemplateOptions { MaxSteps = StepsMax, CultureInfo = CultureInfo.InvariantCulture };
        foreach (var name in Refused.Where(name => !Filters.Contains(name))) options.Filters.AddFilter(name, (input, _, _) => new ValueTask<FluidValue>(input));
        options.Filters.AddFilter("upcase", (input, _, _) => new ValueTask<FluidValue>(new StringValue(ScriptCase.Upper(input.ToStringValue()))));
        options.Filters.AddFilter("downcase", (input, _, _) => new ValueTask<FluidValue>(new StringValue(ScriptCase.Lower(input.ToStringValue()))));
        return options;
    }

    private static FluidValue ValueOf(MappingRun run, ScriptValue value)
    {
        if (!run.Spend()) return NilValue.Instance;
        switch (value.Kind)
        {
            case ScriptKind.False or ScriptKind.True:
                return BooleanValue.Create(value.Kind == ScriptKind.True);
            case ScriptKind.Number:
                var number = value.Number;
                // What a decimal cannot hold exactly enough keeps its JavaScript form as a text.
                return number == 0 || Math.Abs(number) is >= 1e-6 and < 1e21
                    ? NumberValue.Create(decimal.Parse(ScriptNumber.Write(number), NumberStyles.Float, CultureInfo.InvariantCulture))
                    : new StringValue(ScriptNumber.Write(number));
            case ScriptKind.Text:
                return new StringValue(value.Text);
            case ScriptKind.Object:
                return new LiquidObject(value.AsObject().Members.ToDictionary(member => member.Key, member => ValueOf(run, member.Value), StringComparer.Ordinal));
            case ScriptKind.Array:
                return new ArrayValue(value.AsList().ConvertAll(element => ValueOf(run, element)));
            default:
                return NilValue.Instance;
        }
    }

    [GeneratedRegex(@"\{%-?\s*(\w*)")]
    private static partial Regex TagName();

    [GeneratedRegex(@"\|\s*([A-Za-z_]\w*)")]
    private static partial Regex FilterName();
}
