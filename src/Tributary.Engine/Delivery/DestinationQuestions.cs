using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tributary.Engine.Delivery;

/// <summary>A destination as a question is put to it; it need not be saved.</summary>
/// <param name="MetadataId">Its kind.</param>
/// <param name="Id">Its id; null before it has one.</param>
/// <param name="Stored">Its settings as they are stored; empty before they are.</param>
/// <param name="Sent">What is to be tried instead; a masked secret stands for the stored one.</param>
public sealed record DestinationAsked(string MetadataId, string? Id, JsonObject Stored, JsonObject? Sent);

/// <summary>What a destination said.</summary>
/// <param name="IsOk">Yes or no; a no is an answer and no failure of asking.</param>
/// <param name="Message">Why not.</param>
/// <param name="Answer">What was asked for; undefined when there is nothing.</param>
public sealed record DestinationReply(bool IsOk, string? Message, JsonElement Answer);

/// <summary>What can be asked of a destination beside taking events. Registered by the project that implements it.</summary>
/// <param name="Answers">Whether a kind of destination can be asked.</param>
/// <param name="Authenticate">Whether it knows us.</param>
/// <param name="Choices">What may stand in a field of an action, given its other fields.</param>
public sealed record DestinationQuestions(
    Func<string, bool> Answers,
    Func<DestinationAsked, CancellationToken, Task<DestinationReply>> Authenticate,
    Func<DestinationAsked, string, string, JsonObject?, CancellationToken, Task<DestinationReply>> Choices);
