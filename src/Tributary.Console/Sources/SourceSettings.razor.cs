using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Components;
using MudBlazor;
using Tributary.Console.Shared;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Sources;

/// <summary>What can be changed of a source.</summary>
public sealed partial class SourceSettings
{
    private string _name = "";
    private string _slug = "";
    private string _rate = "";
    private bool _enabled;
    private Source? _shown;

    [Inject]
    public required SourceDesk Desk { get; init; }

    [Inject]
    public required IDialogService Dialogs { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [Parameter, EditorRequired]
    public required Source Source { get; set; }

    private bool _mayEdit => Access.May(Permission.Edit);

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        // The page renders once a second; what somebody is typing must survive that.
        if (_shown is not null && Source.Id == _shown.Id && (_name, _slug, _enabled) != (_shown.Name, _shown.Slug, _shown.Enabled)) return;
        if (_shown is not null && Source.Id == _shown.Id && _rate != Rate(_shown)) return;
        (_name, _slug, _rate, _enabled, _shown) = (Source.Name, Source.Slug, Rate(Source), Source.Enabled, Source);
    }

    private static string Rate(Source source) => source.RateLimit?.ToString(CultureInfo.InvariantCulture) ?? "";

    private async Task SaveAsync()
    {
        JsonNode? limit = int.TryParse(_rate, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : _rate.Trim().Length == 0 ? null : _rate;
        var fields = new JsonObject { ["name"] = _name, ["slug"] = _slug, ["enabled"] = _enabled, ["settings"] = new JsonObject { ["rateLimit"] = limit } };
        if (await ActAsync("Saved.", author => Desk.UpdateAsync(author, Source.Id, JsonInput.Of(fields), CancellationToken.None))) _shown = null;
    }

    private Task AddKeyAsync() => ActAsync("A new write key works from now on.", author => Desk.AddWriteKeyAsync(author, Source.Id, CancellationToken.None));

    private async Task RemoveKeyAsync(string key)
    {
        if (!await Confirm.AskAsync(Dialogs, "Remove this write key?", "Whoever still sends with it is refused from now on.", "Remove")) return;
        await ActAsync("The write key is gone.", author => Desk.RemoveWriteKeyAsync(author, Source.Id, key, CancellationToken.None));
    }

    private async Task DeleteAsync()
    {
        var feeds = Workspace.Current.Destinations.Count(destination => destination.SourceId == Source.Id);
        var text = feeds == 0 ? "Its write keys stop working at once." : $"Its write keys stop working at once, and {Words.Plural(feeds, "destination")} that it feeds will be deleted too.";
        if (!await Confirm.AskAsync(Dialogs, $"Delete {Source.Name}?", text, "Delete", Source.Slug)) return;
        var name = Source.Name;
        if (await ActAsync($"{name} is deleted.", author => Desk.DeleteAsync(author, Source.Id, CancellationToken.None))) Navigation.NavigateTo("/sources");
    }
}
