using System.Text;
using Tributary.Engine.Delivery;
using Tributary.Engine.Workspace;
using Xunit;

namespace Tributary.Engine.Tests.Delivery;

public sealed class DeliveryFilterTests
{
    private static readonly DeliveryFilter Filter = new(
        new Destination { Id = "dest1", Number = 1, Name = "Our hook", MetadataId = "webhook", SourceId = "s" }, "Webhook");

    [Theory]
    [InlineData("""{"type":"track"}""", null)]
    [InlineData("""{"integrations":{}}""", null)]
    [InlineData("""{"integrations":{"All":true}}""", null)]
    [InlineData("""{"integrations":{"All":false}}""", DeliveryFilter.ByIntegrations)]
    [InlineData("""{"integrations":{"all":false}}""", DeliveryFilter.ByIntegrations)]
    [InlineData("""{"integrations":{"All":false,"Webhook":true}}""", null)]
    [InlineData("""{"integrations":{"All":false,"Our hook":{"some":"option"}}}""", null)]
    [InlineData("""{"integrations":{"Webhook":false}}""", DeliveryFilter.ByIntegrations)]
    [InlineData("""{"integrations":{"Our hook":false,"Webhook":true}}""", DeliveryFilter.ByIntegrations)]
    [InlineData("""{"integrations":{"our hook":false,"webhook":false}}""", null)]
    [InlineData("""{"integrations":{"Mixpanel":false}}""", null)]
    [InlineData("""{"integrations":{"All":null}}""", null)]
    [InlineData("""{"properties":{"integrations":{"All":false}}}""", null)]
    [InlineData("""{"integrations":{"deep":{"All":false}}}""", null)]
    [InlineData("""{"integrations":[false]}""", null)]
    [InlineData("""{"_metadata":{"bundled":["Segment.io"],"unbundled":["Webhook"],"bundledIds":[]}}""", null)]
    [InlineData("""{"_metadata":{"bundled":["Webhook"]}}""", DeliveryFilter.SentByClient)]
    [InlineData("""{"_metadata":{"bundled":[1,null,{"a":1}],"bundledIds":["x","dest1"]}}""", DeliveryFilter.SentByClient)]
    [InlineData("""{"_metadata":7,"integrations":{"All":false}}""", DeliveryFilter.ByIntegrations)]
    public void Reads_what_a_message_says_about_its_destinations(string message, string? reason) => Assert.Equal(reason, Filter.Judge(Encoding.UTF8.GetBytes(message)));

    [Theory]
    [InlineData("""{"integrations":{"All":false}}""", null)]
    [InlineData("""{"integrations":{"Our hook":false,"Webhook":false,"Warehouses":false}}""", null)]
    [InlineData("""{"integrations":{"Warehouses":{"all":false}}}""", DeliveryFilter.ByIntegrations)]
    [InlineData("""{"integrations":{"Warehouses":{"all":true}}}""", null)]
    [InlineData("""{"integrations":{"Warehouses":{"warehouseIds":["other",{"a":["dest1"]}]}}}""", DeliveryFilter.ByIntegrations)]
    [InlineData("""{"integrations":{"Warehouses":{"warehouseIds":["other","dest1"]},"All":false}}""", null)]
    public void A_warehouse_heeds_only_what_is_said_about_warehouses(string message, string? reason) => Assert.Equal(reason, new DeliveryFilter(
        new Destination { Id = "dest1", Number = 1, Name = "Our hook", MetadataId = "postgres", SourceId = "s" }, "Webhook", isWarehouse: true).Judge(Encoding.UTF8.GetBytes(message)));

    [Theory]
    [InlineData("integrations")]
    [InlineData("_metadata")]
    [InlineData("context")]
    public void Names_that_are_no_text_are_none_of_ours(string member)
    {
        var name = "\\ud800" + new string('x', 60);
        var message = $$$"""{"consent":1,"{{{name}}}":1,"{{{member}}}":{"{{{name}}}":true,"consent":{"categoryPreferences":{"{{{name}}}":true,"a":true}},"bundled":["{{{name}}}"]},"_metadata":{},"integrations":{}}""";
        var destination = new Destination
        {
            Id = "dest1",
            Number = 1,
            Name = "The name of a destination that is long enough",
            MetadataId = "webhook",
            SourceId = "s",
            Settings = new System.Text.Json.Nodes.JsonObject { [DestinationSync.ConsentKey] = new System.Text.Json.Nodes.JsonArray("a") },
        };

        Assert.Null(new DeliveryFilter(destination, "Webhook").Judge(Encoding.UTF8.GetBytes(message)));
    }

    [Theory]
    [InlineData("""{"integrations":{"All":false,"Wbehook":true}}""", DeliveryFilter.UnknownIntegration)]
    [InlineData("""{"integrations":{"Wbehook":{"an":"option"},"All":false}}""", DeliveryFilter.UnknownIntegration)]
    [InlineData("""{"integrations":{"All":false,"\ud800":true}}""", DeliveryFilter.UnknownIntegration)]
    [InlineData("""{"integrations":{"All":false,"Wbehook":false}}""", DeliveryFilter.ByIntegrations)]
    [InlineData("""{"integrations":{"All":false,"Mixpanel":true}}""", DeliveryFilter.ByIntegrations)]
    [InlineData("""{"integrations":{"All":false,"Mixpan\u0065l":true}}""", DeliveryFilter.ByIntegrations)]
    [InlineData("""{"integrations":{"All":false,"Webhook":false,"Wbehook":true}}""", DeliveryFilter.ByIntegrations)]
    [InlineData("""{"integrations":{"All":false,"Webhook":true,"Wbehook":true}}""", null)]
    [InlineData("""{"integrations":{"Wbehook":true}}""", null)]
    public void A_name_that_nothing_has_is_the_reason_where_it_is_asked_for_instead_of_all(string message, string? reason) => Assert.Equal(reason, new DeliveryFilter(
        new Destination { Id = "dest1", Number = 1, Name = "Our hook", MetadataId = "webhook", SourceId = "s" }, "Webhook", isKnown: name => name is "All" or "Mixpanel" or "Webhook")
        .Judge(Encoding.UTF8.GetBytes(message)));

    [Theory]
    [InlineData("""{"integrations":{"All":false,"Score (Acme)":true}}""", null)]
    [InlineData("""{"integrations":{"Score (Acme)":false}}""", DeliveryFilter.ByIntegrations)]
    [InlineData("""{"integrations":{"Score":false}}""", DeliveryFilter.ByIntegrations)]
    [InlineData("""{"integrations":{"Score (Other)":false}}""", null)]
    public void A_function_is_called_with_and_without_its_workspace(string message, string? reason) => Assert.Equal(reason, new DeliveryFilter(
        new Destination { Id = "dest1", Number = 1, Name = "Ours", MetadataId = "fn_1", SourceId = "s" }, "Score", fullName: "Score (Acme)").Judge(Encoding.UTF8.GetBytes(message)));
}
