using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Components;
using Tributary.Console.Shared;
using Tributary.Engine.Delivery;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Destinations;

/// <summary>Sends events again: counts them first, then begins, then shows how far it is.</summary>
public sealed partial class ReplayPanel
{
    private readonly CancellationTokenSource _gone = new();
    private string _reason = "";
    private string _from = "";
    private string _to = "";
    private string _filter = "";
    private bool _isBusy;
    private long? _count;
    private ReplayRow? _running;
    private WorkspaceRefusal? _refusal;

    [Inject]
    internal ReplayDesk Desk { get; init; } = null!;

    [Inject]
    internal ReplayQueries Replays { get; init; } = null!;

    [Inject]
    public required Toasts Toasts { get; init; }

    [Parameter, EditorRequired]
    public required Destination Destination { get; set; }

    /// <summary>The reason that is chosen at first; empty for all.</summary>
    [Parameter, EditorRequired]
    public required string Reason { get; set; }

    /// <summary>Reasons for which events failed.</summary>
    [Parameter, EditorRequired]
    public required IReadOnlyList<string> Reasons { get; set; }

    [Parameter]
    public EventCallback Close { get; set; }

    private double Progress => _running is null ? 0 : (double)ReplayQueries.Of(_running)["progress"]!;

    /// <inheritdoc/>
    protected override void OnInitialized()
    {
        _reason = Reasons.Contains(Reason) || Reason == DeliverySamples.Delivered ? Reason : "";
        FollowPulse();
        Refresh();
    }

    /// <inheritdoc/>
    protected override void Refresh() => _running = Replays.Find(Destination);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _gone.Cancel();
        _gone.Dispose();
        base.Dispose(disposing);
    }

    private static string Text(ChangeEventArgs input) => (string?)input.Value ?? "";

    private string? FaultOf(string? field) => _refusal?.Faults.FirstOrDefault(fault => fault.Field == field).Message;

    // A count is about what was chosen then.
    private void Change(Action change)
    {
        change();
        (_count, _refusal) = (null, null);
    }

    private JsonInput Input()
    {
        var fields = new JsonObject();
        if (_reason.Length > 0) fields["reason"] = _reason;
        if (_from.Length > 0) fields["from"] = _from;
        if (_to.Length > 0) fields["to"] = _to;
        if (_filter.Trim().Length > 0) fields["filter"] = _filter;
        return JsonInput.Of(fields);
    }

    private Task CountAsync() => AskAsync(isDryRun: true);

    private async Task BeginAsync()
    {
        await AskAsync(isDryRun: false);
        if (_refusal is null) Toasts.Done($"{Words.Plural(_count ?? 0, "event")} will be sent again.");
        _count = null;
        Refresh();
    }

    private async Task AskAsync(bool isDryRun)
    {
        if (_isBusy) return;
        _isBusy = true;
        try
        {
            _refusal = await Access.ActAsync(Permission.Edit, async _ =>
            {
                var asked = await Desk.AskAsync(Destination.Id, Input(), isDryRun, _gone.Token);
                _count = asked.Refusal is null ? asked.Count : null;
                return new WorkspaceChanged(Workspace.Current, asked.Refusal);
            });
        }
        catch (OperationCanceledException) when (_gone.IsCancellationRequested)
        {
            // The page was left while it counted.
        }
        finally
        {
            _isBusy = false;
        }
    }

    private async Task EndAsync()
    {
        _refusal = await Access.ActAsync(Permission.Edit, async _ =>
        {
            await Replays.EndAsync(Destination, _gone.Token);
            return new WorkspaceChanged(Workspace.Current, null);
        });
        Refresh();
    }
}
