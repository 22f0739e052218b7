using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Tributary.Engine.Workspace;

/// <summary>
/// An answer of the management API in the shape of Segment's Public API: <c>{"data":{…}}</c>, or <c>{"errors":[{"type","message","field"}]}</c>. The content
/// type is the vendor's when the client asks for it.
/// </summary>
public sealed class ApiAnswer : IResult
{
    private static readonly string[] Types =
    [
        "application/json", "application/vnd.segment.v1+json", "application/vnd.segment.v1beta+json", "application/vnd.segment.v1alpha+json",
    ];

    private readonly JsonObject _body;

    private ApiAnswer(int status, JsonObject body) => (Status, _body) = (status, body);

    /// <summary>The status code.</summary>
    public int Status { get; }

    /// <summary><c>{"data":{name:value}}</c> with the fields given.</summary>
    public static ApiAnswer Data(JsonObject data, int status = StatusCodes.Status200OK) => new(status, new JsonObject { ["data"] = data });

    /// <summary>What Segment answers to a deletion.</summary>
    public static ApiAnswer Deleted() => Data(new JsonObject { ["status"] = "SUCCESS" });

    public static ApiAnswer Refused(WorkspaceRefusal refusal)
    {
        var (status, type) = refusal.Reason switch
        {
            RefusalReason.Invalid => (StatusCodes.Status400BadRequest, "bad-request"),
            RefusalReason.NotFound => (StatusCodes.Status404NotFound, "not-found"),
            RefusalReason.Conflict => (StatusCodes.Status409Conflict, "conflict"),
            RefusalReason.Forbidden => (StatusCodes.Status403Forbidden, "forbidden"),
            RefusalReason.Busy => (StatusCodes.Status429TooManyRequests, "too-many-requests"),
        };
        return Failed(status, type, refusal.Faults);
    }

    /// <summary>A refusal of the management API for <see cref="AccessControl"/>.</summary>
    public static Task RejectAsync(HttpContext context, int status, string message) =>
        Failed(status, status == StatusCodes.Status401Unauthorized ? "unauthorized" : "forbidden", [new(null, message)]).ExecuteAsync(context);

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = Status;
        response.ContentType = TypeFor(httpContext.Request.Headers.Accept.ToString()) + "; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        if (Status == StatusCodes.Status429TooManyRequests) response.Headers.RetryAfter = "1";
        var body = JsonSerializer.SerializeToUtf8Bytes(_body, WorkspaceSnapshot.Json);
        response.ContentLength = body.Length;
        await response.BodyWriter.WriteAsync(body, httpContext.RequestAborted);
    }

    /// <summary>A failure of any kind; <see cref="Refused"/> is for those that the workspace names.</summary>
    public static ApiAnswer Failed(int status, string type, IEnumerable<WorkspaceFault> faults)
    {
        var errors = new JsonArray();
        foreach (var fault in faults)
        {
            var error = new JsonObject { ["type"] = type, ["message"] = fault.Message, ["status"] = status };
            if (fault.Field is { } field) error["field"] = field;
            errors.Add((JsonNode)error);
        }

        return new ApiAnswer(status, new JsonObject { ["errors"] = errors });
    }

    private static string TypeFor(string accept)
    {
        foreach (var range in accept.AsSpan().Split(','))
        {
            var asked = accept.AsSpan(range);
            var parameters = asked.IndexOf(';');
            var type = (parameters < 0 ? asked : asked[..parameters]).Trim();
            foreach (var known in Types)
            {
                if (type.Equals(known, StringComparison.OrdinalIgnoreCase)) return known;
            }
        }

        return Types[0];
    }
}
