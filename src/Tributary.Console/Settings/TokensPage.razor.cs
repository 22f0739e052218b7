using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Components;
using Tributary.Console.Shared;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Settings;

/// <summary>Who may use the APIs.</summary>
public sealed partial class TokensPage
{
    private static readonly (string Scope, string Name, string Hint)[] Kinds =
    [
        (Scopes.ProfilesRead, "Read profiles", "The Profile API: traits, events and identifiers of people."),
        (Scopes.Admin, "Everything", "The management API, the lake and the Profile API: as much as an admin."),
    ];

    private readonly HashSet<string> _scopes = [Scopes.ProfilesRead];
    private string _name = "";

    // Lives as long as this page is open, and nowhere else.
    private string? _secret;
    private string _made = "";
    private bool _isAdmin;

    [Inject]
    public required TokenDesk Desk { get; init; }

    [Inject]
    internal AuditBoard Audit { get; init; } = null!;

    /// <summary>Anything when the form is open.</summary>
    [SupplyParameterFromQuery(Name = "new")]
    public string? New { get; set; }

    private string Try => _isAdmin
        ? $"curl -H 'Authorization: Bearer {_secret}' {Navigation.BaseUri}api/sources"
        : $"curl -u '{_secret}:' {Navigation.BaseUri}v1/spaces/{Workspace.Current.Spaces[0].Id}/collections/users/profiles/user_id:SOMEBODY/traits";

    /// <inheritdoc/>
    protected override void OnInitialized() => FollowWorkspace();

    private static string NameOf(string scope) => Kinds.FirstOrDefault(kind => kind.Scope == scope).Name ?? scope;

    private void Choose(string scope, bool isChosen)
    {
        if (isChosen) _scopes.Add(scope);
        else _scopes.Remove(scope);
    }

    private async Task CreateAsync()
    {
        var fields = new JsonObject { ["name"] = _name, ["scopes"] = new JsonArray([.. Scopes.All.Where(_scopes.Contains).Select(scope => JsonValue.Create(scope))]) };
        (Token Token, string Secret)? made = null;
        var isDone = await ActAsync(null, async author =>
        {
            var (token, secret, changed) = await Desk.CreateAsync(author, JsonInput.Of(fields), CancellationToken.None);
            made = (token, secret);
            return changed;
        });
        if (!isDone || made is not var (one, text)) return;
        (_secret, _made, _isAdmin, _name) = (text, one.Name, one.Scopes.Contains(Scopes.Admin), "");
        Turn("new", null);
    }

    private async Task DeleteAsync(Token token)
    {
        var text = token.Id == WorkspaceSetup.EnvironmentTokenId
            ? "Programs that use it are refused at once. The environment of the server sets it again at the next start."
            : "Programs that use it are refused at once. It cannot be brought back.";
        if (!await Confirm.AskAsync(Dialogs, $"Delete {token.Name}?", text, "Delete")) return;
        await ActAsync($"{token.Name} is worthless now.", author => Desk.DeleteAsync(author, token.Id, CancellationToken.None));
    }
}
