using System.Text;
using Tributary.Console.Destinations;
using Tributary.Engine.Delivery.Fql;
using Tributary.Engine.Workspace;
using Xunit;

namespace Tributary.Console.Tests.Pages;

/// <summary>Presets for what audiences say.</summary>
public sealed class AudiencePresetsTests
{
    [Theory]
    [InlineData("warehouse_audience_entered_track", """{"type":"track","event":"Audience Entered"}""", """{"type":"track","event":"Audience Exited"}""")]
    [InlineData("warehouse_audience_exited_track", """{"type":"track","event":"Audience Exited"}""", """{"type":"track","event":"Audience Entered"}""")]
    [InlineData("warehouse_audience_membership_changed_identify", """{"type":"identify","traits":{"buyers":true}}""", """{"type":"track","event":"Audience Entered"}""")]
    public void The_moment_that_a_preset_names_is_a_trigger(string moment, string meant, string other)
    {
        var preset = AudiencePresets.Of(new DestinationPreset("add", "Add", default, null, moment));
        var (trigger, fault) = Trigger.Compile(preset.Trigger!);
        Assert.Null(fault);
        Assert.True(trigger!.Matches(Event(meant)));
        Assert.False(trigger.Matches(Event(other)));
    }

    [Fact]
    public void What_has_a_trigger_or_belongs_to_another_product_stays_as_it_is()
    {
        var preset = new DestinationPreset("add", "Add", default, "type = \"page\"", "warehouse_audience_entered_track");
        Assert.Equal("type = \"page\"", AudiencePresets.Of(preset).Trigger);
        Assert.Null(AudiencePresets.Of(preset with { Trigger = null, EventSlug = "journeys_step_entered_track" }).Trigger);
    }

    private static EventDocument Event(string json) => EventDocument.Read(Encoding.UTF8.GetBytes(json))!;
}
