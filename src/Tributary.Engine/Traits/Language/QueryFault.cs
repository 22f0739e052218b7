namespace Tributary.Engine.Traits.Language;

/// <summary>Why a query is no definition, so that an editor can underline the place.</summary>
/// <param name="Position">Where, in characters from the beginning of the query.</param>
/// <param name="Length">How many characters are meant; 0 at the end of the query.</param>
/// <param name="Message">What is wrong, as a sentence.</param>
/// <param name="Expected">What could stand there; empty when the rule is not about what stands there.</param>
/// <param name="Suggestion">What was probably meant; null when nothing is close.</param>
internal sealed record QueryFault(int Position, int Length, string Message, Sequence<string> Expected, string? Suggestion)
{
    /// <summary>The whole fault as one sentence or three.</summary>
    public override string ToString()
    {
        var expected = Expected.Count == 0 ? "" : $" Expected {Words.Choice(Expected.Items)}.";
        return $"At character {Position + 1}: {Message}{expected}{(Suggestion is null ? "" : $" Did you mean {Suggestion}?")}";
    }
}

/// <summary>Thrown and caught within the parser.</summary>
internal sealed class QueryFaultException(QueryFault fault) : Exception(fault.Message)
{
    public QueryFault Fault { get; } = fault;
}
