using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Components;
using MudBlazor;
using Tributary.Console.Shared;
using Tributary.Engine.Delivery;
using Tributary.Engine.Delivery.Filters;
using Tributary.Engine.Delivery.Fql;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Destinations;

/// <summary>What a destination does not get.</summary>
public sealed partial class FiltersTab
{
    private List<DestinationFilter> _filters = [];
    private IReadOnlyList<RecentSample> _samples = [];
    private FilterDraft? _edited;
    private string? _preview;
    private bool _isBusy;
    private WorkspaceRefusal? _refusal;

    [Inject]
    internal RecentEventsBoard Recent { get; init; } = null!;

    [Inject]
    public required FilterDesk Desk { get; init; }

    [Inject]
    public required IDialogService Dialogs { get; init; }

    [Inject]
    public required Toasts Toasts { get; init; }

    [Parameter, EditorRequired]
    public required Destination Destination { get; set; }

    private bool _mayEdit => Access.May(Permission.Edit);

    /// <inheritdoc/>
    protected override void OnParametersSet() => _filters = [.. Workspace.Current.FiltersOf(Destination.Id)];

    private static (int Count, FqlFault? Fault) JudgeFilter(string text, IReadOnlyList<RecentSample> samples)
    {
        var (statement, fault) = FilterStatement.Compile(text);
        if (statement is null) return (0, fault);
        var document = new EventDocument();
        return (samples.Count(sample => document.TryRead(sample.Payload) && statement.Ask(document).Matches == true), null);
    }

    private string? FaultOf(string? field) => field is null
        ? _refusal?.Faults.FirstOrDefault(fault => fault.Field is null || !(fault.Field is "title" or "if" || fault.Field.StartsWith("actions", StringComparison.Ordinal))).Message
        : _refusal?.Faults.FirstOrDefault(fault => fault.Field?.StartsWith(field, StringComparison.Ordinal) == true).Message;

    private void Edit(DestinationFilter? filter)
    {
        _samples = Workspace.Current.FindSource(Destination.SourceId) is { } source ? Recent.List(source) : [];
        (_edited, _preview, _refusal) = (filter is null ? new FilterDraft() : FilterDraft.Of(filter), null, null);
    }

    private void Close() => (_edited, _preview, _refusal) = (null, null, null);

    // The filter as it would be, on the newest events.
    private void Preview()
    {
        var (filter, refusal) = FilterDesk.Try(JsonInput.Of(_edited!.Value()));
        (_refusal, _preview) = (refusal, null);
        if (filter is null) return;
        var (kept, changed) = (0, 0);
        foreach (var sample in _samples)
        {
            var outcome = filter.Apply(sample.Payload);
            if (!outcome.IsKept) continue;
            kept++;
            if (outcome.Message.Length != sample.Payload.Length) changed++;
        }

        _preview = _samples.Count == 0
            ? "No events yet to try it on."
            : $"Of the newest {Words.Plural(_samples.Count, "event")}, {Words.Count(_samples.Count - kept)} would be kept away and {Words.Count(kept)} go on, {Words.Count(changed)} of them changed.";
    }

    private Task EnableAsync(DestinationFilter filter, bool enabled) => ActAsync(
        enabled ? "Enabled." : "Disabled.", author => Desk.UpdateAsync(author, Destination.Id, filter.Id, JsonInput.Of(new JsonObject { ["enabled"] = enabled }), CancellationToken.None));

    private async Task DeleteAsync(DestinationFilter filter)
    {
        if (!await Confirm.AskAsync(Dialogs, $"Delete {filter.Title}?", "What it kept away goes on from then.", "Delete")) return;
        await ActAsync("The filter is gone.", author => Desk.DeleteAsync(author, Destination.Id, filter.Id, CancellationToken.None));
    }

    private async Task SaveAsync()
    {
        if (_isBusy || _edited is not { } edited) return;
        _isBusy = true;
        try
        {
            var input = JsonInput.Of(edited.Value());
            await ActAsync("Saved. It takes effect with the next event.", async author => edited.Id is { } id
                ? await Desk.UpdateAsync(author, Destination.Id, id, input, CancellationToken.None)
                : (await Desk.CreateAsync(author, Destination.Id, input, CancellationToken.None)).Changed);
            if (_refusal is null) Close();
        }
        finally
        {
            _isBusy = false;
        }
    }

    private async Task ActAsync(string done, Func<string, ValueTask<WorkspaceChanged>> change)
    {
        _refusal = await Access.ActAsync(Permission.Edit, change);
        if (_refusal is null) Toasts.Done(done);
        else if (_edited is null) Toasts.Failed(_refusal.Faults[0].Message);
        OnParametersSet();
    }
}
