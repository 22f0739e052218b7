using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tributary.Destinations.Node;

namespace Tributary.Destinations.Functions;

/// <summary>
/// Reads what a worker answered to a call. People's code may have had a hand in everything that is in it, so nothing is taken for granted: what does not fit is a
/// failure of the function.
/// </summary>
internal static class FunctionReply
{
    private const int LogsMax = 4_200;
    private const int MessagesMax = 300;
    private const int TextLengthMax = 1_000;

    public static FunctionResult Read(FunctionCall call, NodeReply reply, TimeSpan duration) => reply.Verdict switch
    {
        NodeVerdict.Answered => Answered(call, reply.Value, duration),
        NodeVerdict.Failed => FunctionResult.All(call.Count, new(FunctionVerdict.Unavailable, "The worker could not take the call."), duration),
        NodeVerdict.Late => FunctionResult.All(call.Count, new(FunctionVerdict.Retry, "The function did not finish in time.", ErrorName: FunctionEventResult.Timeout), duration),
        NodeVerdict.Lost => FunctionResult.All(call.Count, new(FunctionVerdict.Retry, $"The function's process ended: {reply.Reason}", ErrorName: FunctionEventResult.Lost), duration),
        NodeVerdict.Unavailable => FunctionResult.All(call.Count, new(FunctionVerdict.Unavailable, reply.Reason), duration, reply.After),
    };

    private static FunctionResult Answered(FunctionCall call, JsonElement answer, TimeSpan duration)
    {
        if (answer.ValueKind != JsonValueKind.Object) return FunctionResult.All(call.Count, new(FunctionVerdict.Failed, "The answer cannot be read."), duration);
        if (Text(answer, "fault") is { } fault) return FunctionResult.All(call.Count, new(FunctionVerdict.Unavailable, $"The code cannot be run: {fault}"), duration);
        var logs = Logs(answer);
        if (Text(answer, "excess") is { } excess) return FunctionResult.All(call.Count, new(FunctionVerdict.Failed, excess), duration) with { Logs = logs };
        if (!answer.TryGetProperty("results", out var results) || results.ValueKind != JsonValueKind.Array || results.GetArrayLength() != call.Count)
            return FunctionResult.All(call.Count, new(FunctionVerdict.Failed, "The function answered for another number of events than it was given."), duration) with { Logs = logs };
        var overrun = Text(answer, "overrun");
        var read = new FunctionEventResult[call.Count];
        var at = 0;
        foreach (var result in results.EnumerateArray()) read[at++] = overrun is null ? Of(result) : new(FunctionVerdict.Failed, overrun, ErrorName: "Error");
        return new FunctionResult(read, Messages(answer), logs, duration);
    }

    private static FunctionEventResult Of(JsonElement result)
    {
        if (result.ValueKind != JsonValueKind.Object) return new(FunctionVerdict.Failed, "The answer cannot be read.");
        var verdict = Number(result, "v");
        if (verdict is < 0 or > (int)FunctionVerdict.NotBegun) return new(FunctionVerdict.Failed, "The answer cannot be read.");
        var hasValue = result.TryGetProperty("r", out var value) && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined);
        return new((FunctionVerdict)verdict, Text(result, "m"), hasValue ? Encoding.UTF8.GetBytes(value.GetRawText()) : default, Number(result, "s"), Text(result, "n"));
    }

    private static List<string> Logs(JsonElement answer)
    {
        var (lines, length) = (new List<string>(), 0);
        if (!answer.TryGetProperty("logs", out var logs) || logs.ValueKind != JsonValueKind.Array) return lines;
        foreach (var line in logs.EnumerateArray())
        {
            if (line.ValueKind != JsonValueKind.String || Safe(line) is not { } text || (length += text.Length + 1) > LogsMax) break;
            lines.Add(text);
        }

        return lines;
    }

    private static List<JsonObject> Messages(JsonElement answer)
    {
        var sent = new List<JsonObject>();
        if (!answer.TryGetProperty("messages", out var messages) || messages.ValueKind != JsonValueKind.Array) return sent;
        foreach (var message in messages.EnumerateArray().Take(MessagesMax))
        {
            if (message.ValueKind == JsonValueKind.Object) sent.Add(JsonObject.Create(message)!);
        }

        return sent;
    }

    private static int Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : 0;

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && Safe(value) is { } text ? text[..Math.Min(text.Length, TextLengthMax)] : null;

    // Half of a surrogate pair is a text in JavaScript, and none here.
    private static string? Safe(JsonElement text)
    {
        try
        {
            return text.GetString();
        }
        catch (InvalidOperationException)
        {
            return "(unreadable)";
        }
    }
}
