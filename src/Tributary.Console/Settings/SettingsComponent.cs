using Microsoft.AspNetCore.Components;
using MudBlazor;
using Tributary.Console.Live;
using Tributary.Console.Shared;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Settings;

/// <summary>A page of the settings: it follows the workspace and makes changes that only administrators may make, one at a time.</summary>
public abstract class SettingsComponent : LiveComponent
{
    [Inject]
    public required Toasts Toasts { get; init; }

    [Inject]
    public required IDialogService Dialogs { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    /// <summary>Whether the member may change what the settings hold.</summary>
    protected bool MayChange => Access.May(Permission.Administer);

    /// <summary>A change is under way.</summary>
    protected bool IsBusy { get; private set; }

    /// <summary>Why the last change was refused; null when it was not.</summary>
    protected WorkspaceRefusal? Refusal { get; set; }

    /// <summary>What is wrong with a field; null for what belongs to none.</summary>
    protected string? FaultOf(string? field) => Refusal?.Faults.FirstOrDefault(fault => fault.Field == field).Message;

    /// <summary>Makes a change for the member.</summary>
    /// <param name="done">What is said when it is made; null to say nothing.</param>
    /// <param name="change">Makes it under the author's name.</param>
    /// <returns>Whether it was made; false also while another one is under way.</returns>
    protected async Task<bool> ActAsync(string? done, Func<string, ValueTask<WorkspaceChanged>> change)
    {
        if (IsBusy) return false;
        IsBusy = true;
        try
        {
            Refusal = await Access.ActAsync(Permission.Administer, change);
        }
        finally
        {
            IsBusy = false;
        }

        if (Refusal is null && done is not null) Toasts.Done(done);
        else if (Refusal?.Faults[0] is { Field: null } fault) Toasts.Failed(fault.Message);
        return Refusal is null;
    }

    /// <summary>Changes one field of the address, without a new entry in the browser's history.</summary>
    protected void Turn(string name, string? value) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameter(name, value), replace: true);
}
