using Microsoft.AspNetCore.Http;

namespace Tributary.Engine.Ingest;

/// <summary><c>POST /v1/import</c>: an envelope like any other, or a file of JSON lines or CSV.</summary>
internal static class ImportApi
{
    public static Task ImportAsync(HttpContext context) => TrackingApi.BatchAsync(context);
}
