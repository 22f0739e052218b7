using System.Diagnostics.Metrics;

namespace Tributary.Destinations.Functions;

/// <summary>What source functions tell Prometheus.</summary>
internal sealed class FunctionMetrics
{
    private readonly Counter<long> _requests;

    public FunctionMetrics(IMeterFactory meters) =>
        _requests = meters.Create("Tributary.Functions").CreateCounter<long>("tributary.functions.request", "{request}", "Requests to source functions, by outcome.");

    /// <param name="outcome"><c>done</c>, <c>kept</c>, <c>refused</c>, <c>no_room</c>, <c>done_later</c>, <c>given_up</c> or <c>abandoned</c>.</param>
    public void Requested(string outcome) => _requests.Add(1, new KeyValuePair<string, object?>("tributary.outcome", outcome));
}
