namespace Tributary.Engine.Traits.Language;

/// <summary>Puts conditions together so that each meaning has one tree.</summary>
internal static class Conditions
{
    /// <summary>All of them; a part that is itself such a list is taken in.</summary>
    public static Condition All(IReadOnlyList<Condition> parts) =>
        parts.Count == 1 ? parts[0] : new AllOf(new Sequence<Condition>([.. parts.SelectMany(part => part is AllOf all ? all.Parts.Items.AsEnumerable() : [part])]));

    /// <summary>One of them; a part that is itself such a list is taken in.</summary>
    public static Condition Some(IReadOnlyList<Condition> parts) =>
        parts.Count == 1 ? parts[0] : new OneOf(new Sequence<Condition>([.. parts.SelectMany(part => part is OneOf one ? one.Parts.Items.AsEnumerable() : [part])]));
}
