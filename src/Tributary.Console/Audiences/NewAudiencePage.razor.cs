using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Components;
using Tributary.Console.Access;
using Tributary.Console.Shared;
using Tributary.Engine.Audiences;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Audiences;

/// <summary>Creates an audience or a computed trait and leads to its page.</summary>
public sealed partial class NewAudiencePage : ComponentBase
{
    private string _name = "";
    private string _key = "";
    private string _type = "USERS";
    private string _query = "";
    private string _ready = "";
    private string? _description;
    private bool _hasOwnKey;
    private bool _isBusy;
    private WorkspaceRefusal? _refusal;

    [Inject]
    public required ConsoleAccess Access { get; init; }

    [Inject]
    public required LiveWorkspace Workspace { get; init; }

    [Inject]
    public required ComputationDesk Desk { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [Inject]
    public required Toasts Toasts { get; init; }

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
        if (Begin is not null) Choose(new ChangeEventArgs { Value = Begin });
    }

    private string? FaultOf(string? field) => _refusal?.Faults.FirstOrDefault(fault => fault.Field == field).Message;

    private void Rename(ChangeEventArgs input)
    {
        _name = (string?)input.Value ?? "";
        if (!_hasOwnKey) _key = KeyOf(_name);
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
        if (_isBusy) return;
        _isBusy = true;
        try
        {
            var fields = new JsonObject { ["name"] = _name, ["key"] = _key, ["definition"] = new JsonObject { ["type"] = _type, ["query"] = _query } };
            var id = "";
            _refusal = await Access.ActAsync(Permission.Edit, async author =>
            {
                (id, var changed) = await Desk.CreateAsync(author, Workspace.Current.Spaces[0].Id, KindName, JsonInput.Of(fields), CancellationToken.None);
                return changed;
            });
            if (_refusal is not null) return;
            Toasts.Done($"{_name} is being computed over everything that happened so far.");
            Navigation.NavigateTo($"/audiences/{id}");
        }
        finally
        {
            _isBusy = false;
        }
    }

    // Letters and digits of the name in lower case, an underscore where something else stood.
    private static string KeyOf(string name)
    {
        var key = new StringBuilder();
        foreach (var letter in name)
        {
            if (char.IsAsciiLetterOrDigit(letter)) key.Append(char.ToLowerInvariant(letter));
            else if (key.Length > 0 && key[^1] != '_') key.Append('_');
            if (key.Length == 60) break;
        }

        return key.ToString().TrimEnd('_');
    }
}
