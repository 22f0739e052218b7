using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Tributary.Server.Tests.Functions;

/// <summary>Each template, fetched from the catalogue, fed with what its product sends, up to the profile.</summary>
public sealed class FunctionTemplateTests
{
    private const string Secret = "whsec_tested";

    [Fact]
    public async Task A_zendesk_ticket_is_in_the_profile_of_its_requester()
    {
        const string Body = """{"event":"Ticket Created","ticket":{"id":"35436","subject":"Help, my printer is on fire!","status":"New","priority":"Urgent","tags":"printer fire","updatedAt":"2026-01-02T03:04:05Z"},"requester":{"id":"20978392","externalId":"","name":"Ada Lovelace","email":"ada@example.com"}}""";
        await using var world = await FunctionServer.StartAsync();
        var key = await UseAsync(world, "zendesk", new JsonObject { ["secret"] = Secret });
        var signature = Convert.ToBase64String(HMACSHA256.HashData(Bytes(Secret), Bytes("2026-01-02T03:04:05Z" + Body)));
        await TakenAsync(world, key, Body, ("X-Zendesk-Webhook-Signature", signature), ("X-Zendesk-Webhook-Signature-Timestamp", "2026-01-02T03:04:05Z"));
        var events = await EventsAsync(world, "ada@example.com", "Ticket Created");
        Assert.Contains("""{"ticketId":"35436","subject":"Help, my printer is on fire!","status":"new","priority":"urgent","tags":["printer","fire"]}""", events, StringComparison.Ordinal);
        Assert.Equal("Ada Lovelace", (await TraitsAsync(world, "ada@example.com"))["name"]!.GetValue<string>());
        await RefusedAsync(world, key, Body, ("X-Zendesk-Webhook-Signature", signature), ("X-Zendesk-Webhook-Signature-Timestamp", "2027-01-02T03:04:05Z"));
    }

    [Fact]
    public async Task An_intercom_conversation_is_in_the_profile_of_its_contact()
    {
        const string Body = """{"type":"notification_event","app_id":"a86dr8yl","id":"notif_1","topic":"conversation.user.created","created_at":1392731331,"data":{"type":"notification_event_data","item":{"type":"conversation","id":"147","state":"open","source":{"type":"conversation","id":"3","subject":"Hi","author":{"type":"user","id":"536e5643","name":"Ada","email":"ada@example.com"}},"contacts":{"type":"contact.list","contacts":[{"type":"contact","id":"536e5643","external_id":"25","email":"ada@example.com"}]}}}}""";
        await using var world = await FunctionServer.StartAsync();
        var key = await UseAsync(world, "intercom", new JsonObject { ["secret"] = Secret });
#pragma warning disable CA5350 // Intercom signs with it.
        var signature = "sha1=" + Convert.ToHexStringLower(HMACSHA1.HashData(Bytes(Secret), Bytes(Body)));
#pragma warning restore CA5350
        await TakenAsync(world, key, Body, ("X-Hub-Signature", signature));
        Assert.Contains("\"conversationId\":\"147\"", await EventsAsync(world, "ada@example.com", "Conversation Started"), StringComparison.Ordinal);
        await RefusedAsync(world, key, Body + " ", ("X-Hub-Signature", signature));
    }

    [Fact]
    public async Task Changes_of_a_hubspot_contact_are_traits_of_one_profile()
    {
        const string Body = """[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1767323045000,"subscriptionType":"contact.propertyChange","attemptNumber":0,"objectId":123,"propertyName":"email","propertyValue":"ada@example.com","changeSource":"CRM_UI"},{"eventId":2,"subscriptionId":12346,"portalId":62515,"occurredAt":1767323045001,"subscriptionType":"contact.propertyChange","attemptNumber":0,"objectId":123,"propertyName":"firstname","propertyValue":"Ada","changeSource":"CRM_UI"},{"eventId":3,"subscriptionId":12347,"portalId":62515,"occurredAt":1767323046000,"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM_UI"}]""";
        await using var world = await FunctionServer.StartAsync();
        var key = await UseAsync(world, "hubspot", new JsonObject { ["secret"] = Secret });
        var now = Now().ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        string Sign(string body) => Convert.ToBase64String(HMACSHA256.HashData(Bytes(Secret), Bytes($"POST{world.Server.Address}/fn/{key}{body}{now}")));
        await TakenAsync(world, key, Body, ("X-HubSpot-Signature-v3", Sign(Body)), ("X-HubSpot-Request-Timestamp", now));
        await EventsAsync(world, "ada@example.com", "Contact Creation");
        Assert.Equal("Ada", (await TraitsAsync(world, "ada@example.com"))["firstName"]!.GetValue<string>());
        await RefusedAsync(world, key, Body, ("X-HubSpot-Signature-v3", Sign("other")), ("X-HubSpot-Request-Timestamp", now));
    }

