using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Components;
using Tributary.Console.Access;
using Tributary.Engine.Processing.Computing;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Profiles;

/// <summary>Which audiences a profile is in and what is computed of it, with the reason of each.</summary>
public sealed partial class ProfileAudiences
{
    private List<Membership> _rows = [];
    private Membership? _open;
    private JsonObject? _why;
    private DateTimeOffset? _changesAt;
    private (ProfileSheet Sheet, string? Of)? _explained;

    [Inject]
    internal ComputationExplainer Explainer { get; init; } = null!;

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [Parameter, EditorRequired]
    public required ProfileSheet Sheet { get; set; }

    /// <summary>The audience or trait that is explained.</summary>
    [SupplyParameterFromQuery(Name = "of")]
    public string? Of { get; set; }

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        var now = Workspace.Current;
        _rows = [.. now.Computations.Where(each => !each.Deleted && each.SpaceId == Sheet.Space.Id && each.IsOfAccounts == Sheet.IsAccount).Select(Row).OrderByDescending(row => row.IsIn)];
        _open = _rows.Find(row => row.Computation.Id == Of);
        // An explanation reads the events behind it, so it is made once for what is shown.
        if (_explained is { } known && known.Sheet == Sheet && known.Of == Of) return;
        _explained = (Sheet, Of);
        _why = _open is null ? null : Explainer.Explain(now, Sheet.Space, _open.Computation, Sheet.Profile);
        _changesAt = DateTimeOffset.TryParse((string?)_why?["changesAt"], CultureInfo.InvariantCulture, out var at) ? at : null;
    }

    private Membership Row(Computation computation)
    {
        if (Sheet.Profile.Results is not { } results || !results.TryGetValue(computation.Number, out var result) || result.Json is null) return new Membership(computation, false, "–", null);
        var isHidden = !Access.May(Permission.Pii) && result.Json is [(byte)'"' or (byte)'[' or (byte)'{', ..];
        return new Membership(computation, result.IsMember, isHidden ? PiiMask.Hidden : ProfileText.Value(result.Json), ProfileText.Time(result.ChangedAt));
    }

    private void Turn(string id) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameter("of", id == Of ? null : id), replace: true);

    private sealed record Membership(Computation Computation, bool IsIn, string Value, DateTimeOffset? Since);
}
