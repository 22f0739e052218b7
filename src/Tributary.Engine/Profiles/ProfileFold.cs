using System.Text.Json;
using Tributary.Engine.Identity;

namespace Tributary.Engine.Profiles;

/// <summary>Folds traits of an event into the fragment it belongs to, and tells which traits of the whole profile changed by it.</summary>
internal static class ProfileFold
{
    /// <summary>Most traits kept in one fragment; a sender of random names must not grow a profile without end.</summary>
    public const int TraitsMax = 5000;

    /// <summary>Folds a traits object.</summary>
    /// <param name="profile">The profile, for the comparison with its other fragments.</param>
    /// <param name="fragment">Where the traits go.</param>
    /// <param name="traits">The JSON object of the event's <c>traits</c>; null removes a trait, "" stores an empty text.</param>
    /// <param name="stamp">The event.</param>
    /// <param name="changed">Receives name and new value (null: removed) of traits whose value on the profile is another now.</param>
    /// <returns>False when there was no room for all of them.</returns>
    public static bool Apply(
        Profile profile, Fragment fragment, ReadOnlyMemory<byte> traits, Stamp stamp, List<KeyValuePair<string, byte[]?>> changed)
    {
        var fits = true;
        var reader = new Utf8JsonReader(traits.Span, new JsonReaderOptions { MaxDepth = 128 });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueIsEscaped ? reader.GetString()! : Names.Intern(reader.ValueSpan);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            var isNull = reader.TokenType == JsonTokenType.Null;
            reader.Skip();
            var value = isNull ? default : traits.Span[start..(int)reader.BytesConsumed];
            if (fragment.Traits.Count >= TraitsMax && !fragment.Traits.ContainsKey(name))
            {
                fits = false;
                continue;
            }

            Set(profile, fragment, name, value, isNull, stamp, changed);
        }

        return fits;
    }

    private static void Set(
        Profile profile, Fragment fragment, string name, ReadOnlySpan<byte> value, bool isNull, Stamp stamp, List<KeyValuePair<string, byte[]?>> changed)
    {
        var before = ProfileView.Winner(profile, name);
        var isSame = before is { } known && (isNull ? known.Json is null : known.Json.AsSpan().SequenceEqual(value) && known.Json is not null);
        // An unchanged value keeps its array: most identifies repeat what is known.
        var json = isNull ? null : isSame ? before!.Value.Json : value.ToArray();
        var took = fragment.Set(name, json, stamp);
        if (took && !isSame && !(isNull && before is null) && (before is null || stamp.CompareTo(before.Value.Stamp) >= 0)) changed.Add(new(name, json));
    }
}
