using System.Globalization;
using System.Text;
using System.Text.Json;
using Tributary.Engine.Identity;
using Tributary.Engine.Profiles;
using Tributary.Model;

namespace Tributary.Console.Profiles;

/// <summary>What profiles and values look like in words.</summary>
internal static class ProfileText
{
    private const int ValueShownMax = 240;
    private const int NameShownMax = 120;

    private static readonly string[][] Names = [["name"], ["firstName", "lastName"], ["first_name", "last_name"], ["fullName"], ["email"]];
    private static readonly string[] NamingTypes = ["email", "user_id", "phone", "group_id"];

    /// <summary>What people would call the profile: its name, else an identifier that somebody chose, else the oldest there is.</summary>
    public static string Name(Profile profile)
    {
        foreach (var traits in Names)
        {
            var parts = traits.Select(trait => Text(ProfileView.Winner(profile, trait)?.Json)).Where(text => text.Length > 0);
            var name = string.Join(' ', parts);
            if (name.Length > 0) return Cut(name, NameShownMax);
        }

        var node = NamingTypes.Select(type => profile.Nodes.Find(node => node.Type == type)).FirstOrDefault(node => node is not null) ?? profile.Nodes.FirstOrDefault();
        return node is null ? profile.Id.ToString() : Cut(node.Value, NameShownMax);
    }

    /// <summary>One or two letters for a name.</summary>
    public static string Monogram(string name)
    {
        var words = name.Split([' ', '.', '_', '-', '@'], StringSplitOptions.RemoveEmptyEntries);
        var letters = words.Select(First).Where(letter => letter.Length > 0).Take(2);
        return string.Concat(letters).ToUpperInvariant();
    }

    /// <summary>An id with its middle left out.</summary>
    public static string Short(string id) => id.Length > 16 ? $"{id[..9]}…{id[^4..]}" : id;

    /// <summary>A moment; what lies outside of the calendar is put at its edge.</summary>
    public static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(milliseconds, -62_135_596_800_000, 253_402_300_799_999));

    /// <summary>A time as a day and a time of day in UTC.</summary>
    public static string DateTime(long milliseconds) => Time(milliseconds).UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>A value in one line: texts without their quotes, everything else as JSON.</summary>
    public static string Value(byte[]? json)
    {
        if (json is null) return "(removed)";
        return Cut(json is [(byte)'"', ..] ? Text(json) : Encoding.UTF8.GetString(json), ValueShownMax);
    }

    /// <summary>A text, cut to some characters.</summary>
    public static string Cut(string text, int max)
    {
        if (text.Length <= max) return text;
        // Half of a pair would be shown as a question mark.
        return string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[max - 1]) ? max - 1 : max), "…");
    }

    /// <summary>A type of event in words for people.</summary>
    public static string TypeName(EventType type) => type switch
    {
        0 => "by hand",
        EventType.Set => "object",
        _ => type.Name(),
    };

    private static string First(string word)
    {
        var rune = word.EnumerateRunes().FirstOrDefault();
        return Rune.IsLetterOrDigit(rune) ? rune.ToString() : "";
    }

    private static string Text(byte[]? json)
    {
        if (json is not [(byte)'"', ..]) return "";
        try
        {
            return JsonSerializer.Deserialize<string>(json) ?? "";
        }
        catch (JsonException)
        {
            // Half of a surrogate pair.
            return "";
        }
    }
}
