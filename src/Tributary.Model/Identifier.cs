namespace Tributary.Model;

/// <summary>Which kind of thing an identifier names. The numbers are part of the log and store formats.</summary>
public enum ProfileCollection : byte
{
    Users = 0,
    Accounts = 1,
}

/// <summary>A value that a person or an account can be known by, compared exactly: <c>users / email / ada@example.com</c>.</summary>
/// <param name="Collection">Users or accounts; the two never share a profile.</param>
/// <param name="Type">The type's name, e.g. <c>user_id</c>; at most <see cref="TypeLengthMax"/> characters.</param>
/// <param name="Value">The value as it was sent; at most <see cref="ValueLengthMax"/> characters.</param>
public readonly record struct Identifier(ProfileCollection Collection, string Type, string Value)
{
    /// <summary>Longest type accepted from outside, in characters.</summary>
    public const int TypeLengthMax = 100;

    /// <summary>Longest value accepted from outside, in characters.</summary>
    public const int ValueLengthMax = 512;

    /// <summary>The form used in paths and messages, <c>type:value</c>.</summary>
    public override string ToString() => $"{Type}:{Value}";
}
