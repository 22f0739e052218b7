using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Tributary.Engine.Workspace;

/// <summary><c>/api/audit-events</c>: who changed what, newest first.</summary>
internal static class AuditApi
{
    // One revision changes at most a few thousand resources; the rest of the number is the revision.
    private const long ItemsPerRevision = 1 << 20;

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/audit-events", List).WithTags("Audit").WithName("listAuditEvents").WithSummary($"The changes of the last {AuditEntry.KeptMax} revisions, newest first.");

    private static ApiAnswer List(HttpRequest request, LiveWorkspace workspace)
    {
        var (page, refusal) = ApiPage.Read(request);
        var items = workspace.Current.Audit
            .SelectMany(entry => entry.Items.Select((item, at) => (Entry: entry, Item: item, Key: (-entry.Revision * ItemsPerRevision) + at)))
            .ToList();
        return refusal is null
            ? ApiAnswer.Data(page.Cut("events", items, item => item.Key, item => Json(item.Entry, item.Item, item.Key)))
            : ApiAnswer.Refused(refusal);
    }

    private static JsonObject Json(AuditEntry entry, AuditItem item, long key) => new()
    {
        ["id"] = key.ToString(CultureInfo.InvariantCulture).TrimStart('-'),
        ["timestamp"] = DateTimeOffset.FromUnixTimeMilliseconds(entry.At).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
        ["type"] = $"{char.ToUpperInvariant(item.Kind[0])}{item.Kind[1..]} {item.Action}",
        ["actor"] = entry.Author,
        ["resourceId"] = item.Id,
        ["resourceType"] = item.Kind,
        ["resourceName"] = item.Name ?? "",
        ["revision"] = entry.Revision,
        ["fields"] = new JsonArray([.. item.Fields.Select(field => JsonValue.Create(field))]),
        ["changes"] = new JsonArray([.. item.Changes.Select(change => (JsonNode)new JsonObject
        {
            ["field"] = change.Field,
            ["before"] = change.Before?.DeepClone(),
            ["after"] = change.After?.DeepClone(),
        })]),
    };
}