    [Fact]
    public async Task A_salesforce_outbound_message_is_acknowledged_and_in_the_profiles()
    {
        const string Body = """<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><notifications xmlns="http://soap.sforce.com/2005/09/outbound"><OrganizationId>00D000000000001AAA</OrganizationId><ActionId>04k000000000001AAA</ActionId><SessionId xsi:nil="true"/><EnterpriseUrl>https://e.example/</EnterpriseUrl><PartnerUrl>https://p.example/</PartnerUrl><Notification><Id>04l000000000001AAA</Id><sObject xsi:type="sf:Contact" xmlns:sf="urn:sobject.enterprise.soap.sforce.com"><sf:Id>003000000000001AAA</sf:Id><sf:Email>ada@example.com</sf:Email><sf:FirstName>Ada &amp; co</sf:FirstName><sf:Favourite_Colour__c>red</sf:Favourite_Colour__c></sObject></Notification><Notification><Id>04l000000000002AAA</Id><sObject xsi:type="sf:Case" xmlns:sf="urn:sobject.enterprise.soap.sforce.com"><sf:Id>500000000000001AAA</sf:Id><sf:ContactId>003000000000001AAA</sf:ContactId><sf:Subject>Broken</sf:Subject></sObject></Notification></notifications></soapenv:Body></soapenv:Envelope>""";
        await using var world = await FunctionServer.StartAsync();
        var key = await UseAsync(world, "salesforce", new JsonObject { ["organizationId"] = "00D000000000001AAA" });
        var (status, answer) = await SourceFunctionTests.PostAsync(world, "/fn/" + key, Body, "text/xml");
        Assert.Equal(200, status);
        Assert.Contains("<Ack>true</Ack>", answer, StringComparison.Ordinal);
        Assert.Contains("\"subject\":\"Broken\"", await EventsAsync(world, "ada@example.com", "Case Changed"), StringComparison.Ordinal);
        var traits = await TraitsAsync(world, "ada@example.com");
        Assert.Equal(("Ada & co", "red"), (traits["firstName"]!.GetValue<string>(), traits["favouriteColour"]!.GetValue<string>()));
        (status, _) = await SourceFunctionTests.PostAsync(world, "/fn/" + key, Body.Replace("00D000000000001AAA", "00D000000000002AAA", StringComparison.Ordinal), "text/xml");
        Assert.Equal(400, status);
    }

    [Fact]
    public async Task A_stripe_checkout_is_an_order_of_its_customer()
    {
        await using var world = await FunctionServer.StartAsync();
        var key = await UseAsync(world, "stripe", new JsonObject { ["secret"] = Secret });
        var body = $$"""{"id":"evt_1","object":"event","api_version":"2025-01-27","created":{{Now().ToUnixTimeSeconds()}},"type":"checkout.session.completed","data":{"object":{"id":"cs_test_1","object":"checkout.session","amount_total":2099,"currency":"eur","customer":"cus_1","customer_details":{"email":"ada@example.com","name":"Ada"},"status":"complete"} } }""";
        var at = Now().ToUnixTimeSeconds();
        string Sign(long time) => $"t={time},v1={Convert.ToHexStringLower(HMACSHA256.HashData(Bytes(Secret), Bytes($"{time}.{body}")))},v0=00";
        await TakenAsync(world, key, body, ("Stripe-Signature", Sign(at)));
        Assert.Contains("\"currency\":\"EUR\",\"revenue\":20.99", await EventsAsync(world, "ada@example.com", "Order Completed"), StringComparison.Ordinal);
        await RefusedAsync(world, key, body, ("Stripe-Signature", Sign(at - 400)));
        await RefusedAsync(world, key, body, ("Stripe-Signature", $"t={at},v1=00"));
        await RefusedAsync(world, key, body);
    }

