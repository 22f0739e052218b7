using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Tributary.Engine.Workspace;

/// <summary>
/// The people who may use the console: who they are, what they may do, and whether a password is theirs. Like all configuration they are resources of the
/// workspace, so a restart and a replay keep them.
/// </summary>
/// <remarks>
/// A password is kept as PBKDF2 (HMAC-SHA512, <see cref="Iterations"/> rounds, a salt of 128 bits); the hash is made here, at the rim, and enters the log with the
/// revision. No API shows it, and the audit log hides it.
/// </remarks>
public sealed class MemberRegister(LiveWorkspace workspace, TimeProvider clock)
{
    /// <summary>Shortest password, in characters. NIST SP 800-63B asks for 8 at least; a console without a second factor asks for more.</summary>
    public const int PasswordLengthMin = 10;

    /// <summary>Longest password, in characters: a bound for what is hashed.</summary>
    public const int PasswordLengthMax = 256;

    /// <summary>Most members.</summary>
    public const int MembersMax = 1_000;

    /// <summary>OWASP's recommendation for PBKDF2 with SHA-512 (Password Storage Cheat Sheet).</summary>
    public const int Iterations = 210_000;

    /// <summary>How long an invitation can be accepted.</summary>
    public static readonly TimeSpan InvitationLife = TimeSpan.FromDays(7);

    private const int EmailLengthMax = 254;

    private static readonly PasswordHasher<string> Hasher = new(Options.Create(new PasswordHasherOptions { IterationCount = Iterations }));

    // What is compared when nobody has the address, so that the answer takes the same time.
    private static readonly string Nobody = Hasher.HashPassword("", WorkspaceSecrets.NewToken());

    /// <summary>True while nobody has set the console up.</summary>
    public bool IsEmpty => !workspace.Current.Members.Any(member => member.Role == MemberRole.Owner && member.CanSignIn);

    /// <summary>The member that a session belongs to; null when it was removed, or has another password or role since.</summary>
    public Member? Find(string id, string stamp) => workspace.Current.FindMember(id) is { } member && member.Stamp == stamp ? member : null;

    /// <summary>The member with this address and password; null when there is none. Takes the same time whether the address is known or not.</summary>
    public Member? SignIn(string email, string password)
    {
        var address = Normal(email);
        var member = workspace.Current.Members.FirstOrDefault(member => member.Email == address && member.CanSignIn);
        if (password.Length > PasswordLengthMax) password = "";
        var result = Hasher.VerifyHashedPassword("", member?.PasswordHash ?? Nobody, password);
        return result == PasswordVerificationResult.Failed ? null : member;
    }

    /// <summary>Makes the first owner. Refused as soon as there is one.</summary>
    public async ValueTask<(Member? Owner, WorkspaceRefusal? Refusal)> SetUpAsync(string email, string name, string password, CancellationToken cancellationToken)
    {
        var owner = New(email, name, MemberRole.Owner, pii: true) with { PasswordHash = Hash(password) };
        if (Faults(owner, password) is { Count: > 0 } faults) return (null, WorkspaceRefusal.Invalid(faults));
        var changed = await workspace.ChangeAsync(
            owner.Email,
            now => now.Members.Any(member => member.Role == MemberRole.Owner && member.CanSignIn)
                ? WorkspaceRefusal.Conflict(null, "The console has an owner already. Ask for an invitation.")
                : ResourceKind.Put(owner),
            cancellationToken);
        return changed.Refusal is { } refusal ? (null, refusal) : (owner, null);
    }

