using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Components;
using Tributary.Console.Shared;
using Tributary.Engine.Delivery;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Destinations;

/// <summary>Connects a destination: a form made of what its kind asks for.</summary>
public sealed partial class NewDestinationPage
{
    private readonly HashSet<DestinationPreset> _chosen = [];
    private List<DestinationPreset> _presets = [];
    private DestinationKind? _kind;
    private SettingsDraft? _draft;
    private string _name = "";
    private string _source = "";
    private CredentialsState _test;

    [Inject]
    public required DestinationCatalog Catalog { get; init; }

    [Inject]
    public required DestinationDesk Desk { get; init; }

    [Inject]
    public required SubscriptionDesk Subscriptions { get; init; }

    [Inject]
    public required DestinationAsking Asking { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    /// <summary>The kind.</summary>
    [Parameter]
    public required string Slug { get; set; }

    /// <summary>The source that is chosen at first.</summary>
    [SupplyParameterFromQuery(Name = "source")]
    public string? Source { get; set; }

    /// <summary>The audience or trait that it is for; null when it is for events.</summary>
    [SupplyParameterFromQuery(Name = "for")]
    public string? For { get; set; }

    private Computation? Computation => For is null ? null : Workspace.Current.Computations.FirstOrDefault(computation => computation.Id == For && !computation.Deleted);

    private string CatalogPath => Navigation.GetUriWithQueryParameters("/destinations/catalog", new Dictionary<string, object?>(StringComparer.Ordinal) { ["source"] = Source, ["for"] = For });

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        if (_kind?.Slug == Slug) return;
        _kind = Catalog.Find(Slug);
        _draft = _kind is null ? null : SettingsDraft.New(_kind);
        _name = _kind is null ? "" : FieldText.KindName(_kind.Name);
        var sources = Workspace.Current.Sources;
        // Most want what somebody sends; what audiences say is asked for from an audience.
        Choose((sources.FirstOrDefault(source => source.Id == Source) ?? sources.LastOrDefault(source => !IsOfAudiences(source)) ?? sources.LastOrDefault())?.Id ?? "");
    }

    private void Choose(string source)
    {
        _source = source;
        var isOfAudiences = Workspace.Current.FindSource(source) is { } found && IsOfAudiences(found);
        _presets =
        [
            .. (_kind?.Presets ?? []).Select(preset => isOfAudiences ? AudiencePresets.Of(preset) : preset)
                .Where(preset => preset.Trigger is not null && _kind!.FindAction(preset.Action) is { Hidden: false }).Take(SubscriptionDesk.CountMax),
        ];
        _chosen.Clear();
        _chosen.UnionWith(_presets);
    }

    private static bool IsOfAudiences(Source source) => source.MetadataId == SourceCatalog.Engage;

    /// <inheritdoc/>
    protected override string? FaultOf(string? field) => field is null
        ? Refusal?.Faults.FirstOrDefault(fault => fault.Field is not ("name" or "sourceId") && _draft?.FieldOf(fault) is null).Message
        : Refusal?.Faults.FirstOrDefault(fault => fault.Field == field || fault.Field?.StartsWith(field + ".", StringComparison.Ordinal) == true).Message;

    private void Choose(DestinationPreset preset, bool isChosen)
    {
        if (isChosen) _chosen.Add(preset);
        else _chosen.Remove(preset);
    }

    // What was said about credentials is about those that were there then.
    private void Forget() => _test = default;

    private async Task TestAsync()
    {
        _test = new CredentialsState(IsAsking: true, null, null);
        var reply = await Asking.AuthenticateAsync(new DestinationAsked(Slug, null, [], _draft!.Whole()));
        _test = new CredentialsState(IsAsking: false, reply.IsOk, reply.Message);
    }

    private async Task ConnectAsync()
    {
        var fields = new JsonObject { ["name"] = _name, ["sourceId"] = _source, ["metadataId"] = Slug, ["settings"] = _draft!.Changes() };
        var id = "";
        var isMade = await ActAsync(null, async author =>
        {
            (id, var changed) = await Desk.CreateAsync(author, JsonInput.Of(fields), CancellationToken.None);
            return changed;
        });
        if (!isMade) return;
        var wanted = _presets.Where(_chosen.Contains).ToList();
        var unmapped = wanted.Count == 0 ? null : await Access.ActAsync(Permission.Edit, author => Subscriptions.AddAsync(author, id, wanted, CancellationToken.None));
        if (unmapped is not null) Toasts.Failed($"{_name} is connected, but a mapping was refused: {unmapped.Faults[0].Message}");
        else Toasts.Done(Computation is null ? $"{_name} is connected. The next event goes to it." : $"{_name} is set up. Now say what it is to hear.");
        Navigation.NavigateTo(Computation is { } computation && unmapped is null ? $"/audiences/{computation.Id}/destinations?add={id}" : $"/destinations/{id}");
    }
}
