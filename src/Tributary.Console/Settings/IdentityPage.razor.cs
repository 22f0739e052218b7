using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.JSInterop;
using Tributary.Console.Shared;
using Tributary.Engine.Log;
using Tributary.Engine.Processing;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Settings;

/// <summary>The rules by which a space tells people apart.</summary>
public sealed partial class IdentityPage
{
    private Space? _space;
    private IdentityDraft _draft = IdentityDraft.Of(new IdentitySettings());
    private RuleDraft? _dragged;
    private string _said = "";
    private string? _focus;
    private bool _isNaming;
    private string _slug = "";

    private CancellationTokenSource? _running;
    private double? _share;
    private SimulationView? _simulation;
    private string? _simulatedText;
    private string? _failure;

    [Inject]
    public required SpaceDesk Desk { get; init; }

    [Inject]
    public required IdentitySimulation Simulation { get; init; }

    [Inject]
    public required IJSRuntime Browser { get; init; }

    [Parameter]
    public string? SpaceSlug { get; set; }

    private string DraftText => _draft.Value().ToJsonString();

    // Those that no rule shows.
    private IEnumerable<string> LooseFaults => (Refusal?.Faults ?? []).Where(fault => fault.Field is null || (RuleOf(fault.Field) is null && fault.Field != "slug")).Select(fault => fault.Message);

