using Microsoft.AspNetCore.Components;
using Tributary.Console.Shared;
using Tributary.Engine.Profiles;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Profiles;

/// <summary>Shows what a split would leave, and carries it out.</summary>
public sealed partial class SplitPane
{
    private IReadOnlyList<ProfileSheet> _parts = [];
    private WorkspaceRefusal? _refusal;
    private WorkspaceRefusal? _failed;
    private string? _reason;
    private bool _isBusy;

    [Inject]
    internal ProfileBoard Board { get; init; } = null!;

    [Inject]
    public required ProfileDesk Desk { get; init; }

    [Inject]
    public required Toasts Toasts { get; init; }

    [Parameter, EditorRequired]
    public required ProfileSheet Sheet { get; set; }

    /// <summary>The identifiers to cut off, <c>type:value</c>.</summary>
    [Parameter, EditorRequired]
    public required IReadOnlySet<string> Cut { get; set; }

    /// <summary>Called with an identifier that was ticked or is no longer.</summary>
    [Parameter]
    public EventCallback<string> Toggled { get; set; }

    [Parameter]
    public EventCallback Closed { get; set; }

    /// <summary>Called with the profiles that there are now.</summary>
    [Parameter]
    public EventCallback<IReadOnlyList<ProfileSheet>> Done { get; set; }

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        (_parts, _refusal) = ([], null);
        // The dry run takes its copy apart, so it gets one of its own.
        if (Cut.Count == 0 || Board.Find(Sheet.Id, mayIdentify: false) is not { } copy) return;
        (_refusal, var parts) = ProfileDesk.PreviewSplit(copy.Profile, [.. Cut]);
        _parts = [.. parts.Select(part => new ProfileSheet(part, Sheet.Space))];
    }

    private async Task SplitAsync()
    {
        _isBusy = true;
        var done = default(ProfileChanged);
        _failed = await Access.ActAsync(Permission.Edit, async author =>
        {
            done = await Desk.SplitAsync(author, Sheet.Profile, [.. Cut], _reason?.Trim() ?? "", CancellationToken.None);
            return new WorkspaceChanged(Workspace.Current, done.Refusal);
        });
        _isBusy = false;
        if (_failed is not null) return;
        Toasts.Done("The profile is split.");
        await Done.InvokeAsync([.. done.Profiles.Select(part => new ProfileSheet(part, Sheet.Space))]);
    }
}
