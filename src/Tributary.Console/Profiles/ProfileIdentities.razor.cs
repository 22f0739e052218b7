using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Tributary.Console.Shared;
using Tributary.Engine.Identity;
using Tributary.Engine.Profiles;
using Tributary.Model;

namespace Tributary.Console.Profiles;

/// <summary>The identifiers of a profile as a graph, the evidence behind it, and how it is changed by hand.</summary>
public sealed partial class ProfileIdentities
{
    private const int ViolationsShown = 8;

    private readonly HashSet<Node> _cut = [];
    private IdentityPicture _picture = null!;
    private ProfileSheet? _drawn;
    private Node? _node;
    private Link? _link;
    private List<Link> _chain = [];
    private List<JsonObject> _violations = [];
    private IReadOnlyList<ProfileSheet> _parts = [];
    private string? _isDone;

    [Inject]
    internal ProfileExplainer Explainer { get; init; } = null!;

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [Parameter, EditorRequired]
    public required ProfileSheet Sheet { get; set; }

    /// <summary>Called when the profile was merged or split.</summary>
    [Parameter]
    public EventCallback Changed { get; set; }

    /// <summary>The identifier or the link that is looked at, see <see cref="IdentityPicture"/>.</summary>
    [SupplyParameterFromQuery(Name = "pick")]
    public string? Pick { get; set; }

    /// <summary>Another identifier, to which the chain is shown.</summary>
    [SupplyParameterFromQuery(Name = "with")]
    public string? With { get; set; }

    /// <summary><c>split</c> or <c>merge</c>; null for looking only.</summary>
    [SupplyParameterFromQuery(Name = "act")]
    public string? Act { get; set; }

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        if (_drawn != Sheet)
        {
            // The nodes are other objects after each reading; what was ticked stays ticked.
            var ticked = _cut.Select(node => node.Number).ToHashSet();
            _picture = IdentityPicture.Of(Sheet.Profile);
            _cut.Clear();
            _cut.UnionWith(Sheet.Profile.Nodes.Where(node => ticked.Contains(node.Number)));
            _violations = [.. Explainer.Violations(Sheet.Profile).Take(ViolationsShown).Select(violation => violation.AsObject())];
            _drawn = Sheet;
        }

        _node = Sheet.Profile.Nodes.Find(node => IdentityPicture.KeyOf(node) == Pick);
        _link = Sheet.Profile.Links.Find(link => IdentityPicture.KeyOf(link) == Pick);
        var other = Sheet.Profile.Nodes.Find(node => IdentityPicture.KeyOf(node) == With);
        _chain = _node is null || other is null ? [] : ProfileExplainer.FindPath(Sheet.Profile, _node, other);
        if (Act != "split") _cut.Clear();
    }

    private static string Text(double number) => number.ToString("0.##", CultureInfo.InvariantCulture);

    private bool IsOn(Link link) => link == _link || _chain.Contains(link);

    private string NameOf(Node node) => $"{node.Type}:{Access.Mask(node.Value)}";

    private string NameOf(Identifier identifier) => $"{identifier.Type}:{Access.Mask(identifier.Value)}";

    private string Because(Link link)
    {
        var evidence = link.Evidence;
        if (evidence.Type == 0) return $"are one because somebody merged them by hand on {ProfileText.DateTime(evidence.Timestamp)}.";
        var since = link.Count > 1 ? $" {Words.Plural(link.Count - 1, "more event has", "more events have")} carried both since." : "";
        return $"are one because one {ProfileText.TypeName(evidence.Type)} event from {TraitBoard.SourceName(Workspace.Current, evidence.Source)} carried both on {ProfileText.DateTime(evidence.Timestamp)}.{since}";
    }

    private void Choose(Node node)
    {
        if (Act == "split") Toggle(node.ToString());
        else Go(node == _node ? null : IdentityPicture.KeyOf(node));
    }

    private void Choose(Link link)
    {
        if (Act == "split") Cut(IdentityPicture.SideOf(Sheet.Profile, link));
        else Go(link == _link ? null : IdentityPicture.KeyOf(link));
    }

    private static void Press(KeyboardEventArgs key, Action choose)
    {
        if (key.Key is "Enter" or " ") choose();
    }

    private void SplitAtLink()
    {
        var side = IdentityPicture.SideOf(Sheet.Profile, _link!);
        Turn("act", "split");
        Cut(side);
    }

    private void SplitAtNode()
    {
        var node = _node!;
        Turn("act", "split");
        Cut(new HashSet<Node> { node });
    }

    private void Cut(IReadOnlySet<Node> side)
    {
        _cut.Clear();
        _cut.UnionWith(side);
    }

    private void Toggle(string identifier)
    {
        if (Sheet.Profile.Nodes.Find(node => node.ToString() == identifier) is not { } node) return;
        if (!_cut.Remove(node)) _cut.Add(node);
    }

    private async Task FinishAsync(IReadOnlyList<ProfileSheet> parts, string said)
    {
        (_isDone, _parts) = (said, parts);
        _cut.Clear();
        Navigation.NavigateTo($"{Sheet.Path}/identities", replace: true);
        await Changed.InvokeAsync();
    }

    private void Go(string? pick) => Navigation.NavigateTo(
        Navigation.GetUriWithQueryParameters(new Dictionary<string, object?> { ["pick"] = pick, ["with"] = null, ["act"] = null }), replace: true);

    private void Turn(string name, string? value) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameter(name, string.IsNullOrEmpty(value) ? null : value), replace: true);
}
