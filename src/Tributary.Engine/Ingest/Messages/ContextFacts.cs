using System.Text.Json;

namespace Tributary.Engine.Ingest;

/// <summary>What the checks need to know of a message's <c>context</c>, gathered while the reader passes over it.</summary>
internal struct ContextFacts
{
    /// <summary><c>context.ip</c> is there; null counts, because it says that no address shall be added.</summary>
    public bool HasIp;

    /// <summary><c>context.direct</c> is true: the sender's address is the person's.</summary>
    public bool IsDirect;

    /// <summary>The kind of <c>context.device.advertisingId</c>; None when absent.</summary>
    public JsonTokenType AdvertisingId;

    /// <summary>The kind of <c>context.consent.version</c>; None when absent.</summary>
    public JsonTokenType ConsentVersion;

    /// <summary>The kind of <c>context.consent.categoryPreferences</c>; None when absent.</summary>
    public JsonTokenType CategoryPreferences;

    /// <summary>A value within <c>categoryPreferences</c> is neither true nor false.</summary>
    public bool HasPreferenceOfOtherKind;

    /// <summary>Reads the object that the scanner stands on the start of, up to its end.</summary>
    public static ContextFacts Read(scoped ref JsonWalk walk)
    {
        var facts = default(ContextFacts);
        while (walk.NextMember())
        {
            if (walk.NameIs("ip"u8)) facts.HasIp = true;
            var (isDirect, isDevice, isConsent) = (walk.NameIs("direct"u8), walk.NameIs("device"u8), walk.NameIs("consent"u8));
            var kind = walk.ReadValueStart();
            if (isDirect) facts.IsDirect = kind == JsonTokenType.True;
            if (isDevice && kind == JsonTokenType.StartObject) facts.ReadDevice(ref walk);
            else if (isConsent && kind == JsonTokenType.StartObject) facts.ReadConsent(ref walk);
            else walk.SkipValue();
        }

        return facts;
    }

    private void ReadDevice(scoped ref JsonWalk walk)
    {
        AdvertisingId = JsonTokenType.None;
        while (walk.NextMember())
        {
            var isAdvertisingId = walk.NameIs("advertisingId"u8);
            var kind = walk.ReadValueStart();
            if (isAdvertisingId) AdvertisingId = kind;
            walk.SkipValue();
        }
    }

    private void ReadConsent(scoped ref JsonWalk walk)
    {
        (ConsentVersion, CategoryPreferences, HasPreferenceOfOtherKind) = (JsonTokenType.None, JsonTokenType.None, false);
        while (walk.NextMember())
        {
            var (isVersion, isPreferences) = (walk.NameIs("version"u8), walk.NameIs("categoryPreferences"u8));
            var kind = walk.ReadValueStart();
            if (isVersion) ConsentVersion = kind;
            if (isPreferences) CategoryPreferences = kind;
            if (isPreferences && kind == JsonTokenType.StartObject) HasPreferenceOfOtherKind = HasOtherThanBools(ref walk);
            else walk.SkipValue();
        }
    }

    private static bool HasOtherThanBools(scoped ref JsonWalk walk)
    {
        var others = false;
        while (walk.NextMember())
        {
            others |= walk.ReadValueStart() is not (JsonTokenType.True or JsonTokenType.False);
            walk.SkipValue();
        }

        return others;
    }
}
