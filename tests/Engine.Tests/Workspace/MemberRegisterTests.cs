using Microsoft.Extensions.Time.Testing;
using Tributary.Engine.Workspace;
using Xunit;

namespace Tributary.Engine.Tests.Workspace;

public sealed class MemberRegisterTests
{
    private const string Password = "a sentence is fine";

    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UnixEpoch.AddYears(56));

    [Fact]
    public async Task The_first_owner_is_made_once_and_outlives_a_crash()
    {
        var fixture = await WorkspaceFixture.StartedAsync();
        var (owner, _) = await Register(fixture).SetUpAsync("Grace@Example.com ", "Grace Hopper", Password, CancellationToken.None);
        Assert.Equal("grace@example.com", owner!.Email);

        fixture.Crash();

        var register = Register(fixture);
        Assert.False(register.IsEmpty);
        Assert.Equal(owner.Id, register.SignIn("GRACE@example.com", Password)?.Id);
        Assert.Null(register.SignIn("grace@example.com", Password + " "));
        Assert.Null(register.SignIn("nobody@example.com", Password));
        Assert.Equal(RefusalReason.Conflict, (await register.SetUpAsync("eve@example.com", "Eve", Password, CancellationToken.None)).Refusal?.Reason);
    }

    [Fact]
    public async Task No_password_is_kept_and_the_audit_log_holds_no_hash()
    {
        var (fixture, register, owner) = await StartAsync();
        await register.ChangePasswordAsync(owner, Password, "another sentence", CancellationToken.None);

        Assert.DoesNotContain(Password, WorkspaceFixture.Bytes(fixture.Live.Current), StringComparison.Ordinal);
        var hash = fixture.Live.Current.Members[0].PasswordHash!;
        var audit = System.Text.Json.JsonSerializer.Serialize(fixture.Live.Current.Audit);
        Assert.DoesNotContain(hash, audit, StringComparison.Ordinal);
        Assert.Contains("passwordHash", audit, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_password_ends_the_sessions_of_the_old_one()
    {
        var (_, register, owner) = await StartAsync();
        Assert.NotNull(register.Find(owner.Id, owner.Stamp));
        Assert.NotNull((await register.ChangePasswordAsync(owner, "not the present one", "another sentence", CancellationToken.None)).Refusal);

        var (changed, _) = await register.ChangePasswordAsync(owner, Password, "another sentence", CancellationToken.None);

        Assert.Null(register.Find(owner.Id, owner.Stamp));
        Assert.NotNull(register.Find(changed!.Id, changed.Stamp));
        Assert.Null(register.SignIn(owner.Email, Password));
    }

    [Fact]
    public async Task An_invitation_is_accepted_once_and_within_a_week()
    {
        var (_, register, owner) = await StartAsync();
        var (code, _) = await register.InviteAsync(owner, "vera@example.com", "Vera", MemberRole.Viewer, false, CancellationToken.None);
        Assert.Null(register.SignIn("vera@example.com", ""));

        var (vera, _) = await register.AcceptAsync(code!, Password, CancellationToken.None);
        Assert.Equal(MemberRole.Viewer, vera!.Role);
        Assert.NotNull((await register.AcceptAsync(code!, "another sentence", CancellationToken.None)).Refusal);

        var (late, _) = await register.InviteAsync(owner, "ben@example.com", "Ben", MemberRole.Editor, true, CancellationToken.None);
        _clock.Advance(MemberRegister.InvitationLife);
        Assert.Null(register.FindInvited(late!));
        var (again, _) = await register.InviteAgainAsync(owner, register.SignIn("vera@example.com", Password)!.Id, CancellationToken.None);
        Assert.NotNull(register.FindInvited(again!));
    }

    [Fact]
    public async Task Nobody_gives_more_than_they_have_and_the_last_owner_stays()
    {
        var (fixture, register, owner) = await StartAsync();
        var admin = await AddAsync(register, owner, "adam@example.com", MemberRole.Admin);
        var editor = await AddAsync(register, owner, "eve@example.com", MemberRole.Editor);

        Assert.Equal(RefusalReason.Forbidden, (await register.InviteAsync(editor, "x@example.com", "X", MemberRole.Viewer, false, CancellationToken.None)).Refusal?.Reason);
        Assert.Equal(RefusalReason.Forbidden, (await register.InviteAsync(admin, "x@example.com", "X", MemberRole.Owner, true, CancellationToken.None)).Refusal?.Reason);
        Assert.Equal(RefusalReason.Forbidden, (await register.ChangeRoleAsync(admin, admin.Id, MemberRole.Owner, true, CancellationToken.None)).Refusal?.Reason);
        Assert.Equal(RefusalReason.Forbidden, (await register.RemoveAsync(admin, owner.Id, CancellationToken.None)).Refusal?.Reason);
        Assert.Equal(RefusalReason.Conflict, (await register.RemoveAsync(owner, owner.Id, CancellationToken.None)).Refusal?.Reason);
        Assert.Equal(RefusalReason.Conflict, (await register.ChangeRoleAsync(owner, owner.Id, MemberRole.Admin, true, CancellationToken.None)).Refusal?.Reason);
        Assert.Null((await register.ChangeRoleAsync(owner, admin.Id, MemberRole.Owner, true, CancellationToken.None)).Refusal);
        Assert.Null((await register.RemoveAsync(owner, owner.Id, CancellationToken.None)).Refusal);
        Assert.Equal(2, fixture.Live.Current.Members.Length);
    }

    [Fact]
    public async Task Two_members_cannot_share_an_address()
    {
        var (_, register, owner) = await StartAsync();
        var (_, refusal) = await register.InviteAsync(owner, "GRACE@example.com", "Another", MemberRole.Editor, true, CancellationToken.None);
        Assert.Equal("email", refusal?.Faults[0].Field);
    }

    [Theory]
    [InlineData("", "Grace", Password, "email")]
    [InlineData("grace", "Grace", Password, "email")]
    [InlineData("grace@", "Grace", Password, "email")]
    [InlineData("gra ce@example.com", "Grace", Password, "email")]
    [InlineData("grace@example.com", " ", Password, "name")]
    [InlineData("grace@example.com", "Gra\u0000ce", Password, "name")]
    [InlineData("grace@example.com", "Grace", "too short", "password")]
    public async Task Says_which_field_is_wrong(string email, string name, string password, string field)
    {
        var fixture = await WorkspaceFixture.StartedAsync();
        var (_, refusal) = await Register(fixture).SetUpAsync(email, name, password, CancellationToken.None);
        Assert.Equal([field], refusal!.Faults.Select(fault => fault.Field));
    }

    [Fact]
    public void What_a_role_may_do_is_what_the_table_says()
    {
        (MemberRole Role, Permission[] May)[] table =
        [
            (MemberRole.Owner, [Permission.Read, Permission.Edit, Permission.Administer, Permission.Own, Permission.Pii]),
            (MemberRole.Admin, [Permission.Read, Permission.Edit, Permission.Administer, Permission.Pii]),
            (MemberRole.Editor, [Permission.Read, Permission.Edit]),
            (MemberRole.Viewer, [Permission.Read]),
        ];
        foreach (var (role, may) in table)
        {
            var member = new Member { Id = "m", Email = "a@b", Name = "A", Role = role, Stamp = "s" };
            Assert.Equal(may, Enum.GetValues<Permission>().Where(member.May));
            Assert.True((member with { Pii = true }).May(Permission.Pii));
        }
    }

    private MemberRegister Register(WorkspaceFixture fixture) => new(fixture.Live, _clock);

    private async Task<(WorkspaceFixture Fixture, MemberRegister Register, Member Owner)> StartAsync()
    {
        var fixture = await WorkspaceFixture.StartedAsync();
        var register = Register(fixture);
        var (owner, _) = await register.SetUpAsync("grace@example.com", "Grace Hopper", Password, CancellationToken.None);
        return (fixture, register, owner!);
    }

    private static async Task<Member> AddAsync(MemberRegister register, Member owner, string email, MemberRole role)
    {
        var (code, _) = await register.InviteAsync(owner, email, email, role, false, CancellationToken.None);
        return (await register.AcceptAsync(code!, Password, CancellationToken.None)).Member!;
    }
}