    /// <inheritdoc/>
    protected override void OnInitialized() => FollowWorkspace();

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        var before = _space?.Id;
        Refresh();
        if (_space is not null && _space.Id != before) Begin();
    }

    /// <inheritdoc/>
    protected override void Refresh()
    {
        _space = SpaceSlug is null ? Workspace.Current.Spaces.FirstOrDefault() : Workspace.Current.FindSpace(SpaceSlug);
        // Nothing is taken from somebody who edits; whoever only looks sees what holds.
        if (_space is not null && !_draft.IsChanged && _draft.IsBehind(_space.Identity)) Take(_space.Identity);
    }

    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (_focus is not { } id) return;
        _focus = null;
        await Browser.InvokeVoidAsync("tributary.focus", id);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _running?.Cancel();
    }

    private static string NameOf(RuleDraft rule) => string.IsNullOrWhiteSpace(rule.Type) ? "new type" : rule.Type;

    private static string WindowName(LimitWindow window) => window switch
    {
        LimitWindow.Ever => "ever",
        LimitWindow.Annually => "a year",
        LimitWindow.Monthly => "30 days",
        LimitWindow.Weekly => "7 days",
        LimitWindow.Daily => "a day",
        LimitWindow.Hourly => "an hour",
    };

    // The index of the rule that a fault is about: identifiers[2].window.
    private static int? RuleOf(string field)
    {
        const string list = "identifiers[";
        if (!field.StartsWith(list, StringComparison.Ordinal)) return null;
        var end = field.IndexOf(']', StringComparison.Ordinal);
        return int.TryParse(field.AsSpan(list.Length, Math.Max(0, end - list.Length)), NumberStyles.None, CultureInfo.InvariantCulture, out var at) ? at : null;
    }

    private string? FaultAt(int at, string field) => FaultOf($"identifiers[{at}].{field}");

    private IEnumerable<string> FaultsOf(int at) => (Refusal?.Faults ?? []).Where(fault => fault.Field is { } field && RuleOf(field) == at).Select(fault => fault.Message);

    // What was not saved is not lost by a click beside it.
    private async Task LeaveAsync(LocationChangingContext leaving)
    {
        if (_draft.IsChanged && MayChange && !await Confirm.AskAsync(Dialogs, "Leave without saving?", "What you have changed of these rules is lost.", "Leave")) leaving.PreventNavigation();
    }

    private void Begin()
    {
        if (_space is null) return;
        Take(_space.Identity);
        (_simulation, _simulatedText, _failure) = (null, null, null);
        _running?.Cancel();
    }

    private void Take(IdentitySettings settings) => (_draft, Refusal, _said) = (IdentityDraft.Of(settings), null, "");

    private void Add()
    {
        _draft.Add();
        _focus = $"type-{_draft.Rules.Count - 1}";
    }

    private void Remove(RuleDraft rule)
    {
        _draft.Rules.Remove(rule);
        Refusal = null;
        _said = $"{NameOf(rule)} is removed.";
    }

    private void Move(RuleDraft rule, int to, bool up)
    {
        if (!_draft.Move(rule, to)) return;
        Tell(rule);
        // Whoever moves with the keyboard goes on with it: the button under the fingers moves along, and at the end the other one takes over.
        var isUp = up ? to > 0 : to == _draft.Rules.Count - 1;
        _focus = $"{(isUp ? "up" : "down")}-{rule.Key}";
    }

    private void Drop(int at)
    {
        if (MayChange && _dragged is { } rule && _draft.Move(rule, at)) Tell(rule);
        _dragged = null;
    }

    private void Tell(RuleDraft rule)
    {
        Refusal = null;
        _said = $"{NameOf(rule)} is now number {_draft.Rules.IndexOf(rule) + 1} of {_draft.Rules.Count}.";
    }

    private async Task SaveAsync()
    {
        if (_space is not { } space) return;
        var removed = space.Identity.Identifiers.Select(rule => rule.Type).Except(_draft.Rules.Select(rule => rule.Type)).ToList();
        var text = (_simulatedText == DraftText ? "They apply to everything that is received from now on. What is joined already stays joined." : "You have not simulated these rules. They apply to everything that is received from now on; what is joined already stays joined.")
            + (removed.Count > 0 ? $" {string.Join(", ", removed)} will identify nobody any more." : "");
        if (!await Confirm.AskAsync(Dialogs, "Save these identity rules?", text, "Save")) return;
        if (!await ActAsync("The rules apply from now on.", author => Desk.ChangeIdentityAsync(author, space.Id, JsonInput.Of(_draft.Value()), CancellationToken.None))) return;
        Refresh();
        if (_space is not null) Take(_space.Identity);
    }

    private async Task CreateSpaceAsync()
    {
        var slug = _slug.Trim();
        if (!await ActAsync($"The space {slug} is there.", async author => (await Desk.CreateAsync(author, JsonInput.Of(new JsonObject { ["slug"] = slug }), CancellationToken.None)).Changed)) return;
        (_slug, _isNaming) = ("", false);
        Navigation.NavigateTo($"/settings/identity/{slug}");
    }

    private async Task SimulateAsync()
    {
        // A hidden button is not all that stands between a member and a core of the server.
        if (_running is not null || _space is not { } space || !MayChange) return;
        var text = DraftText;
        var (settings, invalid) = IdentitySettingsForm.Parse(JsonInput.Of(_draft.Value()));
        Refusal = invalid;
        if (invalid is not null) return;
        using var running = new CancellationTokenSource();
        (_running, _share, _simulation, _failure) = (running, null, null, null);
        try
        {
            _simulation = SimulationView.Of(await Simulation.RunAsync(space, settings, Report, running.Token));
            _simulatedText = text;
        }
        catch (OperationCanceledException) when (running.IsCancellationRequested)
        {
            Toasts.Note("The simulation was stopped.");
        }
        catch (LogOffsetGoneException)
        {
            _failure = "Retention has dropped the beginning of what was received, so history cannot be replayed any more.";
        }
        catch (IOException failure)
        {
            // A second state needs room on the disk.
            _failure = $"The disk refused: {failure.Message}";
        }
        finally
        {
            if (_running == running) _running = null;
        }
    }

    // Told from the thread of the simulation after each batch; pages are told of whole per cents.
    private void Report(double share)
    {
        var percent = Math.Floor(share * 100);
        if (percent == _share) return;
        _share = percent;
        _ = InvokeAsync(StateHasChanged);
    }

    private void Stop() => _running?.Cancel();
}
