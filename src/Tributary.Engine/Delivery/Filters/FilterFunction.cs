namespace Tributary.Engine.Delivery.Filters;

/// <summary>The functions of filter statements; they are written in lower case.</summary>
internal enum FilterFunction
{
    Contains,
    Match,
    Length,
    Lowercase,
    Uppercase,
    Snakecase,
    Kebabcase,
    Titlecase,
    Typeof,
    Bool,
    String,
    Number,
}

internal static class FilterFunctions
{
    private static readonly Dictionary<string, FilterFunction> ByName = Enum.GetValues<FilterFunction>().ToDictionary(Name, StringComparer.Ordinal);

    public static string Names { get; } = string.Join(", ", ByName.Keys);

    public static string Name(this FilterFunction function) => function.ToString().ToLowerInvariant();

    public static bool TryParse(string name, out FilterFunction function) => ByName.TryGetValue(name, out function);

    public static int ArgumentCount(this FilterFunction function) => function is FilterFunction.Contains or FilterFunction.Match ? 2 : 1;
}
