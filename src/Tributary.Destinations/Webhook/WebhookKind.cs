using System.Text.Json.Nodes;
using Tributary.Destinations.Http;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Destinations.Webhook;

/// <summary>The webhook in the catalogue: every event is sent as JSON to one address.</summary>
public static class WebhookKind
{
    /// <summary>Its <c>metadataId</c>.</summary>
    public const string Slug = "webhook";

    /// <summary>Longest address accepted, in characters.</summary>
    public const int UrlLengthMax = 2_000;

    public static DestinationKind Value { get; } = new(
        Slug,
        "Webhook",
        "Sends every event as JSON with POST to an address of yours.",
        [
            new("url", "string", true, "Absolute http or https address that receives the events."),
            new("sharedSecret", "string", false, "Signs each request: X-Signature is the HMAC-SHA1 of the body, in hexadecimal.", IsSecret: true),
            new("headers", "map", false, "Additional request headers; kept as a secret, because they often hold one.", IsSecret: true),
            new("batchSize", "number", false, "Most events of one request, 1 to 4000. 1 (the default) sends an object, more an array."),
        ],
        Check);

    /// <summary>How webhooks are sent, with the client that all destinations share.</summary>
    public static DestinationDriver Driver(OutboundHttp http, TimeProvider clock) => new(Slug, request =>
    {
        var (model, faults) = WebhookModel.Read(request.Settings);
        return model is null
            ? SenderOpened.Faulty(string.Join(" ", faults.Select(fault => $"settings.{fault.Field} {fault.Message}")))
            : SenderOpened.With(new WebhookSender(model, http.For(request.IsDryRun), clock));
    });

    private static IEnumerable<WorkspaceFault> Check(JsonObject settings)
    {
        var (model, faults) = WebhookModel.Read(settings);
        foreach (var (field, message) in faults) yield return new WorkspaceFault($"settings.{field}", $"settings.{field} {message}");
        // An address is shown to whoever may read settings, and no client sends what stands before its @.
        if (model?.Url.UserInfo.Length > 0)
            yield return new WorkspaceFault("settings.url", "settings.url must not hold a user name or password. Send them in settings.headers, as Authorization.");
    }
}
