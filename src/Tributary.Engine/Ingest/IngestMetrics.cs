using System.Diagnostics;
using System.Diagnostics.Metrics;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Ingest;

/// <summary>What Ingest counts. Sources are named by their slug; there are as many as the workspace has.</summary>
internal sealed class IngestMetrics
{
    private readonly Counter<long> _messages;
    private readonly Counter<long> _refused;
    private readonly Histogram<double> _duration;

    public IngestMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Tributary.Ingest");
        _messages = meter.CreateCounter<long>("tributary.ingest.message", "{message}", "Messages made durable, by outcome.");
        _refused = meter.CreateCounter<long>("tributary.ingest.refused_request", "{request}",
            "Requests of which nothing was taken, by status.");
        _duration = meter.CreateHistogram<double>("tributary.ingest.accept.duration", "s", "From the body's last byte to durable.");
    }

    public void Taken(Source source, Tally tally, TimeSpan? elapsed)
    {
        if (tally.Accepted > 0) _messages.Add(tally.Accepted, Tags(source, "accepted"));
        if (tally.Discarded > 0) _messages.Add(tally.Discarded, Tags(source, "discarded"));
        if (elapsed is { } duration) _duration.Record(duration.TotalSeconds);
    }

    public void Refused(int status) => _refused.Add(1, new KeyValuePair<string, object?>("http.response.status_code", status));

    private static TagList Tags(Source source, string outcome) =>
        new() { { "tributary.source", source.Slug }, { "tributary.outcome", outcome } };
}
