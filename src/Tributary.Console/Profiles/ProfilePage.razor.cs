using Microsoft.AspNetCore.Components;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Profiles;

/// <summary>One profile, in tabs that are addresses.</summary>
public sealed partial class ProfilePage
{
    private ProfileSheet? _sheet;
    private string? _retired;
    private bool _mayIdentify;
    private bool _isSame;
    private long _revision;

    [Inject]
    internal ProfileBoard Board { get; init; } = null!;

    /// <summary>Its id, also one that was merged into it, or <c>type:value</c>.</summary>
    [Parameter]
    public required string Name { get; set; }

    [Parameter]
    public string? Tab { get; set; }

    private (string Tab, string Name)[] Tabs =>
        [("", "Traits"), ("timeline", "Timeline"), ("identities", "Identities"), ("audiences", "Audiences"), ("accounts", _sheet!.IsAccount ? "People" : "Accounts")];

    /// <inheritdoc/>
    protected override void OnInitialized()
    {
        FollowWorkspace();
        FollowPulse();
    }

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        Refresh();
        _isSame = false;
    }

    /// <inheritdoc/>
    protected override void Refresh()
    {
        _mayIdentify = Access.May(Permission.Pii);
        var sheet = Board.Find(Name, _mayIdentify);
        var revision = Workspace.Current.Revision;
        // Once a second most profiles are what they were, and drawing them again would be for nothing.
        _isSame = sheet is not null && _sheet is not null && _sheet.IsLike(sheet) && revision == _revision;
        _revision = revision;
        if (_isSame) return;
        _sheet = sheet;
        _retired = sheet is not null && Name.StartsWith("use_", StringComparison.Ordinal) && Name != sheet.Id ? Name : null;
    }

    /// <inheritdoc/>
    protected override bool ShouldRender()
    {
        var should = !_isSame;
        _isSame = false;
        return should;
    }

    private void Reread()
    {
        _sheet = null;
        Refresh();
    }

    private string PathOf(string tab) => tab.Length == 0 ? _sheet!.Path : $"{_sheet!.Path}/{tab}";
}
