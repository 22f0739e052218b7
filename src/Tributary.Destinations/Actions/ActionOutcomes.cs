using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Tributary.Model;

namespace Tributary.Destinations.Actions;

/// <summary>What follows from what an action threw or answered. Rule: spec/actions-and-functions.md §4.4; tried again are 408, 423, 429 and 5xx but 501.</summary>
internal static class ActionOutcomes
{
    /// <summary>The code under which a worker hears that the rules of egress forbid a request.</summary>
    public const string EgressCode = "EGRESS_REFUSED";

    /// <summary>Attempts after which an error that is a bug of the action is final.</summary>
    public const int BugAttemptsMax = 5;

    private const int ReasonLengthMax = 64;

    /// <summary>The outcome of an error that an action threw.</summary>
    /// <param name="error">What the worker reports: <c>{name, message, code?, status?, answer?}</c>.</param>
    /// <param name="attempt">Which attempt it was.</param>
    /// <param name="after">What the last answer over HTTP said about waiting.</param>
    public static DeliveryOutcome OfError(JsonElement error, int attempt, TimeSpan? after)
    {
        var (name, code, status) = (Text(error, "name") ?? "Error", Text(error, "code"), Status(error));
        var detail = Detail(Text(error, "message"), Text(error, "answer"));
        if (code == EgressCode) return DeliveryOutcome.Refused("egress_refused", detail);
        if (status is { } known) return OfStatus(known, ReasonOf(known, code), after, detail);
        return name switch
        {
            // Nothing that we can wait for mends these, but the same code may work for the next event and after an upgrade.
            "TypeError" or "ReferenceError" or "RangeError" or "SyntaxError" => attempt >= BugAttemptsMax
                ? DeliveryOutcome.Refused("action_failed", $"{name}: {detail}")
                : DeliveryOutcome.RetryLater("action_failed", detail: $"{name}: {detail}"),
            "AbortError" => DeliveryOutcome.RetryLater("timeout", after, detail),
            _ => DeliveryOutcome.RetryLater(Network(code) ?? (code is null ? "action_failed" : Snake(code)), after, detail),
        };
    }

    /// <summary>The outcome of one event of a batch.</summary>
    /// <param name="node">What the worker reports: <c>{status, errortype?, errormessage?, answer?}</c>.</param>
    /// <param name="after">What the last answer over HTTP said about waiting.</param>
    public static DeliveryOutcome OfStatus(JsonElement node, TimeSpan? after)
    {
        var status = Status(node) ?? 500;
        return status is >= 200 and < 300
            ? DeliveryOutcome.Delivered
            : OfStatus(status, ReasonOf(status, Text(node, "errortype")), after, Detail(Text(node, "errormessage"), Text(node, "answer")));
    }

    private static DeliveryOutcome OfStatus(int status, string reason, TimeSpan? after, string? detail) => status switch
    {
        401 => DeliveryOutcome.CredentialsRejected(reason, detail),
        408 or 423 or 429 => DeliveryOutcome.RetryLater(reason, after, detail),
        >= 500 and not 501 => DeliveryOutcome.RetryLater(reason, after, detail),
        _ => DeliveryOutcome.Refused(reason, detail),
    };

    // A code that only says the status in words or digits is written the same as everywhere else.
    private static string ReasonOf(int status, string? code)
    {
        var http = $"http_{status.ToString(CultureInfo.InvariantCulture)}";
        if (string.IsNullOrWhiteSpace(code) || int.TryParse(code, out _)) return http;
        var snake = Snake(code);
        return snake.Length == 0 || snake == "unknown_error" || snake == Snake(((HttpStatusCode)status).ToString()) || snake == "site_is_overloaded" ? http : snake;
    }

    private static string? Network(string? code) => code switch
    {
        "ENOTFOUND" or "EAI_AGAIN" => "name_not_resolved",
        "ECONNREFUSED" => "connection_failed",
        "EPROTO" => "tls_failed",
        "ECONNRESET" or "EPIPE" => "network",
        "ETIMEDOUT" => "timeout",
        "EHOST" => "network",
        _ => null,
    };

    /// <summary>A code as ours are written: <c>NotImplemented</c> and <c>NOT IMPLEMENTED</c> both become <c>not_implemented</c>.</summary>
    public static string Snake(string code)
    {
        var text = new StringBuilder(code.Length + 8);
        for (var i = 0; i < code.Length && text.Length < ReasonLengthMax; i++)
        {
            var letter = code[i];
            if (!char.IsAsciiLetterOrDigit(letter))
            {
                if (text.Length > 0 && text[^1] != '_') text.Append('_');
                continue;
            }

            if (char.IsAsciiLetterUpper(letter) && i > 0 && char.IsAsciiLetterLower(code[i - 1])) text.Append('_');
            text.Append(char.ToLowerInvariant(letter));
        }

        return text.ToString().Trim('_');
    }

    private static string? Detail(string? message, string? answer)
    {
        var text = string.IsNullOrEmpty(answer) ? message : string.IsNullOrEmpty(message) ? answer : $"{message} {answer}";
        return text is null ? null : string.Create(text.Length, text, static (to, from) =>
        {
            for (var i = 0; i < to.Length; i++) to[i] = char.IsControl(from[i]) || char.IsSurrogate(from[i]) ? ' ' : from[i];
        });
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static int? Status(JsonElement element) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty("status", out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var status) ? status : null;
}
