using Microsoft.AspNetCore.Components;
using Tributary.Console.Access;
using Tributary.Console.Shared;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Settings;

/// <summary>Who may use the console.</summary>
public sealed partial class MembersPage
{
    // What the permissions mean, in the words of what people do.
    private static readonly (string What, Permission Needed)[] Matrix =
    [
        ("Look at what flows: volumes, errors, schemas, audiences, rules, the audit log", Permission.Read),
        ("See what identifies people: identifiers, traits, messages, the lake", Permission.Pii),
        ("Change sources, destinations, functions, audiences and profiles; see write keys", Permission.Edit),
        ("Change identity rules, tokens and members; download the workspace file", Permission.Administer),
        ("Make and unmake owners", Permission.Own),
    ];

    private string _email = "";
    private string _name = "";
    private MemberRole _role = MemberRole.Editor;
    private bool _pii;

    // Lives as long as this page is open, and nowhere else.
    private string? _link;
    private string _linkTitle = "";

    // Rows are made anew after a question, so that a field shows what holds and not what was refused.
    private int _asked;

    [Inject]
    public required MemberRegister Register { get; init; }

    [Inject]
    public required MemberSightings Sightings { get; init; }

    [Inject]
    public required TimeProvider Clock { get; init; }

    /// <summary>Anything when the form is open.</summary>
    [SupplyParameterFromQuery(Name = "new")]
    public string? New { get; set; }

    // The roles that the member may give.
    private IEnumerable<MemberRole> Given => Enum.GetValues<MemberRole>().Where(role => role != MemberRole.Owner || Access.May(Permission.Own));

    /// <inheritdoc/>
    protected override void OnInitialized() => FollowWorkspace();

    private static bool HasPii(MemberRole role) => MayDo(role, Permission.Pii);

    private static bool MayDo(MemberRole role, Permission needed) => new Member { Id = "", Email = "", Name = "", Role = role, Stamp = "" }.May(needed);

    private static string HintOf(MemberRole role) => role switch
    {
        MemberRole.Owner => "Everything, also making other owners.",
        MemberRole.Admin => "Everything but what concerns owners.",
        MemberRole.Editor => "Changes what flows: sources, destinations, audiences, profiles.",
        MemberRole.Viewer => "Looks, and changes nothing.",
    };

    private static string LinkVerb(Member member) => member.CanSignIn ? "Reset link" : "New link";

    private bool IsOpen(Member member) => member.InvitationHash is not null && member.InvitedUntil > Clock.GetUtcNow().ToUnixTimeMilliseconds();

    private bool MayTouch(Member member) => member.Role != MemberRole.Owner || Access.May(Permission.Own);

    private string? FixedBecause(Member member) => !MayTouch(member) ? "Only an owner may change an owner."
        : member is { Role: MemberRole.Owner, CanSignIn: true } && Workspace.Current.Members.Count(each => each is { Role: MemberRole.Owner, CanSignIn: true }) == 1 ? "The last owner stays. Make somebody else an owner first."
        : null;

    private string LinkOf(string code) => $"{Navigation.BaseUri}invitation?code={code}";

    private async Task InviteAsync()
    {
        string? code = null;
        var isDone = await ActAsync(null, async _ =>
        {
            (code, var refusal) = await Register.InviteAsync(Access.Member!, _email, _name, _role, _pii, CancellationToken.None);
            return new(Workspace.Current, refusal);
        });
        if (!isDone || code is null) return;
        (_link, _linkTitle) = (LinkOf(code), $"The invitation of {_name.Trim()} is ready. Copy it now.");
        (_email, _name, _pii) = ("", "", false);
        Turn("new", null);
    }

    private async Task LinkAsync(Member member)
    {
        string? code = null;
        var isDone = await ActAsync(null, async _ =>
        {
            (code, var refusal) = await Register.InviteAgainAsync(Access.Member!, member.Id, CancellationToken.None);
            return new(Workspace.Current, refusal);
        });
        if (isDone && code is not null)
            (_link, _linkTitle) = (LinkOf(code), member.CanSignIn ? $"{member.Name} can choose another password with this link. The present one works until then." : $"The invitation of {member.Name} is ready. Earlier links no longer work.");
    }

    // An admin sees people because of the role; with the role, that goes. Otherwise it stays as somebody has set it.
    private Task GiveAsync(Member member, MemberRole role) => ChangeRoleAsync(member, role, member.Pii && (HasPii(role) || !HasPii(member.Role)));

    private async Task ChangeRoleAsync(Member member, MemberRole role, bool pii)
    {
        var isOwn = member.Id == Access.Member?.Id;
        var what = role != member.Role ? $"Make {member.Name} {WithArticle(role)}?" : pii ? $"Let {member.Name} see what identifies people?" : $"Hide what identifies people from {member.Name}?";
        var text = isOwn ? "This is your own account. Your sessions end, and you sign in again." : $"{HintOf(role)} Open sessions of {member.Name} end; signing in again is all it takes.";
        if (member.May(Permission.Pii) && !pii && !HasPii(role)) text += " What identifies people will be hidden.";
        if (await Confirm.AskAsync(Dialogs, what, text, "Change"))
            await ActAsync($"{member.Name} is changed.", _ => Register.ChangeRoleAsync(Access.Member!, member.Id, role, pii, CancellationToken.None));
        _asked++;
    }

    private async Task RemoveAsync(Member member)
    {
        if (!await Confirm.AskAsync(Dialogs, $"Remove {member.Name}?", "Open sessions end at once, and links no longer work. What was done stays in the audit log. An invitation brings the person back.", "Remove")) return;
        await ActAsync($"{member.Name} is removed.", _ => Register.RemoveAsync(Access.Member!, member.Id, CancellationToken.None));
    }

    private static string WithArticle(MemberRole role) => role switch
    {
        MemberRole.Owner => "an owner",
        MemberRole.Admin => "an admin",
        MemberRole.Editor => "an editor",
        MemberRole.Viewer => "a viewer",
    };
}
