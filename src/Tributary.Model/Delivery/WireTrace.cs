namespace Tributary.Model;

/// <summary>One request to a destination and what came back, as it was on the wire. Secrets are masked by whoever shows it.</summary>
/// <param name="Method">E.g. <c>POST</c>; of a destination that does not speak HTTP the word for what it does, e.g. <c>COPY</c>.</param>
/// <param name="Url">Absolute; where it went.</param>
/// <param name="RequestHeaders">In the order in which they were sent.</param>
/// <param name="RequestBody">What was sent; held, not copied, so it must not change afterwards.</param>
/// <param name="Status">The status of the answer; 0 when none came.</param>
/// <param name="ResponseHeaders">In the order in which they came.</param>
/// <param name="ResponseBody">The answer, or as much of it as was read.</param>
/// <param name="Fault">Why there is no answer; null when there is one.</param>
public sealed record WireExchange(
    string Method,
    string Url,
    IReadOnlyList<KeyValuePair<string, string>> RequestHeaders,
    ReadOnlyMemory<byte> RequestBody,
    int Status,
    IReadOnlyList<KeyValuePair<string, string>> ResponseHeaders,
    ReadOnlyMemory<byte> ResponseBody,
    string? Fault = null);

/// <summary>Collects what one attempt put on the wire. The engine keeps a few of them as samples; most are forgotten at once.</summary>
/// <param name="keepsSuccess">
/// Requests that were answered with success are wanted as well. A sender whose request failed always adds it; one that succeeded may skip the work when
/// this is false.
/// </param>
/// <remarks>May be written from several threads; at most <see cref="ExchangesMax"/> are kept.</remarks>
public sealed class WireTrace(bool keepsSuccess = false)
{
    /// <summary>Exchanges kept of one attempt; an action makes one to three.</summary>
    public const int ExchangesMax = 20;

    private readonly List<WireExchange> _exchanges = [];

    /// <summary>True when exchanges that succeeded are wanted too.</summary>
    public bool KeepsSuccess => keepsSuccess;

    /// <summary>What was recorded so far, oldest first.</summary>
    public IReadOnlyList<WireExchange> Exchanges
    {
        get
        {
            lock (_exchanges) return [.. _exchanges];
        }
    }

    public void Add(WireExchange exchange)
    {
        lock (_exchanges)
        {
            if (_exchanges.Count < ExchangesMax) _exchanges.Add(exchange);
        }
    }
}
