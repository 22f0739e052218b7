using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Components;
using Tributary.Console.Shared;
using Tributary.Engine.Audiences;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Audiences;

/// <summary>Creates an audience or a computed trait and leads to its page.</summary>
public sealed partial class NewAudiencePage
{
    private string _name = "";
    private string _key = "";
    private string _type = "USERS";
    private string _query = "";
    private string _space = "";
    private string _ready = "";
    private string? _description;
    private bool _hasOwnKey;

    [Inject]
    public required ComputationDesk Desk { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    /// <summary><c>trait</c> for a computed trait; an audience otherwise.</summary>
    [SupplyParameterFromQuery(Name = "kind")]
    public string? Kind { get; set; }

    /// <summary>The key of a ready definition to begin with.</summary>
    [SupplyParameterFromQuery(Name = "ready")]
    public string? Begin { get; set; }

    private bool IsTrait => Kind == "trait";

    private string KindName => IsTrait ? Computation.Trait : Computation.Audience;

    private IEnumerable<(string Key, string Name, string Description, string Kind, string Type, string Query)> Ready => AudienceBoard.Ready.Where(ready => ready.Kind == KindName);

    /// <inheritdoc/>
    protected override void OnInitialized()
    {
        _space = Workspace.Current.Spaces[0].Id;
        if (Begin is not null) Choose(new ChangeEventArgs { Value = Begin });
    }

    private void Rename(ChangeEventArgs input)
    {
        _name = (string?)input.Value ?? "";
        if (!_hasOwnKey) _key = Words.Slug(_name, '_');
    }

    private void Rekey(ChangeEventArgs input)
    {
        _key = (string?)input.Value ?? "";
        _hasOwnKey = _key.Length > 0;
    }

    private void Retype(ChangeEventArgs input) => _type = (string?)input.Value == "ACCOUNTS" ? "ACCOUNTS" : "USERS";

    private void Requery(string query) => _query = query;

    private void Choose(ChangeEventArgs input)
    {
        _ready = (string?)input.Value ?? "";
        var chosen = Ready.FirstOrDefault(ready => ready.Key == _ready);
        _description = chosen.Description;
        if (chosen.Key is null) return;
        (_type, _query) = (chosen.Type, chosen.Query);
        if (_name.Length > 0) return;
        _name = chosen.Name;
        if (!_hasOwnKey) _key = chosen.Key;
    }

    private async Task CreateAsync()
    {
        var fields = new JsonObject { ["name"] = _name, ["key"] = _key, ["definition"] = new JsonObject { ["type"] = _type, ["query"] = _query } };
        var id = "";
        var isMade = await ActAsync($"{_name} is being computed over everything that happened so far.", async author =>
        {
            (id, var changed) = await Desk.CreateAsync(author, _space, KindName, JsonInput.Of(fields), CancellationToken.None);
            return changed;
        });
        if (isMade) Navigation.NavigateTo($"/audiences/{id}");
    }
}
