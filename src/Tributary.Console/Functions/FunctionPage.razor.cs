using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Components;
using MudBlazor;
using Tributary.Console.Access;
using Tributary.Console.Destinations;
using Tributary.Console.Shared;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Functions;

/// <summary>One function: its code, a run on a sample, what uses it and what it wrote.</summary>
public sealed partial class FunctionPage : ComponentBase, IDisposable
{
    private const string New = "new";
    private const int VersionsShown = 12;

    private readonly CancellationTokenSource _gone = new();
    private readonly List<SettingRow> _settings = [];
    private Function? _function;
    private List<FunctionVersion> _versions = [];
    private int? _opened;
    private string? _shownId;
    private bool _isNew;
    private string _type = Function.DestinationType;
    private string _name = "";
    private string _code = "";
    private string _sample = "";
    private string _values = "{}";
    private string _destination = "";
    private bool _isDry = true;
    private bool _isBusy;
    private bool _isRunning;
    private string? _runFault;
    private JsonObject? _run;
    private IReadOnlyList<WireView> _requests = [];
    private JsonArray _logs = [];
    private WorkspaceRefusal? _refusal;

    [Inject]
    public required ConsoleAccess Access { get; init; }

    [Inject]
    public required LiveWorkspace Workspace { get; init; }

    [Inject]
    public required FunctionDesk Desk { get; init; }

