using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Tributary.Engine.Lake;

/// <summary>The lake over HTTP.</summary>
public static class LakeApi
{
    /// <summary>
    /// Maps <c>POST /api/lake/query</c>: <c>{"sql", "limit"?, "timeout"?}</c> (rows, seconds) answers
    /// <c>{"data":{"columns":[{"name","type"}],"rows":[[…]],"truncated":bool}}</c>, or 400 with <c>{"errors":[{"type","message","field"}]}</c>.
    /// </summary>
    public static IEndpointConventionBuilder MapLakeApi(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/lake/query", QueryAsync).WithName("queryLake").WithSummary("Runs one SQL query over the lake, read only.");

    private static async Task<IResult> QueryAsync(HttpRequest request, LakeQuery query, CancellationToken cancellationToken)
    {
        LakeQueryRequest? asked;
        try
        {
            asked = await JsonSerializer.DeserializeAsync<LakeQueryRequest>(request.Body, JsonSerializerOptions.Web, cancellationToken);
        }
        catch (JsonException failure)
        {
            return Refused(new LakeQueryError("invalid", $"The body is not the JSON expected: {failure.Message}", failure.Path?.TrimStart('$', '.') ?? ""));
        }

        if (asked?.Sql is null) return Refused(new LakeQueryError("invalid", "sql is missing.", "sql"));
        var timeout = asked.Timeout is { } seconds ? Seconds(seconds) : LakeQuery.TimeoutPreset;
        var answer = await query.RunAsync(asked.Sql, asked.Limit ?? LakeQuery.RowsPreset, timeout, cancellationToken);
        return answer.Error is { } error ? Refused(error) : Results.Json(new { data = answer.Result });
    }

    /// <summary>Keeps absurd numbers within what a time span holds; the query refuses them with a sentence.</summary>
    private static TimeSpan Seconds(double seconds) => double.IsFinite(seconds) ? TimeSpan.FromSeconds(Math.Clamp(seconds, -1, 1e6)) : TimeSpan.Zero;

    private static IResult Refused(LakeQueryError error) => Results.Json(new { errors = new[] { error } }, statusCode: StatusCodes.Status400BadRequest);

    private sealed record LakeQueryRequest(
        [property: JsonPropertyName("sql")] string? Sql, [property: JsonPropertyName("limit")] int? Limit, [property: JsonPropertyName("timeout")] double? Timeout);
}
