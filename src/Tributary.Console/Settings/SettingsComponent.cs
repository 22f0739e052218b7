using Microsoft.AspNetCore.Components;
using MudBlazor;
using Tributary.Console.Shared;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Settings;

/// <summary>A page of the settings: it follows the workspace and makes changes that only administrators may make.</summary>
public abstract class SettingsComponent : ChangingComponent
{
    [Inject]
    public required IDialogService Dialogs { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    /// <inheritdoc/>
    protected override Permission Needed => Permission.Administer;

    /// <summary>Whether the member may change what the settings hold.</summary>
    protected bool MayChange => Access.May(Needed);

    /// <summary>Changes one field of the address, without a new entry in the browser's history.</summary>
    protected void Turn(string name, string? value) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameter(name, value), replace: true);
}
