using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Tributary.Console.Shared;

/// <summary>Asks before something that cannot be taken back; for the gravest, the person types the name.</summary>
public sealed partial class Confirm : ComponentBase
{
    private string? _typed;

    [CascadingParameter]
    public required IMudDialogInstance Dialog { get; set; }

    [Parameter]
    public string Title { get; set; } = "";

    [Parameter]
    public string Text { get; set; } = "";

    /// <summary>What the button says.</summary>
    [Parameter]
    public string Verb { get; set; } = "Go on";

    /// <summary>What must be typed; null when a click is enough.</summary>
    [Parameter]
    public string? Word { get; set; }

    /// <summary>True when the person goes on.</summary>
    public static async Task<bool> AskAsync(IDialogService dialogs, string title, string text, string verb, string? word = null)
    {
        var parameters = new DialogParameters<Confirm> { { confirm => confirm.Title, title }, { confirm => confirm.Text, text }, { confirm => confirm.Verb, verb }, { confirm => confirm.Word, word } };
        var dialog = await dialogs.ShowAsync<Confirm>(title, parameters, new DialogOptions { MaxWidth = MaxWidth.ExtraSmall, FullWidth = true, CloseOnEscapeKey = true });
        return await dialog.Result is { Canceled: false };
    }
}
