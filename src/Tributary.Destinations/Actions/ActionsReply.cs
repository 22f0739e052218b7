using System.Text.Json;
using Tributary.Destinations.Node;

namespace Tributary.Destinations.Actions;

/// <summary>What a destination said to a question that is no delivery, e.g. whether its credentials are right.</summary>
/// <param name="IsOk">It was answered.</param>
/// <param name="Value">The answer when there is one; else undefined.</param>
/// <param name="Code">A stable code in snake case; null when it was answered.</param>
/// <param name="Message">What is wrong, in a sentence of the destination's or of ours; null when it was answered.</param>
public readonly record struct ActionsReply(bool IsOk, JsonElement Value, string? Code, string? Message)
{
    public static ActionsReply Refused(string code, string message) => new(false, default, code, message);

    internal static ActionsReply Of(NodeReply reply) => reply.Verdict switch
    {
        NodeVerdict.Answered => new(true, reply.Value, null, null),
        NodeVerdict.Failed => OfError(reply.Value),
        NodeVerdict.Late => Refused("timeout", "The destination did not answer in time."),
        NodeVerdict.Lost => Refused("worker_lost", reply.Reason!),
        NodeVerdict.Unavailable => Refused("node_unavailable", reply.Reason!),
    };

    private static ActionsReply OfError(JsonElement error)
    {
        var outcome = ActionOutcomes.OfError(error, 1, null);
        return Refused(outcome.Reason ?? "action_failed", outcome.Detail ?? "The destination failed without a word.");
    }
}
