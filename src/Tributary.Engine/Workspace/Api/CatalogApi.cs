using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Tributary.Engine.Workspace;

/// <summary><c>/api/catalog</c>: the kinds of sources and destinations on offer. Their id is their slug.</summary>
internal static class CatalogApi
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var catalog = api.MapGroup("/catalog").WithTags("Catalog");
        catalog.MapGet("/sources", Sources).WithName("getSourcesCatalog").WithSummary("The kinds of sources.");
        catalog.MapGet("/sources/{id}", Source).WithName("getSourceMetadata").WithSummary("One kind of source.");
        catalog.MapGet("/destinations", Destinations).WithName("getDestinationsCatalog").WithSummary("The kinds of destinations.");
        catalog.MapGet("/destinations/{id}", Destination).WithName("getDestinationMetadata").WithSummary("One kind of destination.");
    }

    private static ApiAnswer Sources(HttpRequest request)
    {
        var (page, refusal) = ApiPage.Read(request);
        var entries = SourceCatalog.Entries.Select((entry, at) => (entry.Slug, At: at + 1L)).ToList();
        return refusal is null
            ? ApiAnswer.Data(page.Cut("sourcesCatalog", entries, entry => entry.At, entry => ApiJson.SourceMetadata(entry.Slug)))
            : ApiAnswer.Refused(refusal);
    }

    private static ApiAnswer Source(string id) => SourceCatalog.NameOf(id) is null
        ? ApiAnswer.Refused(WorkspaceRefusal.NotFound("kind of source", id))
        : ApiAnswer.Data(new JsonObject { ["sourceMetadata"] = ApiJson.SourceMetadata(id) });

    private static ApiAnswer Destinations(HttpRequest request, DestinationCatalog catalog)
    {
        var (page, refusal) = ApiPage.Read(request);
        var kinds = catalog.Kinds.Select((kind, at) => (Kind: kind, At: at + 1L)).ToList();
        return refusal is null
            ? ApiAnswer.Data(page.Cut("destinationsCatalog", kinds, item => item.At, item => ApiJson.DestinationMetadata(item.Kind.Slug, item.Kind)))
            : ApiAnswer.Refused(refusal);
    }

    private static ApiAnswer Destination(string id, DestinationCatalog catalog) => catalog.Find(id) is { } kind
        ? ApiAnswer.Data(new JsonObject { ["destinationMetadata"] = ApiJson.DestinationMetadata(id, kind) })
        : ApiAnswer.Refused(WorkspaceRefusal.NotFound("kind of destination", id));
}
