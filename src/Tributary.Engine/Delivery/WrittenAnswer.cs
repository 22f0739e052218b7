using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Delivery;

/// <summary>
/// An answer of the management API that holds messages as they are: written, not built, because a message may be nested as deep as it was accepted and may
/// have members twice.
/// </summary>
internal sealed class WrittenAnswer : IResult
{
    private readonly ArrayBufferWriter<byte> _body = new(4 << 10);

    private WrittenAnswer()
    {
    }

    /// <summary><c>{"data":{…}}</c> with what <paramref name="write"/> puts into it.</summary>
    public static WrittenAnswer Data(Action<Utf8JsonWriter> write)
    {
        var answer = new WrittenAnswer();
        using var json = new Utf8JsonWriter(answer._body, new JsonWriterOptions { Encoder = WorkspaceSnapshot.Json.Encoder, SkipValidation = true });
        json.WriteStartObject();
        json.WriteStartObject("data");
        write(json);
        json.WriteEndObject();
        json.WriteEndObject();
        return answer;
    }

    /// <summary><c>{"data":…}</c> around JSON that is already written.</summary>
    public static WrittenAnswer Raw(ReadOnlyMemory<byte> data)
    {
        var answer = new WrittenAnswer();
        answer._body.Write("{\"data\":"u8);
        answer._body.Write(data.Span);
        answer._body.Write("}"u8);
        return answer;
    }

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = "application/json; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        response.ContentLength = _body.WrittenCount;
        await response.BodyWriter.WriteAsync(_body.WrittenMemory, httpContext.RequestAborted);
    }
}
