using Microsoft.AspNetCore.Components;
using Tributary.Console.Shared;
using Tributary.Engine.Processing;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Console.Sources;

/// <summary>How to install a source, and what it has sent.</summary>
public sealed partial class SourceOverview
{
    private const int Hours = 24;
    private const int EventsShown = 10;

    private IReadOnlyList<Snippet> _snippets = [];
    private Snippet _snippet = null!;
    private string? _chosen;
    private long _received;
    private ChartSeries[] _series = [];
    private DateTimeOffset[] _starts = [];
    private List<EventVolume> _events = [];

    [Inject]
    public required SourceBoard Board { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [Inject]
    public required TimeProvider Clock { get; init; }

    [Parameter, EditorRequired]
    public required SourceRow Row { get; set; }

    private bool _hasSent => _received > 0;

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        var key = Access.May(Permission.Edit) ? Row.Source.WriteKeys[0] : "WRITE_KEY";
        _snippets = Snippet.For(Row.Source.MetadataId, Navigation.BaseUri.TrimEnd('/'), key);
        _snippet = _snippets.FirstOrDefault(snippet => snippet.Id == _chosen) ?? _snippets[0];
        var counts = Pulse.Latest.Sources.GetValueOrDefault(Row.Source.Number);
        _received = counts is null ? 0 : counts.Received;
        var volume = Board.Volume(Row.Source.Number, Hours, byHour: true);
        _series =
        [
            new("Accepted", volume.Accepted, "var(--flow-passed)"),
            new("Duplicate", volume.Duplicate, "var(--flow-filtered)"),
            new("Refused", volume.Refused, "var(--flow-failed)"),
        ];
        var hour = new DateTimeOffset(Clock.GetUtcNow().UtcTicks / TimeSpan.TicksPerHour * TimeSpan.TicksPerHour, TimeSpan.Zero);
        _starts = [.. Enumerable.Range(0, Hours).Select(at => hour.AddHours(at - Hours + 1))];
        _events = [.. volume.Events.Where(each => each.Accepted > 0).Take(EventsShown)];
    }

    private static string NameOf(EventVolume each) => each.Name switch
    {
        null => "(others)",
        "" => $"({TypeOf(each)})",
        var name => name,
    };

    private static string TypeOf(EventVolume each) => each.Type == default ? "unknown" : each.Type.Name();

    private void Choose(Snippet snippet) => (_chosen, _snippet) = (snippet.Id, snippet);
}
