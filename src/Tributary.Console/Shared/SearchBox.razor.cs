using Microsoft.AspNetCore.Components;

namespace Tributary.Console.Shared;

/// <summary>A field that tells what is typed, a moment after it was typed.</summary>
public sealed partial class SearchBox : ComponentBase
{
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(120);

    // What stands in the field belongs to whoever types: it is set once, and anew only when the address says something else. Written back with each answer of the
    // server it would swallow letters that were typed in between.
    private string _initial = "";
    private string _told = "";
    private int _generation;
    private long _typed;

    [Inject]
    public required TimeProvider Clock { get; init; }

    /// <summary>What is searched for, as the address has it.</summary>
    [Parameter, EditorRequired]
    public string? Value { get; set; }

    [Parameter]
    public string Placeholder { get; set; } = "";

    [Parameter, EditorRequired]
    public EventCallback<string> Changed { get; set; }

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        var value = Value ?? "";
        if (value == _told) return;
        (_initial, _told) = (value, value);
        _generation++;
    }

    private async Task TypeAsync(ChangeEventArgs input)
    {
        var text = (string?)input.Value ?? "";
        var mine = ++_typed;
        await Task.Delay(Rest, Clock);
        if (mine != _typed) return;
        _told = text;
        await Changed.InvokeAsync(text);
    }
}
