using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Profiles;

/// <summary>
/// Segment's Profile API: <c>/v1/spaces/{space}/collections/{users|accounts}/profiles/{identifier}/{traits|external_ids|events|metadata|links}</c>.
/// </summary>
/// <remarks>
/// Shapes, limits and errors: unify specification §2. Where it leaves room: no rate limit of our own, events go back as far as the log, the page size of
/// traits is 10 and at most 200, of the rest 10 and at most 100.
/// </remarks>
public sealed class ProfileApi(Func<WorkspaceSnapshot> workspace, ProfileQueries profiles)
{
    private const int LimitDefault = 10;

    private enum Answered
    {
        Yes,
        NotFound,
        Invalid,
    }

    /// <summary>Maps the routes, with <c>/v1/namespaces</c> as the older name.</summary>
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/v1/spaces/{**rest}", (HttpContext context, ProfileApi api) => api.AnswerAsync(context, "/v1/spaces/")).ExcludeFromDescription();
        endpoints.MapGet("/v1/namespaces/{**rest}", (HttpContext context, ProfileApi api) => api.AnswerAsync(context, "/v1/namespaces/")).ExcludeFromDescription();
    }

    /// <summary>Writes an error in the API's shape.</summary>
    public static async Task WriteErrorAsync(HttpContext context, int status, string code, string message)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        var body = JsonSerializer.SerializeToUtf8Bytes(new { error = new { code, message } }, WorkspaceSnapshot.Json);
        context.Response.ContentLength = body.Length;
        await context.Response.BodyWriter.WriteAsync(body);
    }

    /// <summary>A refusal of a missing, wrong or too weak token.</summary>
    public static Task RejectAsync(HttpContext context, int status, string message) => WriteErrorAsync(context, status, "authentication_error", message);

    private async Task AnswerAsync(HttpContext context, string prefix)
    {
        context.Response.Headers["Request-Id"] = context.TraceIdentifier;
        var path = RawPath.Segments(context, prefix);
        if (path.Length is not (6 or 4) || path[1] != "collections" || path[3] != "profiles" || workspace().FindSpace(path[0]) is not { } space)
        {
            await WriteErrorAsync(context, StatusCodes.Status404NotFound, "not_found", "The resource was not found.");
            return;
        }

        if (path[2] is not ("users" or "accounts"))
        {
            await WriteErrorAsync(context, StatusCodes.Status400BadRequest, "validation_error", "The collection must be users or accounts.");
            return;
        }

        var collection = path[2] == "users" ? ProfileCollection.Users : ProfileCollection.Accounts;
        var buffer = new System.Buffers.ArrayBufferWriter<byte>(1024);
        var error = "";
        Answered answered;
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = WorkspaceSnapshot.Json.Encoder, SkipValidation = true }))
        {
            answered = path.Length == 4
                ? List(json, context.Request.Query, space, collection, out error)
                : Answer(json, context.Request.Query, space, collection, path[4], path[5], out error);
        }

        switch (answered)
        {
            case Answered.Yes:
                context.Response.ContentType = "application/json";
                context.Response.ContentLength = buffer.WrittenCount;
                await context.Response.BodyWriter.WriteAsync(buffer.WrittenMemory);
                break;
            case Answered.NotFound:
                await WriteErrorAsync(context, StatusCodes.Status404NotFound, "not_found", error);
                break;
            case Answered.Invalid:
                await WriteErrorAsync(context, StatusCodes.Status400BadRequest, "validation_error", error);
                break;
        }
    }

    private Answered Answer(Utf8JsonWriter json, IQueryCollection query, Space space, ProfileCollection collection, string name, string what, out string error)
    {
        error = "Profile was not found.";
        if (!name.StartsWith("use_", StringComparison.Ordinal) && !name.Contains(':', StringComparison.Ordinal))
        {
            error = "The profile must be named by type:value or by its id.";
            return Answered.Invalid;
        }

        if (profiles.Find(space, collection, name) is not { } profile) return Answered.NotFound;
        var max = what == "traits" ? 200 : what == "links" ? 20 : 100;
        if (!TryReadLimit(query, max, out var limit))
        {
            error = $"The limit must be between 1 and {max}.";
            return Answered.Invalid;
        }

        var page = new Page(
            $"/v1/spaces/{space.Id}/collections/{(collection == ProfileCollection.Users ? "users" : "accounts")}/profiles/{profile.Id}/{what}",
            limit, query["next"].ToString(), IsTrue(query["verbose"]), Names(query["include"]), Names(query["exclude"]));
        json.WriteStartObject();
        switch (what)
        {
            case "traits" or "properties":
                ProfileWriter.WriteTraits(json, profile, page, workspace(), query["class"].ToString());
                break;
            case "external_ids":
                ProfileWriter.WriteIdentifiers(json, profile, page, workspace());
                break;
            case "events":
                if (!TryReadTime(query["start"], long.MinValue, out var start) || !TryReadTime(query["end"], long.MaxValue, out var end))
                {
                    error = "start and end must be ISO 8601 times.";
                    return Answered.Invalid;
                }

                if (query["sort"].ToString() is not ("" or "asc" or "desc"))
                {
                    error = "sort must be asc or desc.";
                    return Answered.Invalid;
                }

                ProfileWriter.WriteEvents(json, profile, page, workspace(), profiles, start, end, query["sort"] == "asc");
                break;
            case "metadata":
                ProfileWriter.WriteMetadata(json, profile, workspace());
                break;
            case "links":
                ProfileWriter.WriteLinks(json, profile, page, workspace(), profiles);
                break;
            default:
                error = "The resource was not found.";
                return Answered.NotFound;
        }

        json.WriteEndObject();
        return Answered.Yes;
    }

    private Answered List(Utf8JsonWriter json, IQueryCollection query, Space space, ProfileCollection collection, out string error)
    {
        error = "The limit must be between 1 and 100.";
        if (!TryReadLimit(query, 100, out var limit)) return Answered.Invalid;
        error = "next must be a profile id.";
        var next = query["next"].ToString();
        ProfileId after = default;
        if (next.Length > 0 && !ProfileId.TryParse(next, out after)) return Answered.Invalid;
        var found = profiles.List(space, collection, after).Take(limit + 1).ToList();
        json.WriteStartObject();
        json.WriteStartArray("data");
        foreach (var profile in found.Take(limit))
        {
            json.WriteStartObject();
            json.WriteString("id", profile.Id.ToString());
            ProfileWriter.WriteIdentifierList(json, profile, workspace());
            json.WriteEndObject();
        }

        json.WriteEndArray();
        var last = found.Count > limit ? found[limit - 1].Id.ToString() : "";
        ProfileWriter.WriteCursor(json, $"/v1/spaces/{space.Id}/collections/{(collection == ProfileCollection.Users ? "users" : "accounts")}/profiles", last, limit);
        json.WriteEndObject();
        return Answered.Yes;
    }

    private static bool TryReadLimit(IQueryCollection query, int max, out int limit)
    {
        limit = Math.Min(LimitDefault, max);
        return query["limit"].Count == 0 || (int.TryParse(query["limit"], CultureInfo.InvariantCulture, out limit) && limit >= 1 && limit <= max);
    }

    private static bool TryReadTime(string? text, long fallback, out long time)
    {
        time = fallback;
        if (string.IsNullOrEmpty(text)) return true;
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed)) return false;
        time = parsed.ToUnixTimeMilliseconds();
        return true;
    }

    private static bool IsTrue(string? text) => text is "true" or "1";

    private static HashSet<string>? Names(string? list) =>
        string.IsNullOrEmpty(list) ? null : [.. list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    /// <summary>Which part of a list was asked for.</summary>
    internal sealed record Page(string Url, int Limit, string Next, bool Verbose, IReadOnlySet<string>? Include, IReadOnlySet<string>? Exclude);
}
