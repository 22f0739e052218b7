using Microsoft.AspNetCore.Components;
using Tributary.Console.Shared;
using Tributary.Engine.Profiles;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Profiles;

/// <summary>Finds another profile, shows what both would be together, and merges them.</summary>
public sealed partial class MergePane
{
    private const int HitsShown = 8;

    private string _asked = "";
    private IReadOnlyList<ProfileHit> _hits = [];
    private ProfileSheet? _other;
    private ProfileSheet? _united;
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

    [Parameter]
    public EventCallback Closed { get; set; }

    /// <summary>Called with the profile that there is now.</summary>
    [Parameter]
    public EventCallback<IReadOnlyList<ProfileSheet>> Done { get; set; }

    private void Search(string text)
    {
        (_asked, _other, _united, _refusal, _failed) = (text, null, null, null, null);
        _hits = [.. Board.Search(text, Sheet.Space, Sheet.Profile.Collection, Access.May(Permission.Pii)).Where(hit => hit.Sheet.Id != Sheet.Id && hit.Sheet.IsAccount == Sheet.IsAccount).Take(HitsShown)];
    }

    private void Choose(ProfileHit hit)
    {
        (_other, _united) = (hit.Sheet, null);
        // The dry run takes its copy apart, so it gets one of its own.
        if (Board.Find(Sheet.Id, mayIdentify: false) is not { } copy) return;
        (_refusal, var united) = Desk.PreviewMerge(copy.Profile, hit.Sheet.Id);
        if (united is not null) _united = new ProfileSheet(united, Sheet.Space);
    }

    private async Task MergeAsync()
    {
        _isBusy = true;
        var done = default(ProfileChanged);
        _failed = await Access.ActAsync(Permission.Edit, async author =>
        {
            done = await Desk.MergeAsync(author, Sheet.Profile, _other!.Id, _reason?.Trim() ?? "", CancellationToken.None);
            return new WorkspaceChanged(Workspace.Current, done.Refusal);
        });
        _isBusy = false;
        if (_failed is not null) return;
        Toasts.Done("The profiles are merged.");
        await Done.InvokeAsync([.. done.Profiles.Select(part => new ProfileSheet(part, Sheet.Space))]);
    }
}