    [Inject]
    public required SourceDesk Sources { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [Inject]
    public required IDialogService Dialogs { get; init; }

    [Inject]
    public required Toasts Toasts { get; init; }

    /// <summary>The function's id, or <c>new</c>.</summary>
    [Parameter]
    public required string Id { get; set; }

    private bool _mayEdit => Access.May(Permission.Edit);

    /// <summary>What a kind of function is called.</summary>
    public static string KindOf(string resourceType) => resourceType switch
    {
        Function.SourceType => "Source function",
        Function.InsertType => "Insert function",
        _ => "Destination function",
    };

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        if (_shownId == Id) return;
        _shownId = Id;
        _isNew = Id == New;
        (_refusal, _run, _runFault) = (null, null, null);
        _function = _isNew ? null : Workspace.Current.FindFunction(Id);
        if (_function is { } stored)
        {
            (_type, _name, _code) = (stored.ResourceType, stored.DisplayName, stored.Code);
            _settings.Clear();
            _settings.AddRange(stored.Settings.Select(SettingRow.Of));
            _sample = Sample(_type);
            ReadLogs();
            ReadVersions();
        }
        else
        {
            Begin(_type);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _gone.Cancel();
        _gone.Dispose();
    }

    // Into the editor first: what replaces the code that runs should be read before.
    private void Open(FunctionVersion version)
    {
        (_code, _opened) = (version.Code, version.Number);
        _settings.Clear();
        _settings.AddRange(version.Settings.Select(SettingRow.Of));
    }

    private void ReadVersions() => (_versions, _opened) = ([.. Workspace.Current.VersionsOf(Id)], null);

    private void Begin(string type) => (_type, _code, _sample) = (type, Beginning(type), Sample(type));

    private static string Beginning(string type) => type switch
    {
        Function.SourceType => """
            async function onRequest(request, settings) {
              const body = request.json()
              Segment.track({ event: body.type, userId: body.id, properties: body })
            }
            """,
        Function.InsertType => """
            async function onTrack(event, settings) {
              event.properties.checked = true
              return event
            }
            """,
        _ => """
            async function onTrack(event, settings) {
              const answer = await fetch('https://api.example.com/events', {
                method: 'POST',
                headers: { 'Content-Type': 'application/json' },
                body: JSON.stringify({ name: event.event, person: event.userId, ...event.properties })
              })
              if (answer.status >= 500) throw new RetryError(answer.statusText)
            }
            """,
    };

    private static string Sample(string type) => type == Function.SourceType
        ? """{ "headers": { "content-type": "application/json" }, "body": "{\"type\":\"Order Completed\",\"id\":\"user-1\"}" }"""
        : """{ "type": "track", "event": "Order Completed", "userId": "user-1", "messageId": "example-1", "properties": { "total": 42.5 } }""";

    private IEnumerable<(string Name, string Path)> UsesOf(Function function) =>
        Workspace.Current.Destinations.Where(each => each.MetadataId == function.CatalogId).Select(each => (each.Name, $"/destinations/{each.Id}"))
            .Concat(Workspace.Current.Sources.Where(each => each.MetadataId == function.CatalogId).Select(each => (each.Name, $"/sources/{each.Id}")));

    // A destination has at most one function in front of it.
    private IEnumerable<Destination> Free() => Workspace.Current.Destinations.Where(destination => Workspace.Current.FindInsertFunctionOf(destination.Id) is null);

    private void ReadLogs() => _logs = Desk.Logs(Id) ?? [];

    private async Task SaveAsync(bool isDeployed)
    {
        var fields = new JsonObject { ["displayName"] = _name, ["code"] = _code, ["settings"] = new JsonArray([.. _settings.Where(row => row.Name.Trim().Length > 0).Select(row => row.Value())]) };
        if (_isNew) fields["resourceType"] = _type;
        var id = Id;
        await ActAsync(isDeployed ? "Saved and deployed." : _isNew ? "Created; it runs from now on." : "Saved. It runs when it is deployed.", async author =>
        {
            if (_isNew)
            {
                (id, var created) = await Desk.Create(author, JsonInput.Of(fields), CancellationToken.None);
                return created;
            }

            var saved = await Desk.Update(author, Id, JsonInput.Of(fields), CancellationToken.None);
            return saved.Refusal is null && isDeployed ? await Desk.Deploy(author, Id, CancellationToken.None) : saved;
        });
        if (_refusal is not null) return;
        if (_isNew) Navigation.NavigateTo($"/functions/{id}");
        else _function = Workspace.Current.FindFunction(Id);
        ReadVersions();
    }

    private async Task RunAsync()
    {
        if (_isRunning) return;
        (_runFault, _run, _requests) = (null, null, []);
        if (Parse(_sample) is not { } sample || Parse(_values) is not { } values)
        {
            _runFault = "The sample and the settings must be JSON objects.";
            return;
        }

        _isRunning = true;
        try
        {
            var fields = new JsonObject { ["code"] = _code, ["settings"] = values, ["dryRun"] = _isDry, [_type == Function.SourceType ? "request" : "event"] = sample };
            if (_type != Function.SourceType) fields["resourceType"] = _type;
            // Code runs on the server: that takes the same permission as saving it.
            var refusal = await Access.ActAsync(Permission.Edit, async _ =>
            {
                var (answer, broken) = await Desk.Run(_isNew ? null : Id, JsonInput.Of(fields), _gone.Token);
                _run = answer;
                return new WorkspaceChanged(Workspace.Current, broken);
            });
            _runFault = refusal?.Faults[0].Message;
            _requests = [.. (_run?["requests"] as JsonArray ?? []).Select(ViewOf)];
        }
        catch (OperationCanceledException) when (_gone.IsCancellationRequested)
        {
            // The page was left.
        }
        finally
        {
            _isRunning = false;
        }
    }

    // A run tells the status beside the request, and no body of the answer.
    private static WireView ViewOf(JsonNode? request)
    {
        using var parsed = JsonDocument.Parse(request!.ToJsonString());
        var view = WireView.Read(parsed.RootElement);
        return view with { Status = request["status"] is JsonValue status && status.TryGetValue<int>(out var code) ? code : 0, Fault = (string?)request["fault"] };
    }

    private static JsonObject? Parse(string text) => JsonInput.Parse(Encoding.UTF8.GetBytes(text)) is { Refusal: null, Body: var body } ? body.Whole() : null;

    private Task InsertAsync() => ActAsync("It stands in front of the destination from now on.", async author => (await Desk.Insert(
        author,
        JsonInput.Of(new JsonObject { ["functionId"] = Id, ["integrationId"] = _destination, ["name"] = _name, ["enabled"] = true, ["settings"] = Parse(_values) }),
        CancellationToken.None)).Changed);

    private Task RemoveAsync(InsertFunction instance) => ActAsync("It is taken away.", author => Desk.Remove(author, instance.Id, CancellationToken.None));

    private async Task SourceAsync()
    {
        var id = "";
        var slug = new string([.. _name.ToLowerInvariant().Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-')]).Trim('-');
        await ActAsync("The source is there; its address takes requests.", async author =>
        {
            (id, var changed) = await Sources.CreateAsync(
                author, JsonInput.Of(new JsonObject { ["name"] = _name, ["slug"] = slug, ["metadataId"] = _function!.CatalogId, ["settings"] = Parse(_values) }), CancellationToken.None);
            return changed;
        });
        if (_refusal is null) Navigation.NavigateTo($"/sources/{id}");
    }

    private async Task DeleteAsync()
    {
        if (!await Confirm.AskAsync(Dialogs, $"Delete {_name}?", "Its versions go with it.", "Delete")) return;
        await ActAsync($"{_name} is deleted.", author => Desk.Delete(author, Id, CancellationToken.None));
        if (_refusal is null) Navigation.NavigateTo("/functions");
    }

    private async Task ActAsync(string done, Func<string, ValueTask<WorkspaceChanged>> change)
    {
        if (_isBusy) return;
        _isBusy = true;
        try
        {
            _refusal = await Access.ActAsync(Permission.Edit, change);
            if (_refusal is null) Toasts.Done(done);
            _destination = "";
        }
        finally
        {
            _isBusy = false;
        }
    }
}
