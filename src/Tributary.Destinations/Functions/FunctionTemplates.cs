using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tributary.Engine.Workspace;

namespace Tributary.Destinations.Functions;

/// <summary><c>/api/catalog/function-templates</c>: the templates there are.</summary>
internal static class FunctionTemplates
{
    private static readonly FunctionSetting Secret = new("secret", "Signing secret", "What the product signs its requests with; they are refused when it does not fit.", "STRING", Required: true, Sensitive: true);
    private static readonly FunctionSetting OptionalSecret = Secret with { Description = "What the product signs its requests with. Left empty, signatures are not looked at.", Required = false };

    public static ImmutableArray<FunctionTemplate> All { get; } =
    [
        new("hubspot", "HubSpot", "Subscribe the address to contact and deal events in a private app; the signing secret is the app's client secret.", [OptionalSecret]),
        new("intercom", "Intercom", "Add the address as a webhook of your app in Intercom's developer hub; the signing secret is the app's client secret.", [OptionalSecret]),
        new("salesforce", "Salesforce", "Let a flow or a workflow rule send an outbound message about contacts or leads to the address.", [
            new("organizationId", "Organization id", "Messages of other organizations are refused. 18 characters.", "STRING", Required: false, Sensitive: false)]),
        new("shopify", "Shopify", "Add the address as a webhook for orders and customers, in JSON; the signing secret stands below the list of webhooks.", [Secret]),
        new("stripe", "Stripe", "Add the address as an endpoint for events of customers, charges and subscriptions; the signing secret begins with whsec_.", [Secret]),
        new("zendesk", "Zendesk", "Let a trigger call a webhook with the address; body: see the top of the code. The signing secret is the webhook's.", [OptionalSecret]),
    ];

    public static void Map(IEndpointRouteBuilder api)
    {
        var templates = api.MapGroup("/api/catalog/function-templates").WithTags("Functions");
        templates.MapGet("/", () => ApiAnswer.Data(new JsonObject { ["templates"] = new JsonArray([.. All.Select(template => Of(template, hasCode: false))]) }))
            .WithName("listFunctionTemplates").WithSummary("Source functions to begin with.");
        templates.MapGet("/{slug}", (string slug) => All.FirstOrDefault(template => template.Slug == slug) is { } found
                ? ApiAnswer.Data(new JsonObject { ["template"] = Of(found, hasCode: true) })
                : ApiAnswer.Refused(WorkspaceRefusal.NotFound("function template", slug)))
            .WithName("getFunctionTemplate").WithSummary("One template with its code.");
    }

    private static JsonObject Of(FunctionTemplate template, bool hasCode)
    {
        var json = new JsonObject
        {
            ["slug"] = template.Slug,
            ["name"] = template.Name,
            ["description"] = template.Description,
            ["resourceType"] = Function.SourceType,
            ["settings"] = FunctionForm.SettingsOf(template.Settings),
        };
        if (hasCode) json["code"] = template.Code;
        return json;
    }
}
