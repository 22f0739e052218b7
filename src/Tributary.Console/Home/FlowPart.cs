namespace Tributary.Console.Home;

/// <summary>One place where messages ended up.</summary>
/// <param name="Name">The place.</param>
/// <param name="Count">How many.</param>
/// <param name="Color">A colour of the theme.</param>
/// <param name="Path">Where one sees more; null when there is no such page.</param>
/// <param name="Reasons">Why, the most frequent first; null when there is nothing to say.</param>
public sealed record FlowPart(string Name, long Count, string Color, string? Path, string? Reasons = null);
