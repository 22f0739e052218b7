using Microsoft.AspNetCore.Components;
using Tributary.Console.Live;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Shared;

/// <summary>A form that changes the workspace: one change at a time, faults beside their fields, success and what no field shows as a toast.</summary>
public abstract class ChangingComponent : LiveComponent
{
    [Inject]
    public required Toasts Toasts { get; init; }

    /// <summary>A change is under way.</summary>
    protected bool IsBusy { get; private set; }

    /// <summary>Why the last change was refused; null when it was not.</summary>
    protected WorkspaceRefusal? Refusal { get; set; }

    /// <summary>What a member must be allowed to do to make the change.</summary>
    protected virtual Permission Needed => Permission.Edit;

    /// <summary>What is wrong with a field; null for what belongs to none.</summary>
    protected virtual string? FaultOf(string? field) => Refusal?.Faults.FirstOrDefault(fault => fault.Field == field).Message;

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
            Refusal = await Access.ActAsync(Needed, change);
        }
        finally
        {
            IsBusy = false;
        }

        if (Refusal is null && done is not null) Toasts.Done(done);
        else if (Refusal?.Faults[0] is { Field: null } fault) Toasts.Failed(fault.Message);
        return Refusal is null;
    }
}
