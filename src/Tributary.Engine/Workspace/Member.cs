using System.Text.Json.Serialization;

namespace Tributary.Engine.Workspace;

/// <summary>A person who may sign in to the console.</summary>
public sealed record Member
{
    public required string Id { get; init; }

    /// <summary>What the person signs in with: lower case, unique among members.</summary>
    public required string Email { get; init; }

    public required string Name { get; init; }

    public required MemberRole Role { get; init; }

    /// <summary>Sees what identifies people (identifiers, traits, addresses). Owners and admins always do; see <see cref="May"/>.</summary>
    public bool Pii { get; init; }

    /// <summary>As <see cref="MemberRegister"/> makes it: PBKDF2 with a salt of its own. Null until an invitation is accepted.</summary>
    public string? PasswordHash { get; init; }

    /// <summary>Changes with the password and the role, and ends every session that was begun before.</summary>
    public required string Stamp { get; init; }

    /// <summary>SHA-256 of the code of the open invitation, lower-case hexadecimal; null when there is none.</summary>
    public string? InvitationHash { get; init; }

    /// <summary>When the invitation ends; milliseconds since 1970.</summary>
    public long InvitedUntil { get; init; }

    /// <summary>Milliseconds since 1970.</summary>
    public long CreatedAt { get; init; }

    /// <summary>True once the person has chosen a password.</summary>
    [JsonIgnore]
    public bool CanSignIn => PasswordHash is not null;

    /// <summary>Whether the member may do something. The only place where roles mean something.</summary>
    public bool May(Permission permission) => permission switch
    {
        Permission.Read => true,
        Permission.Edit => Role is MemberRole.Owner or MemberRole.Admin or MemberRole.Editor,
        Permission.Administer => Role is MemberRole.Owner or MemberRole.Admin,
        Permission.Own => Role is MemberRole.Owner,
        Permission.Pii => Pii || Role is MemberRole.Owner or MemberRole.Admin,
    };
}

/// <summary>What a member is, from the most to the least that it may do.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MemberRole>))]
public enum MemberRole
{
    /// <summary>Everything, also making other owners.</summary>
    Owner,

    /// <summary>Everything but what concerns owners.</summary>
    Admin,

    /// <summary>Changes what flows: sources, destinations, audiences, profiles.</summary>
    Editor,

    /// <summary>Looks, and changes nothing.</summary>
    Viewer,
}

/// <summary>What somebody may do in the console.</summary>
public enum Permission
{
    /// <summary>Look at everything that names nobody.</summary>
    Read,

    /// <summary>Change what flows, and see write keys.</summary>
    Edit,

    /// <summary>Change who may come in, members and tokens, and the rules by which people are told apart.</summary>
    Administer,

    /// <summary>Make and unmake owners.</summary>
    Own,

    /// <summary>See what identifies people.</summary>
    Pii,
}