    [Fact]
    public async Task A_shopify_order_is_in_the_profile_of_its_customer()
    {
        const string Body = """{"id":820982911946154508,"email":"ada@example.com","created_at":"2026-01-02T03:04:05-05:00","currency":"USD","total_price":"254.98","subtotal_price":"244.98","total_tax":"10.00","total_discounts":"0.00","customer":{"id":115310627314723954,"email":"ada@example.com","first_name":"Ada","last_name":"Lovelace"},"line_items":[{"product_id":788032119674292922,"sku":"K-1","title":"Kettle","price":"24.99","quantity":2}]}""";
        await using var world = await FunctionServer.StartAsync();
        var key = await UseAsync(world, "shopify", new JsonObject { ["secret"] = Secret });
        var signature = Convert.ToBase64String(HMACSHA256.HashData(Bytes(Secret), Bytes(Body)));
        (string, string)[] headers = [("X-Shopify-Hmac-Sha256", signature), ("X-Shopify-Topic", "orders/paid"), ("X-Shopify-Webhook-Id", "w-1")];
        await TakenAsync(world, key, Body, headers);
        // Sent again by the shop, it counts once.
        await TakenAsync(world, key, Body, headers);
        var events = await EventsAsync(world, "ada@example.com", "Order Completed");
        Assert.Contains("\"revenue\":244.98", events, StringComparison.Ordinal);
        Assert.Contains("\"name\":\"Kettle\",\"price\":24.99,\"quantity\":2", events, StringComparison.Ordinal);
        Assert.Equal(1, events.Split("\"Order Completed\"").Length - 1);
        await RefusedAsync(world, key, Body + "\n", headers);
    }

    [Fact]
    public async Task The_catalogue_lists_templates_and_knows_no_others()
    {
        await using var world = await FunctionServer.StartAsync();
        var list = (await world.Server.GetAsync("/api/catalog/function-templates"))["templates"]!.AsArray();
        Assert.Equal(["hubspot", "intercom", "salesforce", "shopify", "stripe", "zendesk"], list.Select(template => template!["slug"]!.GetValue<string>()));
        Assert.Equal(404, (await world.Server.SendAsync(HttpMethod.Get, "/api/catalog/function-templates/nobody")).Status);
    }

    private static async Task<string> UseAsync(FunctionServer world, string slug, JsonObject settings)
    {
        var template = (await world.Server.GetAsync("/api/catalog/function-templates/" + slug))["template"]!;
        var (_, key, _) = await SourceFunctionTests.SourceAsync(world, template["code"]!.GetValue<string>(), settings.ToJsonString(), template["settings"]!.ToJsonString());
        return key;
    }

    private static async Task TakenAsync(FunctionServer world, string key, string body, params (string, string)[] headers)
    {
        using var response = await SourceFunctionTests.SendAsync(world, "/fn/" + key, body, "application/json", headers);
        var answer = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == 200, answer);
    }

    private static async Task RefusedAsync(FunctionServer world, string key, string body, params (string, string)[] headers)
    {
        using var response = await SourceFunctionTests.SendAsync(world, "/fn/" + key, body, "application/json", headers);
        Assert.Equal(400, (int)response.StatusCode);
        Assert.Contains("message_rejected", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static async Task<string> EventsAsync(FunctionServer world, string email, string name)
    {
        await SourceFunctionTests.UntilAsync(world, email, name);
        return await SourceFunctionTests.EventsAsync(world, "email:" + email);
    }

    private static async Task<JsonNode> TraitsAsync(FunctionServer world, string email)
    {
        using var response = await world.Server.Http.GetAsync($"/v1/spaces/default/collections/users/profiles/{Uri.EscapeDataString("email:" + email)}/traits?limit=100");
        return JsonNode.Parse(await response.Content.ReadAsStringAsync())!["traits"]!;
    }

    private static DateTimeOffset Now() => TimeProvider.System.GetUtcNow();

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
