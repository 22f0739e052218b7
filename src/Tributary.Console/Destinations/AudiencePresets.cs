using Tributary.Engine.Workspace;

namespace Tributary.Console.Destinations;

/// <summary>Presets for what audiences say. Segment names the moment instead of a trigger; in events it is one.</summary>
internal static class AudiencePresets
{
    /// <summary>The preset with the trigger that its moment stands for; as it is when it has one, or belongs to another product.</summary>
    public static DestinationPreset Of(DestinationPreset preset) => (preset.Trigger, preset.EventSlug) switch
    {
        (not null, _) => preset,
        (_, "warehouse_audience_entered_track") => preset with { Trigger = "type = \"track\" and event = \"Audience Entered\"" },
        (_, "warehouse_audience_exited_track") => preset with { Trigger = "type = \"track\" and event = \"Audience Exited\"" },
        (_, "warehouse_audience_membership_changed_identify") => preset with { Trigger = "type = \"identify\"" },
        _ => preset,
    };
}