    /// <summary>Adds a member who has no password yet.</summary>
    /// <param name="by">Who invites; it must have the right to give the role.</param>
    /// <param name="email">The address.</param>
    /// <param name="name">What others see.</param>
    /// <param name="role">What the person may do.</param>
    /// <param name="pii">Sees what identifies people; does not matter for owners and admins.</param>
    /// <param name="cancellationToken">Until the change is made.</param>
    /// <returns>The code that accepts the invitation; nobody can read it again.</returns>
    public async ValueTask<(string? Code, WorkspaceRefusal? Refusal)> InviteAsync(
        Member by, string email, string name, MemberRole role, bool pii, CancellationToken cancellationToken)
    {
        var code = WorkspaceSecrets.NewWriteKey();
        var invited = New(email, name, role, pii) with { InvitationHash = WorkspaceSecrets.HashOf(code), InvitedUntil = Until() };
        if (Faults(invited, null) is { Count: > 0 } faults) return (null, WorkspaceRefusal.Invalid(faults));
        var changed = await ChangeAsync(by, role, now => now.Members.Length < MembersMax
            ? ResourceKind.Put(invited)
            : WorkspaceRefusal.Conflict(null, $"There are {MembersMax} members already. Remove one first."), cancellationToken);
        return changed.Refusal is { } refusal ? (null, refusal) : (code, null);
    }

    /// <summary>A new invitation for a member, e.g. because the password was forgotten; the old password works until it is accepted.</summary>
    public async ValueTask<(string? Code, WorkspaceRefusal? Refusal)> InviteAgainAsync(Member by, string id, CancellationToken cancellationToken)
    {
        var code = WorkspaceSecrets.NewWriteKey();
        var changed = await ChangeMemberAsync(by, id, member => member with { InvitationHash = WorkspaceSecrets.HashOf(code), InvitedUntil = Until() }, cancellationToken);
        return changed.Refusal is { } refusal ? (null, refusal) : (code, null);
    }

    /// <summary>Whom an invitation is for; null when the code is wrong, used or too old.</summary>
    public Member? FindInvited(string code)
    {
        var hash = Encoding.ASCII.GetBytes(WorkspaceSecrets.HashOf(code));
        return workspace.Current.Members.FirstOrDefault(member =>
            member.InvitationHash is { } known && member.InvitedUntil > clock.GetUtcNow().ToUnixTimeMilliseconds()
            && CryptographicOperations.FixedTimeEquals(hash, Encoding.ASCII.GetBytes(known)));
    }

    /// <summary>Accepts an invitation: the member has this password from now on.</summary>
    public async ValueTask<(Member? Member, WorkspaceRefusal? Refusal)> AcceptAsync(string code, string password, CancellationToken cancellationToken)
    {
        if (FindInvited(code) is not { } invited) return (null, WorkspaceRefusal.NotFound("invitation", "this link"));
        return await SetPasswordAsync(invited, password, cancellationToken);
    }

    /// <summary>Gives a member another password, who must know the present one.</summary>
    public async ValueTask<(Member? Member, WorkspaceRefusal? Refusal)> ChangePasswordAsync(Member member, string present, string password, CancellationToken cancellationToken) =>
        SignIn(member.Email, present)?.Id == member.Id
            ? await SetPasswordAsync(member, password, cancellationToken)
            : (null, WorkspaceRefusal.Invalid("present", "This is not your present password."));

    /// <summary>Changes what a member may do. Its sessions end.</summary>
    public ValueTask<WorkspaceChanged> ChangeRoleAsync(Member by, string id, MemberRole role, bool pii, CancellationToken cancellationToken) =>
        ChangeMemberAsync(by, id, member => member with { Role = role, Pii = pii, Stamp = WorkspaceSecrets.NewId() }, cancellationToken, role);

    /// <summary>Removes a member. Its sessions end.</summary>
    public ValueTask<WorkspaceChanged> RemoveAsync(Member by, string id, CancellationToken cancellationToken) => ChangeAsync(
        by, null, now => now.FindMember(id) switch
        {
            null => WorkspaceRefusal.NotFound(ResourceKind.Member, id),
            { Role: MemberRole.Owner } when !by.May(Permission.Own) => OwnersOnly(),
            _ => ResourceKind.Delete(ResourceKind.Member, id),
        },
        cancellationToken);

    private static string Normal(string email) => email.Trim().ToLowerInvariant();

