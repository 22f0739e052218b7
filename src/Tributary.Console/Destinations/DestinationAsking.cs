using Tributary.Engine.Delivery;

namespace Tributary.Console.Destinations;

/// <summary>Asks destinations questions for whoever looks, and makes an answer of what goes wrong on the way.</summary>
public sealed class DestinationAsking(IEnumerable<DestinationQuestions> questions, TimeProvider clock)
{
    // A person waits for it.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    /// <summary>Whether a kind of destination answers questions at all.</summary>
    public bool CanAsk(string metadataId) => Of(metadataId) is not null;

    /// <summary>Whether it knows us.</summary>
    public Task<DestinationReply> AuthenticateAsync(DestinationAsked asked) =>
        AskAsync(asked.MetadataId, (all, stop) => all.Authenticate(asked, stop));

    /// <summary>What may stand in a field of an action.</summary>
    public Task<DestinationReply> ChoicesAsync(DestinationAsked asked, string action, string field, System.Text.Json.Nodes.JsonObject? payload) =>
        AskAsync(asked.MetadataId, (all, stop) => all.Choices(asked, action, field, payload, stop));

    private DestinationQuestions? Of(string metadataId) => questions.FirstOrDefault(each => each.Answers(metadataId));

    private async Task<DestinationReply> AskAsync(string metadataId, Func<DestinationQuestions, CancellationToken, Task<DestinationReply>> ask)
    {
        if (Of(metadataId) is not { } all) return new DestinationReply(false, "A destination of this kind cannot be asked.", default);
        using var late = new CancellationTokenSource(Longest, clock);
        try
        {
            return await ask(all, late.Token);
        }
        catch (OperationCanceledException)
        {
            return new DestinationReply(false, "It did not answer in time.", default);
        }
    }
}
