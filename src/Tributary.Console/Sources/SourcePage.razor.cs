using Microsoft.AspNetCore.Components;

namespace Tributary.Console.Sources;

/// <summary>One source, in tabs that are addresses.</summary>
public sealed partial class SourcePage
{
    private static readonly (string Tab, string Name)[] Tabs = [("", "Overview"), ("debugger", "Debugger"), ("schema", "Schema"), ("settings", "Settings")];

    private SourceRow? _row;
    private long _rate;

    [Inject]
    public required SourceBoard Board { get; init; }

    [Parameter]
    public required string Id { get; set; }

    [Parameter]
    public string? Tab { get; set; }

    /// <inheritdoc/>
    protected override void OnInitialized()
    {
        FollowWorkspace();
        FollowPulse();
    }

    /// <inheritdoc/>
    protected override void OnParametersSet() => Refresh();

    /// <inheritdoc/>
    protected override void Refresh()
    {
        _row = Workspace.Current.FindSource(Id) is { } source ? Board.Row(source) : null;
        _rate = _row is null ? 0 : Pulse.Latest.Rates.GetValueOrDefault(_row.Source.Number);
    }

    private string PathOf(string tab) => tab.Length == 0 ? $"/sources/{Id}" : $"/sources/{Id}/{tab}";
}
