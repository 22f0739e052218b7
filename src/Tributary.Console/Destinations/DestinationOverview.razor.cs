using Microsoft.AspNetCore.Components;
using Tributary.Console.Access;
using Tributary.Console.Home;
using Tributary.Console.Shared;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Destinations;

/// <summary>What became of the events of a destination: counts, reasons, and attempts as they went over the wire.</summary>
public sealed partial class DestinationOverview
{
    private const int SamplesShown = 20;

    private TimeWindow _window = TimeWindow.Day;
    private DeliveryHistory _history = new([], [], [], [], [], []);
    private FlowPart[] _parts = [];
    private ChartSeries[] _series = [];
    private List<ReasonHistory> _buckets = [];
    private List<string> _failed = [];
    private List<DeliverySample> _samples = [];

    [Inject]
    internal DestinationBoard Board { get; init; } = null!;

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [Parameter, EditorRequired]
    public required DestinationRow Row { get; set; }

    /// <summary>The span of time that is shown.</summary>
    [SupplyParameterFromQuery(Name = "window")]
    public string? Window { get; set; }

    /// <summary>The reason whose attempts are shown; null for all.</summary>
    [SupplyParameterFromQuery(Name = "reason")]
    public string? Reason { get; set; }

    /// <summary>The panel for sending again is open: for events of this reason, or of any when it is empty.</summary>
    [SupplyParameterFromQuery(Name = "replay")]
    public string? Replay { get; set; }

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        _window = TimeWindow.Of(Window);
        _history = Board.History(Row.Destination, _window);
        _series =
        [
            new("Delivered", _history.Delivered, "var(--flow-passed)"),
            new("Filtered", _history.Filtered, "var(--flow-filtered)"),
            new("Failed", _history.Failed, "var(--flow-failed)"),
        ];
        var balance = Row.Balance;
        _parts =
        [
            new("Delivered", balance.Delivered, "var(--flow-passed)", null),
            new("Filtered", balance.Filtered.Values.Sum(), "var(--flow-filtered)", null, Reasons(balance.Filtered)),
            new("Failed", balance.Failed.Values.Sum(), "var(--flow-failed)", null, Reasons(balance.Failed)),
            new("Pending", balance.Pending, "var(--flow-pending)", null),
        ];
        // What failed comes first, then what is tried again; what was filtered was meant to be.
        _buckets = [.. _history.Reasons.OrderBy(bucket => bucket.Kind switch { ReasonKind.Failed => 0, ReasonKind.Retried => 1, ReasonKind.Filtered => 2 }).ThenByDescending(bucket => bucket.Total)];
        _failed = [.. balance.Failed.Keys.Union(_history.Reasons.Where(bucket => bucket.Kind == ReasonKind.Failed).Select(bucket => bucket.Reason)).Order(StringComparer.Ordinal)];
        _samples = [.. Board.Samples(Row.Destination).Where(sample => Reason is null || sample.Reason == Reason).Take(SamplesShown)];
    }

    private static string Reasons(IReadOnlyDictionary<string, long> counts) =>
        string.Join(", ", counts.OrderByDescending(pair => pair.Value).Take(4).Select(pair => $"{pair.Key} {Words.Count(pair.Value)}"));

    // A step says roughly when; a sample says exactly.
    private DateTimeOffset? LastOf(ReasonHistory bucket) => _samples.FirstOrDefault(sample => sample.Reason == bucket.Reason)?.At
        ?? Board.Samples(Row.Destination).FirstOrDefault(sample => sample.Reason == bucket.Reason)?.At ?? bucket.Last;

    private string UrlOf(WireView exchange) => Access.May(Permission.Pii) ? exchange.Url : PiiMask.Url(exchange.Url);

    private string WindowPath(TimeWindow window) => Navigation.GetUriWithQueryParameter("window", window == TimeWindow.Day ? null : window.Id);

    private string ReasonPath(string? reason) => Navigation.GetUriWithQueryParameter("reason", reason);

    private string ReplayPath(string? reason) => Navigation.GetUriWithQueryParameter("replay", reason);

    private void Open(string reason) => Navigation.NavigateTo(ReasonPath(reason), replace: true);

    private void CloseReplay() => Navigation.NavigateTo(ReplayPath(null), replace: true);
}
