using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Identity;

/// <summary>The identity settings of a space, made ready for use: one object per workspace revision and space.</summary>
internal sealed class IdentityRules
{
    private readonly FrozenDictionary<string, TypeRule> _byType;
    private readonly ImmutableArray<IdentifierRule> _ranked;
    private readonly bool _othersAreAlphabetical;
    private readonly Dictionary<string, TypeRule> _unconfigured = new(StringComparer.Ordinal);

    public IdentityRules(IdentitySettings settings)
    {
        Demotion = settings.Demotion;
        _byType = settings.Identifiers.ToFrozenDictionary(rule => rule.Type, rule => new TypeRule(rule), StringComparer.Ordinal);
        _ranked = [.. settings.Identifiers.Where(rule => rule.Type is not ("user_id" or "email")).OrderBy(rule => rule.Priority).ThenBy(rule => rule.Type, StringComparer.Ordinal)];
        _othersAreAlphabetical = _ranked.Select(rule => rule.Type).SequenceEqual(_ranked.Select(rule => rule.Type).Order(StringComparer.Ordinal));
        MatchKeys = [.. settings.Identifiers.SelectMany(rule => rule.MatchKeys.SelectMany(Spellings).Distinct().Select(key => new MatchKey(Encoding.UTF8.GetBytes(key), _byType[rule.Type])))];
        Count = MatchKeys.Length;
    }

    public DemotionRule Demotion { get; }

    /// <summary>Keys to look for in traits, context.traits and properties, in the order of the settings.</summary>
    public ImmutableArray<MatchKey> MatchKeys { get; }

    /// <summary>How many match keys there are.</summary>
    public int Count { get; }

    /// <summary>The rule of a type that the settings name; null when they do not, so that the type identifies nobody.</summary>
    public TypeRule? FindConfigured(string type) => _byType.GetValueOrDefault(type);

    /// <summary>
    /// The rule of any type. One that nobody configured gets the preset limit and its place in the alphabet among the types behind user_id and email;
    /// where someone has ordered those otherwise, it is the weakest.
    /// </summary>
    public TypeRule Find(string type)
    {
        if (_byType.TryGetValue(type, out var rule) || _unconfigured.TryGetValue(type, out rule)) return rule;
        var following = _othersAreAlphabetical ? _ranked.FirstOrDefault(other => string.CompareOrdinal(other.Type, type) > 0) : null;
        var weakest = _byType.Values.Select(other => other.Priority).DefaultIfEmpty(2).Max() + 1;
        rule = new TypeRule(new IdentifierRule { Type = type, Priority = following?.Priority ?? weakest });
        if (_unconfigured.Count < 1000) _unconfigured.Add(type, rule);
        return rule;
    }

    // A key is found in camelCase and in snake_case, whichever of the two the settings give.
    private static IEnumerable<string> Spellings(string key)
    {
        yield return key;
        yield return Regex.Replace(key, "_+([a-zA-Z0-9])", match => match.Groups[1].Value.ToUpperInvariant());
        yield return Regex.Replace(key, "(?<=[a-z0-9])([A-Z])", match => "_" + match.Groups[1].Value.ToLowerInvariant());
    }
}

/// <summary>A key that holds identifiers of a type.</summary>
internal readonly record struct MatchKey(byte[] Utf8, TypeRule Rule);

/// <summary>The rule of one identifier type, made ready for use.</summary>
internal sealed class TypeRule
{
    private readonly FrozenSet<string> _blockedExactly;
    private readonly Regex[] _blockedPatterns;

    public TypeRule(IdentifierRule rule)
    {
        Type = rule.Type;
        TypeUtf8 = Encoding.UTF8.GetBytes(rule.Type);
        Limit = rule.Limit;
        Priority = rule.Priority;
        WindowMs = rule.Window switch
        {
            LimitWindow.Ever => null,
            LimitWindow.Annually => 365 * 24 * 3_600_000L,
            LimitWindow.Monthly => 30 * 24 * 3_600_000L,
            LimitWindow.Weekly => 7 * 24 * 3_600_000L,
            LimitWindow.Daily => 24 * 3_600_000L,
            LimitWindow.Hourly => 3_600_000L,
        };
        _blockedExactly = rule.Blocked.Where(blocked => blocked.Exact is not null).Select(blocked => blocked.Exact!).ToFrozenSet(StringComparer.Ordinal);
        // Without a limit of time: on a machine that is busy it would strike an event that is accepted when the log is read again.
        _blockedPatterns = [.. rule.Blocked.Where(blocked => blocked.Pattern is not null).Select(blocked => IdentitySettingsForm.Compile(blocked.Pattern!))];
    }

    public string Type { get; }

    public byte[] TypeUtf8 { get; }

    public int Limit { get; }

    public int Priority { get; }

    /// <summary>Length of the window in milliseconds of log time; null for ever.</summary>
    public long? WindowMs { get; }

    /// <summary>True when the value identifies nobody.</summary>
    public bool Blocks(ReadOnlySpan<byte> value)
    {
        if (_blockedExactly.Count == 0 && _blockedPatterns.Length == 0) return false;
        var text = Encoding.UTF8.GetString(value);
        return _blockedExactly.Contains(text) || Array.Exists(_blockedPatterns, pattern => pattern.IsMatch(text));
    }

    /// <summary>Orders by strength: negative when this type is the stronger.</summary>
    public int CompareStrength(TypeRule other)
    {
        var order = Priority.CompareTo(other.Priority);
        return order != 0 ? order : string.CompareOrdinal(Type, other.Type);
    }
}