    private static string Hash(string password) => Hasher.HashPassword("", password.Length > PasswordLengthMax ? "" : password);

    private static WorkspaceRefusal OwnersOnly() => WorkspaceRefusal.Forbidden("Only an owner may do this to an owner.");

    private static List<WorkspaceFault> Faults(Member member, string? password)
    {
        var faults = new List<WorkspaceFault>();
        if (member.Email.Length is < 3 or > EmailLengthMax || member.Email.IndexOf('@', StringComparison.Ordinal) is var at && (at < 1 || at == member.Email.Length - 1) || member.Email.Any(char.IsWhiteSpace))
            faults.Add(new("email", "This is not an email address."));
        if (member.Name.Length is 0 or > SourceForm.NameLengthMax || member.Name.Any(char.IsControl)) faults.Add(new("name", $"A name has 1 to {SourceForm.NameLengthMax} characters."));
        if (password is not null && PasswordFault(password) is { } fault) faults.Add(fault);
        return faults;
    }

    private static WorkspaceFault? PasswordFault(string password) => password.Length is >= PasswordLengthMin and <= PasswordLengthMax
        ? null
        : new WorkspaceFault("password", $"A password has at least {PasswordLengthMin} characters.");

    private Member New(string email, string name, MemberRole role, bool pii) => new()
    {
        Id = WorkspaceSecrets.NewId(),
        Email = Normal(email),
        Name = name.Trim(),
        Role = role,
        Pii = pii || role is MemberRole.Owner or MemberRole.Admin,
        Stamp = WorkspaceSecrets.NewId(),
        CreatedAt = clock.GetUtcNow().ToUnixTimeMilliseconds(),
    };

    private long Until() => (clock.GetUtcNow() + InvitationLife).ToUnixTimeMilliseconds();

    private async ValueTask<(Member? Member, WorkspaceRefusal? Refusal)> SetPasswordAsync(Member asked, string password, CancellationToken cancellationToken)
    {
        if (PasswordFault(password) is { } fault) return (null, WorkspaceRefusal.Invalid([fault]));
        var hash = Hash(password);
        var stamp = WorkspaceSecrets.NewId();
        var changed = await workspace.ChangeAsync(
            asked.Email,
            // Somebody else may have used the invitation, or changed the password, in between.
            now => now.FindMember(asked.Id) is { } member && member.Stamp == asked.Stamp && member.InvitationHash == asked.InvitationHash
                ? ResourceKind.Put(member with { PasswordHash = hash, Stamp = stamp, InvitationHash = null, InvitedUntil = 0 })
                : WorkspaceRefusal.Conflict(null, "This was changed in the meantime. Try again."),
            cancellationToken);
        return changed.Refusal is { } refusal ? (null, refusal) : (changed.Snapshot.FindMember(asked.Id), null);
    }

    private ValueTask<WorkspaceChanged> ChangeMemberAsync(
        Member by, string id, Func<Member, Member> change, CancellationToken cancellationToken, MemberRole? role = null) => ChangeAsync(
        by, role, now => now.FindMember(id) switch
        {
            null => WorkspaceRefusal.NotFound(ResourceKind.Member, id),
            { Role: MemberRole.Owner } when !by.May(Permission.Own) => OwnersOnly(),
            var member => ResourceKind.Put(change(member)),
        },
        cancellationToken);

    // What the person who asks may do is read again inside, where nothing can change under it.
    private ValueTask<WorkspaceChanged> ChangeAsync(Member by, MemberRole? given, Func<WorkspaceSnapshot, WorkspaceEdit> edit, CancellationToken cancellationToken) =>
        workspace.ChangeAsync(
            by.Email,
            now => now.FindMember(by.Id) is not { } present || !present.May(Permission.Administer) ? WorkspaceRefusal.Forbidden("Only owners and admins may change members.")
                : given == MemberRole.Owner && !present.May(Permission.Own) ? OwnersOnly()
                : edit(now),
            cancellationToken);
}
