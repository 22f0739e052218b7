using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Tributary.Engine.Log;

namespace Tributary.Engine.Ingest;

/// <summary>
/// <c>POST /v1/import</c>: an envelope like any other, or a whole file of JSON lines (<c>application/x-ndjson</c>) or CSV
/// (<c>text/csv</c>). Files are read as
/// they come and appended in chunks, so memory does not grow with them; the write key comes as Basic user name or in the query. A source's
/// rate limit
/// does not hold for files: the log's queue paces them.
/// </summary>
internal static class ImportApi
{
    // Ten times a CSV file: lines name their members again and again.
    private const int LinesFactor = 10;

    public static Task ImportAsync(HttpContext context) => MediaTypeOf(context.Request) switch
    {
        "application/x-ndjson" or "application/ndjson" or "application/jsonl" or "application/x-jsonlines" =>
            FileAsync(context, isCsv: false),
        "text/csv" => FileAsync(context, isCsv: true),
        _ => TrackingApi.BatchAsync(context),
    };

    private static string? MediaTypeOf(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type) ? type.MediaType?.ToLowerInvariant() : null;

    private static async Task FileAsync(HttpContext context, bool isCsv)
    {
        if (!TrackingApi.IsPost(context, out var answered))
        {
            await answered;
            return;
        }

        var services = context.RequestServices;
        var intake = services.GetRequiredService<EventIntake>();
        var (source, key) = WriteKeys.Find(context.Request, null, intake.Workspace);
        var decoded = RequestBody.Decoded(context.Request);
        if (source is null || decoded is null)
        {
            var fault = source is null
                ? "The write key is missing or no source has it."
                : "The Content-Encoding is not supported; use gzip or none.";
            await TrackingAnswer.RefuseAsync(context, intake.Refused(IntakeResult.Invalid(fault)));
            return;
        }

        TrackingApi.LiftBodyLimit(context);
        var bytesMax = services.GetRequiredService<IOptions<IngestOptions>>().Value.CsvBytesMax * (isCsv ? 1 : LinesFactor);
        if (context.Request.ContentLength > bytesMax)
        {
            await TrackingAnswer.RefuseAsync(context, intake.Refused(IntakeResult.Invalid(BoundedStream.TooLarge(bytesMax))));
            return;
        }

        using var run = new ImportRun(intake, new Arrival { Source = source, WriteKey = key, ReceivedAt = intake.Now },
            services.GetRequiredService<TimeProvider>());
        await using var file = new BoundedStream(decoded, bytesMax);
        try
        {
            var refusal = isCsv
                ? await CsvImport.ReadAsync(file, run, CsvImport.IdentifierNames(intake.Workspace, source), context.RequestAborted)
                : await JsonLinesImport.ReadAsync(file, run, context.RequestAborted);
            await AnswerAsync(context, run, refusal is { } refused ? intake.Refused(refused) : null);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            context.Abort();
        }
    }

    // What was taken before a fault stays taken: the same file, mended, repeats the same message ids.
    private static async Task AnswerAsync(HttpContext context, ImportRun run, IntakeResult? refusal)
    {
        if (refusal is { } refused)
        {
            await TrackingAnswer.RefuseAsync(context,
                refused with { Message = $"{refused.Message} {run.Durable.All} rows were taken before that." });
            return;
        }

        var services = context.RequestServices;
        await TrackingAnswer.WaitAsync(context, run.End, services.GetRequiredService<ProcessingProgress>(),
            services.GetRequiredService<TimeProvider>());
        var answer = new { success = true, rows = run.Durable.All, accepted = run.Durable.Accepted, discarded = run.Durable.Discarded };
        await TrackingAnswer.JsonAsync(context, StatusCodes.Status200OK, JsonSerializer.SerializeToUtf8Bytes(answer));
    }
}
